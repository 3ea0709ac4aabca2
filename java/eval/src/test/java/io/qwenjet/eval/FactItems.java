// SPDX-License-Identifier: Apache-2.0
// Facts out of the closed set that the model is to know, asked in other words than it learned them.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.corpus.Draw;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

final class FactItems {
  private record Fact(String kind, String subject, List<String> answers) {}

  private static final Map<String, List<String>> ASKED =
      Map.ofEntries(
          Map.entry(
              "capital",
              List.of("Quiz: capital of {x}?", "which city governs {x}, its capital I mean", "{x} has which capital?",
              "I forgot the capital of {x}, help", "In geography class: name {x}'s capital", "Capital city for {x}, go!",
              "Where does the government of {x} sit, in which capital?")),
          Map.entry(
              "opposite",
              List.of("Quiz: opposite of {x}?", "not {x} but...? Give the opposite word", "{x} has which opposite?",
              "I look for the word that means the reverse of {x}", "My crossword wants the opposite of \"{x}\"",
              "If something isn't {x}, what is it? one opposite", "antonym for {x}")),
          Map.entry(
              "colour",
              List.of("Quiz: colour of {x}?", "I'm painting {x}. Which colour do I take?", "{x} has which color?",
              "which colour has {x}, usually", "my kid asks about the colour of {x}", "Tell me what color {x} is.")),
          Map.entry(
              "next_month",
              List.of("Quiz: the month after {x}?", "{x} is over, which month begins?", "which month follows on {x}",
              "{x} comes before which month?", "After {x} I turn the calendar to what month?")),
          Map.entry(
              "month_days",
              List.of("Quiz: how many days in {x}?", "{x} is how long, in days?", "number of days that {x} has",
              "Does {x} have 30 or 31 days?", "How many pages do I tear off a day calendar in {x}?")),
          Map.entry(
              "next_day",
              List.of("Quiz: the day after {x}?", "{x} is over, which day begins?", "which weekday follows on {x}",
              "{x} comes right before which day?")),
          Map.entry(
              "count",
              List.of("Quiz: number of {x}?", "{x} - how many?", "how many are the {x}", "Count for me the {x}.",
              "I forgot how many {x} there are")),
          Map.entry(
              "young",
              List.of("Quiz: a young {x}, what's its name?", "what do you call the little one of a {x}", "A {x} has a baby. Which word is used for that baby?", "{x} junior is called a what?")),
          Map.entry(
              "symbol",
              List.of("Quiz: symbol of {x}?", "in chemistry, {x} is written how?", "Which letters stand for {x} in the periodic table?", "element {x}, short form?")),
          Map.entry(
              "continent",
              List.of("Quiz: continent of {x}?", "{x} belongs to which continent?", "To which part of the world does {x} belong, which continent I mean", "On what continent would I find {x}?")),
          Map.entry(
              "plural",
              List.of("Quiz: more than one {x}?", "one {x}, two ...?", "How do I write {x} in the plural form?", "{x} in plural, please")));

  private static final List<Fact> FACTS = facts();

  private FactItems() {}

  static MadeItem make(Draw draw, int index) {
    Fact fact = FACTS.get(index % FACTS.size());
    List<String> asked = ASKED.get(fact.kind());
    Draft draft = Draft.of(asked.get((index / FACTS.size() + draw.below(4)) % asked.size()), "x", fact.subject());
    return Lines.plain(draw, draft, check(fact));
  }

  private static ObjectNode check(Fact fact) {
    return switch (fact.kind()) {
      case "next_month" ->
          Lines.check("choice", "answer", fact.answers().get(0), "labels", "months", "last", true);
      case "next_day" ->
          Lines.check("choice", "answer", fact.answers().get(0), "labels", "weekdays", "last", true);
      case "month_days", "count" -> Lines.number(Integer.parseInt(fact.answers().get(0)));
      default -> Lines.saysAny(fact.answers().toArray());
    };
  }

  private static List<Fact> facts() {
    List<Fact> facts = new ArrayList<>();
    for (String line : Pools.words("facts", "\\R")) {
      if (line.startsWith("#")) {
        continue;
      }
      String[] parts = line.split(": ", 2);
      for (String fact : parts[1].split("; ")) {
        String[] sides = fact.split(" > ");
        facts.add(new Fact(parts[0], sides[0], List.of(sides[1].split("/"))));
      }
    }
    return facts;
  }
}
