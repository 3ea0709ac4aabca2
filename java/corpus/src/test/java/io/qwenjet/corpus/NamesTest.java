// SPDX-License-Identifier: Apache-2.0
// Names must be many, mostly open, of every kind, the same for the same draw, and apart by split.
package io.qwenjet.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class NamesTest {
  private static final Map<String, Function<Draw, String>> MAKERS =
      new TreeMap<>(
          Map.of(
              "first", Names::firstName,
              "last", Names::surname,
              "item", Names::item,
              "city", Names::city,
              "company", Names::company,
              "code", Names::code,
              "tool", Names::toolName));

  @Test
  void thereAreMoreThanFiftyThousandForms() {
    Set<String> forms = new HashSet<>();
    MAKERS.values().forEach(maker -> {
      for (int i = 0; i < 15_000; i++) {
        forms.add(maker.apply(new Draw(1, i, Split.TRAIN)));
      }
    });
    assertTrue(forms.size() > 50_000, "got " + forms.size());
  }

  @Test
  void halfOfAllNamesAndMoreAreOpen() {
    MAKERS.forEach((name, maker) -> {
      Map<String, Integer> kinds = new TreeMap<>();
      for (int i = 0; i < 5_000; i++) {
        kinds.merge(Names.kindOf(maker.apply(new Draw(2, i, Split.TRAIN))), 1, Integer::sum);
      }
      assertTrue(kinds.getOrDefault("closed", 0) <= 2_500, name + ": " + kinds);
      if (List.of("first", "last", "city").contains(name)) {
        assertTrue(kinds.keySet().containsAll(List.of("closed", "generated", "random", "accented")), name + ": " + kinds);
      }
    });
  }

  @Test
  void kindsAreTold() {
    assertEquals("closed", Names.kindOf("Okafor"));
    assertEquals("closed", Names.kindOf("camping stove"));
    assertEquals("combined", Names.kindOf("wireless blue mug"));
    assertEquals("accented", Names.kindOf("Núñez"));
    assertEquals("code", Names.kindOf("QJ-4821-x7"));
    assertEquals("random", Names.kindOf("Xqvrtk"));
    assertEquals("generated", Names.kindOf("Belodaru"));
  }

  @Test
  void splitsShareNoValue() {
    for (int i = 0; i < 2_000; i++) {
      for (Function<Draw, String> maker : MAKERS.values()) {
        assertFalse(Split.isHeldOutValue(maker.apply(new Draw(3, i, Split.TRAIN))));
        assertTrue(Split.isHeldOutValue(maker.apply(new Draw(3, i, Split.HELD_OUT_VALUES))));
      }
    }
  }

  @Test
  void theSameDrawMakesTheSameName() {
    for (Function<Draw, String> maker : MAKERS.values()) {
      assertEquals(maker.apply(new Draw(4, 99, Split.TRAIN)), maker.apply(new Draw(4, 99, Split.TRAIN)));
    }
  }

  @Test
  void codesHaveDigitsAndPluralsAreEnglish() {
    for (int i = 0; i < 2_000; i++) {
      assertTrue(Names.code(new Draw(5, i, Split.TRAIN)).chars().anyMatch(Character::isDigit));
    }
    assertEquals("camping stoves", Names.plural("camping stove"));
    assertEquals("bags of rice", Names.plural("bag of rice"));
    assertEquals("wireless mice", Names.plural("wireless mouse"));
    assertEquals("paintbrushes", Names.plural("paintbrush"));
    assertEquals("cherries", Names.plural("cherry"));
    assertTrue(Names.startsWithVerb("get_weather") && !Names.startsWithVerb("weather_get"));
  }
}
