// SPDX-License-Identifier: Apache-2.0
// A text of one kind with the values that it holds. What a text holds is read from the skeleton of its
// expansion, so that the grammar file may say anything in any order.
package io.qwenjet.corpus.office;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Grammar;
import io.qwenjet.corpus.Noise;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A text and its values.
 *
 * @param text the text
 * @param skeleton the text with {name} in place of values
 * @param facts all values, those that the text lacks too
 */
record Paper(String text, String skeleton, Facts facts) {
  private static final double NOISY = 0.1;

  /**
   * A value as a text has it.
   *
   * @param text the value; null when the text does not hold it
   * @param copied whether the text has it in just these letters
   */
  record Value(String text, boolean copied) {}

  static Paper draw(String rule, Draw draw) {
    Facts facts = Facts.draw(draw);
    Grammar grammar = Grammar.load("papers");
    Grammar.Expansion expansion =
        draw.until(() -> grammar.expand(rule, draw, facts.values()), made -> draw.split().takesSkeleton(made.skeleton()));
    String text = tidy(expansion.text());
    Paper paper = new Paper(text, expansion.skeleton(), facts);
    return draw.chance(NOISY) ? new Paper(Noise.apply(text, paper.used(), draw), paper.skeleton(), facts) : paper;
  }

  /** All values that stand in the text. */
  private List<String> used() {
    List<String> used = new ArrayList<>();
    facts.values().forEach((name, value) -> {
      if (holds(name)) {
        used.add(value);
      }
    });
    return used;
  }

  boolean holds(String name) {
    return skeleton.contains("{" + name + "}");
  }

  Value value(Field field) {
    for (String name : field.from()) {
      boolean part = name.endsWith("_only");
      if (part ? holds("person") : holds(name)) {
        Lot lot = facts.lots().get(name);
        if (lot == null) {
          return new Value(facts.values().get(part ? name.substring(0, name.indexOf('_')) : name), true);
        }
        return field.number() ? new Value(lot.quantity(), lot.inDigits()) : new Value(lot.item(), true);
      }
    }
    return new Value(null, false);
  }

  /** Tells whether a value is written as a JSON number. */
  boolean isNumber(Field field) {
    return field.number() || NUMBERS.contains(field.from().get(0));
  }

  private static final List<String> NUMBERS =
      List.of("price", "total", "net", "change", "days", "months", "rate", "guests", "nights", "hours", "age", "year");

  private static String tidy(String text) {
    return text.replaceAll(" +", " ").replace(" \n", "\n").replace("\n ", "\n").strip();
  }

  static Paper drawMany(Draw draw) {
    return draw("many", draw);
  }

  /** The values of a map of lots in the order in which the text has them. */
  List<Lot> lots() {
    List<Lot> found = new ArrayList<>();
    for (Map.Entry<String, Lot> entry : facts.lots().entrySet()) {
      if (holds(entry.getKey())) {
        found.add(entry.getValue());
      }
    }
    return found;
  }
}
