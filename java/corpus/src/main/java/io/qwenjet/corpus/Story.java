// SPDX-License-Identifier: Apache-2.0
// One story: who and what it is about, and its telling in four to seven sentences: an opening, a
// detail, a problem, an attempt, a solution, an end.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The people and things of a story.
 *
 * @param values texts for the slots of the grammar "stories"
 */
record Story(Map<String, String> values) {
  static final Grammar GRAMMAR = Grammar.load("stories");
  private static final List<String> MOODS = List.of("funny", "sad", "scary", "happy", "thrilling");

  static Story draw(Draw draw) {
    Map<String, String> values = new HashMap<>();
    boolean she = draw.chance(0.5);
    values.put("he", she ? "she" : "he");
    values.put("his", she ? "her" : "his");
    values.put("him", she ? "her" : "him");
    values.put("He", she ? "She" : "He");
    values.put("His", she ? "Her" : "His");
    String name = Names.firstName(draw);
    values.put("name", name);
    values.put("friend", draw.until(() -> Names.firstName(draw), other -> !other.contains(name) && !name.contains(other)));
    String thing = OpenSlots.thing(draw);
    String extra = draw.until(() -> OpenSlots.thing(draw), other -> !other.contains(thing) && !thing.contains(other));
    values.put("thing", thing);
    values.put("a_thing", Words.withArticle(thing));
    values.put("the_thing", "the " + thing);
    values.put("The_thing", "The " + thing);
    values.put("extra", extra);
    values.put("a_extra", Words.withArticle(extra));
    values.put("kind", GRAMMAR.phrase(draw.chance(0.35) ? "kind_it" : she ? "kind_she" : "kind_he", draw));
    Map<String, String> city = Map.of("city", Names.city(draw));
    values.put("place", GRAMMAR.expand("place", draw, city).text());
    values.put("mood", draw.chance(0.45) ? draw.pick(MOODS) + " " : "");
    return new Story(Map.copyOf(values));
  }

  /**
   * Tells the story.
   *
   * @param asked texts that must occur
   * @param mood "funny", "sad", "scary", "happy", "thrilling" or empty
   */
  String tell(List<String> asked, String mood, Draw draw) {
    boolean withExtra = asked.contains(values.get("extra"));
    return draw.until(
        () -> String.join(" ", sentences(withExtra, mood, draw)), text -> asked.stream().allMatch(text::contains));
  }

  private List<String> sentences(boolean withExtra, String mood, Draw draw) {
    List<String> sentences = new ArrayList<>();
    if (withExtra || !mood.isEmpty() || draw.chance(0.85)) {
      sentences.add(phrase("open", draw));
    }
    if (!mood.isEmpty()) {
      sentences.add(phrase("mood_" + mood, draw));
    } else if (!sentences.isEmpty() && draw.chance(0.6)) {
      sentences.add(phrase("mood_none", draw));
    }
    if (withExtra) {
      sentences.add(phrase("extra", draw));
    }
    for (String sentence : phrase("plot", draw).split("\\|")) {
      sentences.add(Words.capital(sentence));
    }
    return sentences;
  }

  private String phrase(String rule, Draw draw) {
    return GRAMMAR.expand(rule, draw, values).text();
  }
}
