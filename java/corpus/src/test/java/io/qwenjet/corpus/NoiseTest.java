// SPDX-License-Identifier: Apache-2.0
// Careless typing changes how a request looks, never what the right answer is.
package io.qwenjet.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class NoiseTest {
  private static final int DRAWS = 4_000;
  private static final Pattern NUMBER = Pattern.compile("\\d+(\\.\\d+)?");

  private static String typed(String text, List<String> kept, int seed) {
    return Noise.apply(text, kept, new Draw(31, seed, Split.TRAIN));
  }

  private static Set<String> all(String text, String... kept) {
    Set<String> typed = new HashSet<>();
    for (int i = 0; i < DRAWS; i++) {
      typed.add(typed(text, List.of(kept), i));
    }
    return typed;
  }

  @Test
  void spacesAreLostBetweenWordsAndBesideNumbers() {
    assertTrue(all("what is 12 + 30", "12", "30").containsAll(Set.of("whatis 12 + 30", "what is12 + 30", "what is 12+ 30")));
    Set<String> list = all("Sort 4,2,9 please.", "4,2,9");
    assertTrue(list.containsAll(Set.of("Sort 4,2,9please.", "Sort4,2,9 please.", "Sort4,2,9please.")), list::toString);
    assertTrue(all("Hello! Which is more: 3 or 5?", "3", "5").containsAll(Set.of("Hello!Which is more: 3 or 5?", "Hello! Which is more:3or 5?")));
  }

  @Test
  void numbersStayApartAndWhole() {
    for (String text : all("I have 9. 5 come, 3, 4 go at 2.5 each", "9", "5", "3", "4", "2.5")) {
      Matcher number = NUMBER.matcher(text);
      StringBuilder found = new StringBuilder();
      while (number.find()) {
        found.append(number.group()).append(' ');
      }
      assertEquals("9 5 3 4 2.5 ", found.toString(), text);
    }
  }

  @Test
  void whatIsToBeCopiedKeepsItsEnds() {
    List<String> kept = List.of("Okafor", "KD-4410x", "48213", "4410-29", "{\"city\": \"Bad Orb\"}", "camping stove and 3 lamps");
    for (String value : kept) {
      for (String text : all("The word is " + value + " and no other.", value)) {
        assertTrue((" " + text + " ").contains(" " + value + " "), text);
      }
    }
  }

  @Test
  void everyKindIsSeenAndEqualSeedsMakeEqualTexts() {
    String text = "Please, tell me what comes after Tuesday.";
    Set<String> typed = all(text, "Tuesday");
    assertTrue(typed.contains("please, tell me what comes after Tuesday."), "lower case");
    assertTrue(typed.contains("Please, tell me what comes after Tuesday"), "no full stop");
    assertTrue(typed.contains("Please tell me what comes after Tuesday."), "no comma");
    assertTrue(typed.contains("Please, tellme what comes after Tuesday."), "no space");
    assertTrue(typed.contains("Please, tell me waht comes after Tuesday."), "swapped letters");
    for (int i = 0; i < 200; i++) {
      assertEquals(typed(text, List.of("Tuesday"), i), typed(text, List.of("Tuesday"), i));
    }
  }

  /** Some 30 % of requests are noisy, one to three kinds of six each: about a ninth of them lack spaces. */
  @Test
  void requestsOfEveryKindLackSpacesNowAndThen() {
    Grammar grammar = Grammar.load("lists");
    int noisy = 0;
    for (int i = 0; i < DRAWS; i++) {
      noisy += Request.ask(grammar, "stop", java.util.Map.of(), new Draw(5, i, Split.TRAIN)).noisy() ? 1 : 0;
    }
    assertTrue(noisy > 0.27 * DRAWS && noisy < 0.33 * DRAWS, "noisy: " + noisy);
    int joined = 0;
    String text = "tell me what is left";
    for (int i = 0; i < DRAWS; i++) {
      joined += typed(text, List.of(text.substring(0, 4)), i).chars().filter(letter -> letter == ' ').count() < 4 ? 1 : 0;
    }
    assertFalse(joined < 0.25 * DRAWS || joined > 0.4 * DRAWS, "without a space: " + joined);
  }
}
