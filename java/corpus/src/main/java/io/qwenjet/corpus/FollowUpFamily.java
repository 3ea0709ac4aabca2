// SPDX-License-Identifier: Apache-2.0
// Conversations whose last question needs an earlier turn: what the user said about themselves, with
// other talk between, and results to go on with. What was never said is not made up.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

final class FollowUpFamily implements Family {
  private static final List<String> FACTS =
      List.of("name", "name", "city", "job", "color", "food", "animal", "hobby", "number", "friend", "pet", "code", "age", "item");
  private static final List<Family> UNRELATED =
      List.of(new ListsFamily(), new FactsFamily(), new FactsFamily(), new DatesUnitsFamily(), new OutOfScopeFamily());
  private static final List<String> GO_ON =
      List.of("on_plus", "on_plus", "on_minus", "on_times", "on_times", "on_over");

  @Override
  public String name() {
    return "follow_up";
  }

  @Override
  public Exchange draw(Draw draw) {
    int ticket = draw.below(20);
    return ticket < 10 ? recall(draw) : ticket < 13 ? neverSaid(draw) : goOn(draw);
  }

  private static Exchange recall(Draw draw) {
    List<Turn> turns = new ArrayList<>();
    Map<String, String> said = new HashMap<>();
    List<String> order = new ArrayList<>();
    say(draw, turns, said, order, draw.pick(1, 1, 2, 3));
    String asked = draw.pick(order);
    distract(draw, turns, draw.pick(0, 0, 1, 1, 1, 2, 2, 2, 3, 4));
    Map<String, String> values = values(said.get(asked));
    Grammar grammar = Grammar.load("follow_up");
    Request request = Request.ask(grammar, asked + ".ask", values, draw);
    turns.add(Turn.user(request.text()));
    turns.add(Turn.assistant(null, grammar.expand(asked + ".answer", draw, values).text()));
    return new Exchange("recall_" + asked, request.skeleton(), turns, null, List.copyOf(said.values()), true);
  }

  // Not joinable: an earlier exchange of the same conversation could have said it.
  private static Exchange neverSaid(Draw draw) {
    List<Turn> turns = new ArrayList<>();
    Map<String, String> said = new HashMap<>();
    List<String> order = new ArrayList<>();
    int count = draw.pick(0, 1, 1, 2);
    if (count > 0) {
      say(draw, turns, said, order, count);
    }
    distract(draw, turns, draw.pick(0, 0, 1, 1, 2, 3));
    String asked = draw.until(() -> draw.pick(FACTS), each -> !said.containsKey(each));
    Grammar grammar = Grammar.load("follow_up");
    Request request = Request.ask(grammar, asked + ".ask", Map.of(), draw);
    turns.add(Turn.user(request.text()));
    String what = grammar.phrase(asked + ".what", draw);
    turns.add(Turn.assistant(null, grammar.expand("never", draw, Map.of("what", what)).text()));
    return new Exchange("never_said_" + asked, request.skeleton(), turns, null, List.of(), false);
  }

  // Facts in one message or in several, each with a short answer.
  private static void say(Draw draw, List<Turn> turns, Map<String, String> said, List<String> order, int count) {
    Grammar grammar = Grammar.load("follow_up");
    while (order.size() < count) {
      String fact = draw.until(() -> draw.pick(FACTS), each -> !said.containsKey(each));
      said.put(fact, draw.until(() -> value(draw, fact), each -> !said.containsValue(each)));
      order.add(fact);
    }
    if (count > 1 && draw.chance(0.5)) {
      List<String> sentences = new ArrayList<>();
      for (String fact : order) {
        String sentence = grammar.expand(fact + ".say", draw, values(said.get(fact))).text();
        sentences.add(sentence.matches(".*[.!?]") ? sentence : sentence + ".");
      }
      turns.add(Turn.user(String.join(" ", sentences)));
      turns.add(Turn.assistant(null, grammar.phrase("noted", draw)));
      return;
    }
    for (String fact : order) {
      Map<String, String> values = values(said.get(fact));
      turns.add(Turn.user(Request.ask(grammar, fact + ".say", values, draw).text()));
      turns.add(Turn.assistant(null, grammar.expand(fact + ".reply", draw, values).text()));
    }
  }

  private static Map<String, String> values(String said) {
    return Map.of("v", said, "av", English.article(said));
  }

