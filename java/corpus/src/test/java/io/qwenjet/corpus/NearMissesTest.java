// SPDX-License-Identifier: Apache-2.0
// What looks like a list, a word problem, a date or a story and is declined is really beyond them.
package io.qwenjet.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class NearMissesTest {
  private static final int DRAWS = 3_000;
  private static final Pattern SPAN = Pattern.compile("(\\d+) (day|week|month|year)s");

  private static Draw draw(int i) {
    return new Draw(41, i, Split.TRAIN);
  }

  @ParameterizedTest
  @EnumSource
  void everyOneIsDeclinedAndStaysInItsSplit(Split split) {
    for (String intent : NearMisses.INTENTS) {
      for (int i = 0; i < DRAWS / 10; i++) {
        Exchange exchange = NearMisses.draw(intent, new Draw(19, i, split));
        assertEquals(exchange, NearMisses.draw(intent, new Draw(19, i, split)));
        assertEquals(intent, exchange.intent());
        assertTrue(split.takesSkeleton(exchange.skeleton()), exchange.skeleton());
        String answer = Oracle.last(exchange).content();
        assertTrue(answer.contains("--model") && answer.matches(".*(cannot|do not).*"), answer);
        assertFalse(answer.matches(".*\\d.*"), answer);
        assertFalse(Oracle.asked(exchange).matches("(?s).*\\{[a-z_0-9]+\\}.*"), Oracle.asked(exchange));
      }
    }
  }

  /** A fifth of what is declined, each family's near misses as often as another's. */
  @Test
  void theyAreAFifthOfOutOfScope() {
    Map<String, Integer> counts = new HashMap<>();
    Family family = Families.named("out_of_scope");
    for (int i = 0; i < 5 * DRAWS; i++) {
      counts.merge(family.draw(draw(i)).intent(), 1, Integer::sum);
    }
    for (String intent : NearMisses.INTENTS) {
      assertEquals(0.05, counts.get(intent) / (5.0 * DRAWS), 0.01, intent);
    }
  }

  @Test
  void listsOfTaughtPhrasesAreTooLong() {
    int betweenSpaces = 0;
    for (int i = 0; i < DRAWS; i++) {
      String text = ListsFamily.tooLong(draw(i)).text();
      int items = Math.max(Oracle.numbers(text).size(), text.split("[,;\n]| and ").length);
      betweenSpaces += items > 6 ? 0 : 1;
    }
    // Words between spaces alone, which cannot be told from the request, are a twelfth at most.
    assertTrue(betweenSpaces < DRAWS / 10, "not seen to be too long: " + betweenSpaces);
  }

  @Test
  void storiesOfTaughtPhrasesHaveNumbersOutOfRange() {
    for (int i = 0; i < DRAWS; i++) {
      Request request = WordProblemsFamily.outOfRange(draw(i));
      boolean fraction = request.text().matches("(?s).*\\d\\.\\d.*");
      List<Integer> numbers = Oracle.numbers(request.text());
      boolean large = numbers.stream().anyMatch(number -> number > 9_999);
      boolean product = numbers.size() >= 2 && numbers.stream().filter(number -> number > 99).count() == 2;
      assertTrue(fraction || large || product, request.text());
    }
  }

  @Test
  void daysOfTaughtPhrasesAreTooFar() {
    for (int i = 0; i < DRAWS; i++) {
      String text = DatesUnitsFamily.tooFar(draw(i)).text();
      Matcher span = SPAN.matcher(text);
      assertTrue(span.find(), text);
      int count = Integer.parseInt(span.group(1));
      int days = span.group(2).equals("day") ? count : span.group(2).equals("week") ? 7 * count : 30 * count;
      assertTrue(days > 31, text);
    }
  }

  @Test
  void storiesThatLackANumberAreToldSo() {
    Set<String> answers = new HashSet<>();
    int asked = 0;
    for (int i = 0; i < DRAWS; i++) {
      asked += Families.named("word_problems").draw(draw(i)).intent().equals("missing") ? 1 : 0;
      Exchange exchange = WordProblemsFamily.missing(draw(i));
      String answer = Oracle.last(exchange).content();
      assertTrue(answer.matches(".*(The text does not|not in the text).*"), answer);
      assertFalse(answer.matches(".*\\d.*"), answer);
      exchange.copied().forEach(text -> assertTrue(answer.contains(text), answer));
      assertTrue(Oracle.numbers(Oracle.asked(exchange)).size() <= 1, Oracle.asked(exchange));
      answers.add(answer);
    }
    assertTrue(answers.size() > DRAWS / 2, "different answers: " + answers.size());
    assertEquals(0.07, asked / (double) DRAWS, 0.02);
  }
}
