// SPDX-License-Identifier: Apache-2.0
// Fillers for questions about anything: half invented, half ordinary. What is asked about must not
// tell whether the model can answer; the form of the question and the closed lists of facts do.
package io.qwenjet.corpus;

import java.util.HashMap;
import java.util.Map;

/** Makes the values of open questions. */
final class OpenSlots {
  private static final Grammar TOPICS = Grammar.load("topics");

  private OpenSlots() {}

  /** Returns a text for every open slot of the grammars that decline. */
  static Map<String, String> draw(Draw draw) {
    Map<String, String> values = new HashMap<>();
    values.put("person", person(draw));
    values.put("person2", person(draw));
    values.put("city", place(draw));
    values.put("city2", place(draw));
    values.put("country", country(draw));
    values.put("company", Names.company(draw));
    values.put("company2", Names.company(draw));
    String thing = thing(draw);
    String other = thing(draw);
    values.put("thing", thing);
    values.put("thing2", other);
    values.put("a_thing", Words.withArticle(thing));
    values.put("a_thing2", Words.withArticle(other));
    values.put("the_thing", "the " + thing);
    values.put("things", Words.plural(thing));
    values.put("word", word(draw));
    values.put("word2", word(draw));
    values.put("code", Names.code(draw));
    values.put("year", Integer.toString(draw.between(900, 2030)));
    for (String rule : new String[] {"topic", "event", "title", "language", "phrase"}) {
      values.put(rule, draw.value(() -> TOPICS.expand(rule, draw, values).text()));
    }
    values.put("topic2", TOPICS.expand("topic", draw, values).text());
    values.put("event2", TOPICS.expand("event", draw, values).text());
    String creature = TOPICS.expand("creature", draw, values).text();
    values.put("creatures", Words.plural(creature));
    values.put("a_creature", Words.withArticle(creature));
    values.put("a_job", Words.withArticle(TOPICS.phrase("job", draw)));
    return values;
  }

  /** Returns a thing in the singular. */
  static String thing(Draw draw) {
    return draw.chance(0.4) ? draw.value(() -> Grammar.load("stories").phrase("thing", draw)) : Names.item(draw);
  }

  private static String person(Draw draw) {
    return switch (draw.below(5)) {
      case 0 -> draw.value(() -> TOPICS.phrase("famous", draw));
      case 1 -> Names.firstName(draw);
      case 2 -> Names.surname(draw);
      default -> Names.person(draw);
    };
  }

  private static String place(Draw draw) {
    return draw.chance(0.35) ? draw.value(() -> TOPICS.phrase("place", draw)) : Names.city(draw);
  }

  private static String country(Draw draw) {
    return draw.chance(0.35) ? draw.value(() -> TOPICS.phrase("land", draw)) : Names.city(draw);
  }

  private static String word(Draw draw) {
    return switch (draw.below(4)) {
      case 0 -> draw.value(() -> TOPICS.phrase("word", draw));
      case 1 -> Names.surname(draw);
      default -> Names.surname(draw).toLowerCase(java.util.Locale.ROOT);
    };
  }
}
