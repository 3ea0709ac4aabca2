// SPDX-License-Identifier: Apache-2.0
// Fillers for questions about anything: half invented, half ordinary. What is asked about must not
// tell whether the model can answer; the form of the question and the closed lists of facts do.
package io.qwenjet.corpus;

import java.util.AbstractMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The values of open questions, each made when it is first asked for; for one thread. */
final class OpenSlots extends AbstractMap<String, String> {
  private static final Grammar TOPICS = Grammar.load("topics");
  private static final Set<String> SLOTS =
      Set.of(
          "person", "person2", "city", "city2", "country", "company", "company2", "thing", "thing2", "a_thing",
          "a_thing2", "the_thing", "things", "word", "word2", "code", "year", "topic", "topic2", "event", "event2",
          "title", "language", "language_name", "phrase", "creature", "creatures", "a_creature", "a_job");

  private final Draw draw;
  private final Map<String, String> made = new LinkedHashMap<>();

  private OpenSlots(Draw draw, Map<String, String> given) {
    this.draw = draw;
    made.putAll(given);
  }

  /** Returns a text for every open slot of the grammars that decline. */
  static Map<String, String> draw(Draw draw) {
    return new OpenSlots(draw, Map.of());
  }

  /** Returns a text for every open slot, with these texts for their slots. */
  static Map<String, String> draw(Draw draw, Map<String, String> given) {
    return new OpenSlots(draw, given);
  }

  @Override
  public boolean containsKey(Object slot) {
    return made.containsKey(slot) || SLOTS.contains(slot);
  }

  @Override
  public String get(Object slot) {
    String value = made.get(slot);
    if (value == null && SLOTS.contains(slot)) {
      value = make((String) slot);
      made.put((String) slot, value);
    }
    return value;
  }

  /** The slots that were asked for so far. */
  @Override
  public Set<Map.Entry<String, String>> entrySet() {
    return made.entrySet();
  }

  private String make(String slot) {
    return switch (slot) {
      case "person", "person2" -> person(draw);
      case "city", "city2" -> place(draw);
      case "country" -> country(draw);
      case "company", "company2" -> Names.company(draw);
      case "thing", "thing2" -> thing(draw);
      case "a_thing" -> Words.withArticle(get("thing"));
      case "a_thing2" -> Words.withArticle(get("thing2"));
      case "the_thing" -> "the " + get("thing");
      case "things" -> Words.plural(get("thing"));
      case "word", "word2" -> word(draw);
      case "code" -> Names.code(draw);
      case "year" -> Integer.toString(draw.between(900, 2030));
      case "language_name" -> topic("language");
      case "creatures" -> Words.plural(get("creature"));
      case "a_creature" -> Words.withArticle(get("creature"));
      case "a_job" -> Words.withArticle(topic("job"));
      default -> topic(slot.replace("2", ""));
    };
  }

  private String topic(String rule) {
    // Ordinary words of short lists are not held out; the names within them are.
    return TOPICS.expand(rule, draw, this).text();
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
