// SPDX-License-Identifier: Apache-2.0
// A few facts in a row, as sentences or as a list.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

final class FactsDocument implements Document {
  private static final Grammar PAIRS = Grammar.load("facts");
  private final List<FactsFamily.Fact> facts = FactsFamily.list();

  @Override
  public String kind() {
    return "facts";
  }

  @Override
  public Example draw(Draw draw) {
    List<String> lines = new ArrayList<>();
    boolean list = draw.chance(0.5);
    boolean oneKind = draw.chance(0.6);
    String rule = draw.pick(facts).rule();
    List<FactsFamily.Fact> from = oneKind ? facts.stream().filter(fact -> fact.rule().equals(rule)).toList() : facts;
    for (FactsFamily.Fact fact : draw.some(from, Math.min(from.size(), draw.between(3, 7)))) {
      Map<String, String> values = Map.of("a", fact.a(), "b", fact.b(), "A", Words.capital(fact.a()));
      lines.add(Words.capital(PAIRS.expand(fact.rule() + ".answer", draw, values).text()));
    }
    String text = list ? "- " + String.join("\n- ", lines) : String.join(" ", lines);
    return Example.document("facts", text, List.of());
  }
}
