// SPDX-License-Identifier: Apache-2.0
// Sums of two numbers, their steps, sums that are out of range, and stories with sums.
package io.qwenjet.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SumsTest {
  private static final Map<String, Character> OPERATORS =
      Map.of("add", '+', "subtract", '-', "multiply", '*', "divide", '/', "plus", '+', "minus", '-', "times", '*', "over", '/');

  @Test
  void stepsAreDigitByDigit() {
    assertEquals("347+85\n347+085\n7+5+0=12\n4+8+1=13\n3+0+1=04\n=0432", Working.of(347, '+', 85).steps());
    assertEquals("432-85\n432-085\n12-5-0=7\n13-8-1=4\n04-0-1=3\n=347", Working.of(432, '-', 85).steps());
    assertEquals("85-432\n085-432\n-(432-085)\n12-5-0=7\n13-8-1=4\n04-0-1=3\n=-347", Working.of(85, '-', 432).steps());
    assertEquals("8*47\n47*8\n7*8+0=56+0=56\n4*8+5=32+5=37\n=376", Working.of(8, '*', 47).steps());
    assertEquals("861/7\n08/7=1r1\n16/7=2r2\n21/7=3r0\n=123", Working.of(861, '/', 7).steps());
    assertTrue(Working.of(47, '*', 36).steps().endsWith("0282+1410\n2+0+0=02\n8+1+0=09\n2+4+0=06\n0+1+0=01\n=01692"));
    assertEquals("100 / 7 = 14 remainder 2", Working.of(100, '/', 7).answer());
  }

  @Test
  void rangesEndWhereTheyAreSaidToEnd() {
    assertTrue(Working.inRange(9999, '+', 9999));
    assertFalse(Working.inRange(10_000, '+', 1));
    assertTrue(Working.inRange(999, '*', 9));
    assertFalse(Working.inRange(100, '*', 10));
    assertFalse(Working.inRange(1000, '*', 2));
    assertFalse(Working.inRange(8, '/', 0));
    assertFalse(Working.inRange(96, '/', 12));
    assertThrows(IllegalArgumentException.class, () -> Working.of(100, '*', 10));
  }

  @Test
  void everySumIsRight() {
    int[] worded = {0};
    Map<String, Integer> lengths = new HashMap<>();
    Map<Integer, Integer> carries = new HashMap<>();
    Oracle.each(
        new ArithmeticFamily(),
        exchange -> {
          if (exchange.intent().equals("add_three")) {
            three(exchange);
            return;
          }
          if (!OPERATORS.containsKey(exchange.intent())) {
            named(exchange);
            return;
          }
          int result = Oracle.sum(Oracle.last(exchange).content());
          List<Integer> parts = Oracle.numbers(Oracle.last(exchange).content());
          int a = parts.get(0);
          int b = parts.get(1);
          Map<String, Integer> asked = Oracle.operands(exchange);
          if (asked == null) {
            worded[0]++;
          } else {
            assertEquals(Map.of("a", a, "b", b), asked, Oracle.asked(exchange));
          }
          char operator = OPERATORS.get(exchange.intent());
          String[] lines = Oracle.last(exchange).reasoning().split("\n");
          assertEquals(a + String.valueOf(operator) + b, lines[0]);
          assertEquals(result, Integer.parseInt(lines[lines.length - 1].substring(1).replaceFirst("r\\d$", "")));
          if (operator == '+') {
            columns(lines, a, b);
            lengths.merge(String.valueOf(a).length() + "+" + String.valueOf(b).length(), 1, Integer::sum);
            int carried = 0;
            for (String line : lines) {
              carried += line.matches(".*=1\\d") && !line.startsWith("=") ? 1 : 0;
            }
            carries.merge(carried, 1, Integer::sum);
          }
        });
    assertTrue(worded[0] > 0.04 * Oracle.DRAWS && worded[0] < 0.12 * Oracle.DRAWS, "in words: " + worded[0]);
    assertEquals(16, lengths.size());
    lengths.forEach((pair, count) -> assertTrue(count > 250, pair + ": " + count));
    for (int i = 0; i <= 4; i++) {
      assertTrue(carries.getOrDefault(i, 0) > 150, "carries " + carries);
    }
  }

  private static void three(Exchange exchange) {
    Map<String, Integer> asked = Oracle.operands(exchange);
    List<Integer> said = Oracle.numbers(Oracle.last(exchange).content());
    assertEquals(said.get(0) + said.get(1) + said.get(2), said.get(3), Oracle.asked(exchange));
    Oracle.notHeldOut(said.get(0), '+', said.get(1));
    Oracle.notHeldOut(said.get(0) + said.get(1), '+', said.get(2));
    if (asked != null) {
      assertEquals(Map.of("a", said.get(0), "b", said.get(1), "c", said.get(2)), asked);
    }
  }

  private static void named(Exchange exchange) {
    int result = Oracle.sum(Oracle.last(exchange).content());
    for (int number : Oracle.numbers(Oracle.asked(exchange))) {
      assertEquals(exchange.intent().equals("double") ? 2 * number : number, exchange.intent().equals("double") ? result : 2 * result);
    }
  }

  // The lines hold the operands' digits from the right.
  private static void columns(String[] lines, int a, int b) {
    StringBuilder left = new StringBuilder();
    StringBuilder right = new StringBuilder();
    for (int i = 2; i < lines.length - 1; i++) {
      left.insert(0, lines[i].charAt(0));
      right.insert(0, lines[i].charAt(2));
    }
    assertEquals(a, Integer.parseInt(left.toString()));
    assertEquals(b, Integer.parseInt(right.toString()));
  }

  @Test
  void heldOutPairsAreInTheOtherSplit() {
    for (int i = 0; i < 500; i++) {
      Exchange exchange = new ArithmeticFamily().draw(new Draw(2, i, Split.HELD_OUT_VALUES));
      List<Integer> parts = Oracle.numbers(Oracle.last(exchange).content());
      char operator = OPERATORS.getOrDefault(exchange.intent(), exchange.intent().equals("half") ? '/' : exchange.intent().equals("double") ? '*' : '+');
      assertTrue(Split.isHeldOutValue(parts.get(0) + (operator == '*' ? "x" : String.valueOf(operator)) + parts.get(1)));
    }
  }

  @Test
  void outOfRangeSumsAreOutOfRange() {
    for (int i = 0; i < Oracle.DRAWS; i++) {
      Request request = OutOfRangeSums.outOfRange(new Draw(4, i, Split.TRAIN));
      assertEquals(request, OutOfRangeSums.outOfRange(new Draw(4, i, Split.TRAIN)));
      assertFalse(Split.isHeldOutSkeleton(request.skeleton()));
      if (request.skeleton().contains("{b}")) {
        String text = request.text().replaceAll("(?<=\\d),(?=\\d{3})", "");
        boolean fractions = text.matches("(?s).*\\d[.,]\\d.*");
        List<Integer> numbers = new ArrayList<>(Oracle.numbers(text.replaceAll("\\d{7,}", "9999999")));
        // Only where the words leave no doubt: products and quotients are asked for in hundreds of ways.
        boolean adds = request.skeleton().matches("(?is).*\\} ?([+-]|plus|minus) ?\\{.*");
        int limit = adds ? 9999 : 9;
        boolean large = numbers.contains(0) || numbers.stream().anyMatch(number -> number > limit);
        assertTrue(fractions || large, request.text());
      }
    }
  }

  @Test
  void everyStoryHasTheRightEnd() {
    Map<String, Integer> unread = new HashMap<>();
    assertTrue(WordProblemsFamily.operators().size() >= 25);
    Oracle.each(
        new WordProblemsFamily(),
        exchange -> {
          if (exchange.intent().equals("missing")) {
            return;
          }
          Map<String, Integer> asked = Oracle.operands(exchange);
          int result = Oracle.lastNumber(Oracle.last(exchange).content());
          if (asked == null) {
            unread.merge(exchange.intent(), 1, Integer::sum);
            return;
          }
          int expected = asked.get("a");
          String[] steps = exchange.intent().split("_");
          for (int i = 0; i < steps.length; i++) {
            int next = asked.get(i == 0 ? "b" : "c");
            char operator = OPERATORS.get(steps[i]);
            Oracle.notHeldOut(expected, operator, next);
            if (operator == '/') {
              assertEquals(0, expected % next, Oracle.asked(exchange));
            }
            expected = Oracle.apply(expected, operator, next);
          }
          assertEquals(expected, result, exchange.toString());
          assertTrue(result > 1);
          exchange.copied().forEach(text -> assertTrue(Oracle.last(exchange).content().contains(text)));
        });
    int sum = unread.values().stream().mapToInt(Integer::intValue).sum();
    assertTrue(sum < 0.15 * Oracle.DRAWS, "not read: " + unread);
  }

  @Test
  void documentsHoldTrueSums() {
    for (int i = 0; i < 2_000; i++) {
      String text = new WorkedSums().draw(new Draw(8, i, Split.TRAIN)).text();
      Oracle.trueLines(text);
      for (String line : text.split("\n")) {
        if (line.contains(" = ")) {
          Oracle.sum(line);
        }
      }
    }
  }
}
