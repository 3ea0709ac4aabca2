// SPDX-License-Identifier: Apache-2.0
// A closed list of facts, asked in many ways and in both directions where the answer is one. The same
// questions about what is not on the list are declined: the list is the border of what is known.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Questions about fixed facts. */
final class FactsFamily implements Family {
  private static final Grammar PAIRS = Grammar.load("facts");
  private static final Grammar SINGLES = Grammar.load("facts_single");
  static final List<String> KINDS =
      List.of(
          "capital", "opposite", "colour", "next_month", "month_days", "month_number", "animal_young", "animal_sound",
          "legs", "planet", "shape", "symbol", "continent", "mix", "plural");
  private static final List<String> UNKNOWN =
      List.of("capital", "capital", "capital", "capital.back", "opposite", "colour", "animal_young", "symbol", "continent", "plural");

  /**
   * A fact with a question's rule.
   *
   * @param rule the grammar's rule without ".ask"
   * @param a the first value
   * @param b the second value
   */
  record Fact(String rule, String a, String b) {
    String askRule() {
      return rule.endsWith(".back") ? rule : rule + ".ask";
    }
  }

  private final Map<String, List<Fact>> byRule = new LinkedHashMap<>();
  private final List<String> tickets = new ArrayList<>();

  FactsFamily() {
    for (Fact fact : list()) {
      byRule.computeIfAbsent(fact.rule(), rule -> new ArrayList<>()).add(fact);
    }
    byRule.forEach(
        (rule, facts) -> {
          for (int i = 0; i * i < 2 * facts.size(); i++) {
            tickets.add(rule);
          }
        });
  }

  /** Returns every fact in every direction that has one answer. */
  static List<Fact> list() {
    List<Fact> facts = new ArrayList<>();
    for (String kind : KINDS) {
      Map<String, Integer> seen = new HashMap<>();
      List<String[]> pairs = PAIRS.alternatives(kind).stream().map(line -> line.split("\\|")).toList();
      for (String[] pair : pairs) {
        facts.add(new Fact(kind, pair[0], pair[1]));
        seen.merge(pair[0], 1, Integer::sum);
        seen.merge(pair[1], 1, Integer::sum);
      }
      for (String[] pair : pairs) {
        if (kind.equals("opposite") && seen.get(pair[1]) == 1) {
          facts.add(new Fact(kind, pair[1], pair[0]));
        } else if (PAIRS.has(kind + ".back")) {
          facts.add(new Fact(kind + ".back", pair[0], pair[1]));
        }
      }
    }
    return facts;
  }

  @Override
  public String name() {
    return "facts";
  }

  @Override
  public Exchange draw(Draw draw) {
    if (draw.chance(0.12)) {
      return unknown(draw);
    }
    return draw.chance(0.28) ? single(draw) : pair(draw);
  }

  private Exchange pair(Draw draw) {
    Fact fact = draw.pick(byRule.get(draw.pick(tickets)));
    Map<String, String> values = values(fact.a(), fact.b());
    Request request = Request.ask(PAIRS, fact.askRule(), asTyped(values, draw), draw);
    String answer = PAIRS.expand(fact.rule() + ".answer", draw, values).text();
    return Exchange.of(fact.rule(), request, null, answer, List.of());
  }

  private static Exchange single(Draw draw) {
    String rule = draw.pick(SINGLES.alternatives("all"));
    Request request = Request.ask(SINGLES, rule, Map.of(), draw);
    return Exchange.of(rule, request, null, SINGLES.phrase(rule + ".answer", draw), List.of());
  }

  private static Exchange unknown(Draw draw) {
    String rule = draw.pick(UNKNOWN);
    String place = Names.city(draw);
    String thing =
        switch (rule) {
          case "capital", "continent" -> PAIRS.expand("capital.unknown", draw, Map.of("place", place)).text();
          case "colour", "animal_young" -> Words.withArticle(draw.chance(0.5) ? Names.item(draw) : place.toLowerCase(Locale.ROOT));
          default -> place.toLowerCase(Locale.ROOT);
        };
    String ask = rule.endsWith(".back") ? rule : rule + ".ask";
    Request request = Request.ask(PAIRS, ask, asTyped(values(thing, place), draw), draw);
    return Exchange.of(rule + ".unknown", request, null, Refusals.answer("know", draw), List.of());
  }

  private static Map<String, String> values(String a, String b) {
    return Map.of("a", a, "b", b, "A", Words.capital(a), "B", Words.capital(b));
  }

  // Many people type names without capital letters.
  private static Map<String, String> asTyped(Map<String, String> values, Draw draw) {
    if (!draw.chance(0.15)) {
      return values;
    }
    Map<String, String> low = new HashMap<>();
    values.forEach((name, value) -> low.put(name, value.toLowerCase(Locale.ROOT)));
    return low;
  }
}