  private static String value(Draw draw, String fact) {
    Grammar grammar = Grammar.load("follow_up");
    return switch (fact) {
      case "name" -> draw.chance(0.6) ? Names.firstName(draw) : Names.person(draw);
      case "friend", "pet" -> Names.firstName(draw);
      case "city" -> Names.city(draw);
      case "number" -> draw.value(() -> Integer.toString(draw.between(0, draw.pick(9, 99, 999, 9999))));
      case "age" -> draw.value(() -> Integer.toString(draw.between(8, 95)));
      case "code" -> Names.code(draw);
      case "item" -> Names.item(draw);
      case "food", "hobby", "job", "animal", "color" -> {
        // A short list may have no held-out value.
        List<String> all = grammar.alternatives(fact + ".values");
        List<String> taken = all.stream().filter(draw.split()::takesValue).toList();
        yield draw.pick(taken.isEmpty() ? all : taken);
      }
      default -> throw new IllegalArgumentException("expected a fact, got " + fact);
    };
  }

  // Sums, lists, facts and small talk that have nothing to do with the question and name nobody's data.
  private static void distract(Draw draw, List<Turn> turns, int count) {
    Grammar grammar = Grammar.load("follow_up");
    for (int i = 0; i < count; i++) {
      int ticket = draw.below(100);
      if (ticket < 40) {
        turns.addAll(ArithmeticFamily.draw(draw, draw.pick('+', '-', '*', '/')).turns());
      } else if (ticket < 65) {
        turns.addAll(draw.pick(UNRELATED).draw(draw).turns());
      } else if (ticket < 75) {
        turns.addAll(SelfFamily.question(draw.pick("name", "what", "can", "help", "human", "size"), draw).turns());
      } else if (ticket < 85) {
        turns.addAll(SelfFamily.small(draw.pick("small_how", "small_thanks", "small_praise", "small_ok"), draw).turns());
      } else {
        turns.add(Turn.user(Request.ask(grammar, "talk", Map.of(), draw).text()));
        turns.add(Turn.assistant(null, grammar.phrase("talk.answer", draw)));
      }
    }
  }

  // A sum, then one to three steps from its result.
  private static Exchange goOn(Draw draw) {
    int result;
    Exchange first;
    do {
      char operator = draw.pick('+', '+', '-', '*', '/');
      first = ArithmeticFamily.draw(draw, operator);
      result = result(first.turns().get(1).content());
    } while (result < 0 || result > 9999);
    List<Turn> turns = new ArrayList<>(first.turns());
    Grammar grammar = Grammar.load("follow_up");
    int steps = draw.pick(1, 1, 1, 2, 2, 3);
    String intent = null;
    Request request = null;
    for (int i = 0; i < steps; i++) {
      int from = result;
      Step step = draw.until(() -> step(draw, from), each -> each.fits(draw.split(), from));
      Working working = Working.of(from, step.operator(), step.operand());
      request =
          Request.ask(grammar, step.rule(), Map.of("b", NumberWords.typed(draw, 0.1, step.operand()).get(0)), draw);
      turns.add(Turn.user(request.text()));
      turns.add(Turn.assistant(working.steps(), working.answer()));
      result = working.result();
      intent = step.rule();
    }
    return new Exchange(intent, request.skeleton(), turns, null, List.of(), true);
  }

  private static int result(String answer) {
    String last = answer.substring(answer.lastIndexOf('=') + 2);
    return last.contains(" ") ? -1 : Integer.parseInt(last);
  }

  private record Step(String rule, char operator, int operand) {
    // Whole results from 0 to 9999, so that the next step may be any.
    boolean fits(Split split, int from) {
      return Working.inRange(from, operator, operand)
          && (operator != '+' || from + operand < 10_000)
          && (operator != '-' || operand <= from)
          && (operator != '/' || from > 0 && from % operand == 0)
          && Working.takes(split, from, operator, operand);
    }
  }

  private static Step step(Draw draw, int from) {
    String rule = draw.pick(GO_ON);
    return switch (rule) {
      case "on_plus" -> new Step(rule, '+', draw.between(1, draw.pick(9, 99, 999)));
      case "on_minus" -> new Step(rule, '-', draw.between(1, draw.pick(9, 99, 999)));
      case "on_times" -> new Step(rule, '*', draw.between(2, draw.chance(0.2) ? 99 : 9));
      default -> new Step(rule, '/', draw.between(2, 9));
    };
  }
}
