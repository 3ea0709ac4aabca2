// SPDX-License-Identifier: Apache-2.0
// Recomputes sums and checks worked steps from their text alone; shares nothing with the generator.
package io.qwenjet.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class Oracle {
  static final int DRAWS = 20_000;
  private static final Pattern PLACE = Pattern.compile("\\{([abc])\\}");

  private Oracle() {}

  /** Draws a family in the training split, checks what holds for all, and hands each exchange on. */
  static void each(Family family, Consumer<Exchange> check) {
    Map<String, Set<String>> skeletons = new TreeMap<>();
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < DRAWS; i++) {
      Exchange exchange = family.draw(new Draw(11, i, Split.TRAIN));
      if (i % 50 == 0) {
        assertEquals(exchange, family.draw(new Draw(11, i, Split.TRAIN)), "the same draw twice");
      }
      assertFalse(Split.isHeldOutSkeleton(exchange.skeleton()), exchange.skeleton());
      assertEquals("user", exchange.turns().get(0).role());
      assertEquals("assistant", last(exchange).role());
      for (Turn turn : exchange.turns()) {
        assertFalse(turn.content().isBlank(), exchange.toString());
        assertFalse(Pattern.compile("\\{[a-z_0-9.]+\\}").matcher(turn.content()).find(), turn.content());
        if (turn.reasoning() != null) {
          trueLines(turn.reasoning());
        }
      }
      skeletons.computeIfAbsent(exchange.intent(), key -> new TreeSet<>()).add(exchange.skeleton());
      counts.merge(exchange.intent(), 1, Integer::sum);
      check.accept(exchange);
    }
    counts.forEach(
        (intent, count) -> {
          if (count >= 800) {
            int found = skeletons.get(intent).size();
            assertTrue(found >= 200, "expected 200 skeletons of " + intent + ", got " + found);
          }
        });
    for (Split split : Split.values()) {
      for (int i = 0; i < 100; i++) {
        Exchange exchange = family.draw(new Draw(5, i, split));
        assertTrue(split.takesSkeleton(exchange.skeleton()), split + " " + exchange.skeleton());
      }
    }
  }

  static Turn last(Exchange exchange) {
    return exchange.turns().get(exchange.turns().size() - 1);
  }

  static String asked(Exchange exchange) {
    return exchange.turns().get(exchange.turns().size() - 2).content();
  }

  /** Every line of digits and operators with = between is an equation that holds. */
  static void trueLines(String reasoning) {
    for (String line : reasoning.split("\n")) {
      Matcher division = Pattern.compile("(\\d+)/(\\d)=(\\d+)r(\\d)").matcher(line);
      if (division.matches()) {
        int divisor = Integer.parseInt(division.group(2));
        int rest = Integer.parseInt(division.group(4));
        assertEquals(Integer.parseInt(division.group(1)), divisor * Integer.parseInt(division.group(3)) + rest, line);
        assertTrue(rest < divisor, line);
      } else if (line.matches("\\d[\\d+*/-]*(=[\\d+*/-]+)+")) {
        String[] sides = line.split("=");
        for (String side : sides) {
          assertEquals(value(sides[0]), value(side), line);
        }
      }
    }
  }

  /** The value of products and quotients joined by + and -. */
  static int value(String sum) {
    int result = 0;
    for (String term : sum.split("(?=[+-])")) {
      int product = 0;
      char operator = '+';
      for (String part : term.replaceFirst("^[+-]", "").split("(?=[*/])")) {
        int number = Integer.parseInt(part.replaceFirst("^[*/]", ""));
        operator = part.charAt(0);
        product = operator == '*' ? product * number : operator == '/' ? product / number : number;
      }
      result += term.startsWith("-") ? -product : product;
    }
    return result;
  }

  /** The operands of a request by the order of {a}, {b}, {c} in its skeleton; null where they are words. */
  static Map<String, Integer> operands(Exchange exchange) {
    List<String> places = new ArrayList<>();
    Matcher place = PLACE.matcher(exchange.skeleton());
    while (place.find()) {
      places.add(place.group(1));
    }
    List<Integer> numbers = numbers(asked(exchange));
    if (places.size() != numbers.size()) {
      return null;
    }
    Map<String, Integer> result = new HashMap<>();
    for (int i = 0; i < places.size(); i++) {
      result.put(places.get(i), numbers.get(i));
    }
    return result;
  }

  static List<Integer> numbers(String text) {
    List<Integer> result = new ArrayList<>();
    Matcher number = Pattern.compile("\\d+").matcher(text);
    while (number.find()) {
      result.add(Integer.parseInt(number.group()));
    }
    return result;
  }

  static int lastNumber(String answer) {
    Matcher number = Pattern.compile("-?\\d+").matcher(answer);
    int result = 0;
    assertTrue(number.find(), answer);
    do {
      result = Integer.parseInt(number.group());
    } while (number.find());
    return result;
  }

  static int apply(int a, char operator, int b) {
    return operator == '+' ? a + b : operator == '-' ? a - b : operator == '*' ? a * b : a / b;
  }

  /** Checks an answer "47 + 85 = 132" and that its operands are no held-out pair. */
  static int sum(String answer) {
    Matcher sum = Pattern.compile("(\\d+) ([-+*/]) (\\d+) = (-?\\d+)(?: remainder (\\d))?").matcher(answer);
    assertTrue(sum.matches(), answer);
    int a = Integer.parseInt(sum.group(1));
    int b = Integer.parseInt(sum.group(3));
    char operator = sum.group(2).charAt(0);
    int result = Integer.parseInt(sum.group(4));
    assertEquals(apply(a, operator, b), result, answer);
    assertEquals(operator == '/' ? a % b : 0, sum.group(5) == null ? 0 : Integer.parseInt(sum.group(5)), answer);
    notHeldOut(a, operator, b);
    return result;
  }

  static void notHeldOut(int a, char operator, int b) {
    String sign = operator == '*' ? "x" : String.valueOf(operator);
    assertFalse(Split.isHeldOutValue(a + sign + b), a + sign + b);
    if (operator == '+' || operator == '*') {
      assertFalse(Split.isHeldOutValue(b + sign + a), b + sign + a);
    }
  }
}
