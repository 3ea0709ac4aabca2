// SPDX-License-Identifier: Apache-2.0
// Requests that a model of this size has to decline. Wide question forms with open slots, so that
// "unknown thing" is learned and not a list, and near misses of what it can answer, which is kept in the
// other families.
package io.qwenjet.corpus;

import java.util.List;
import java.util.Map;

/** Questions, tasks, languages and noise that are declined. */
final class OutOfScopeFamily implements Family {
  private static final Grammar GRAMMAR = Grammar.load("out_of_scope");
  private static final Grammar LANGUAGES = Grammar.load("languages");

  @Override
  public String name() {
    return "out_of_scope";
  }

  @Override
  public Exchange draw(Draw draw) {
    int kind = draw.below(100);
    if (kind < 10) {
      return Exchange.of("sum", OutOfRangeSums.outOfRange(draw), null, Refusals.answer("sum", draw), List.of());
    }
    if (kind < 30) {
      return NearMisses.draw(draw);
    }
    if (kind < 54) {
      return asked("know", "know", draw);
    }
    if (kind < 70) {
      return task(draw);
    }
    if (kind < 75) {
      return asked("live", "live", draw);
    }
    if (kind < 81) {
      return asked("advice", "advice", draw);
    }
    if (kind < 84) {
      return about(draw);
    }
    return kind < 94 ? language(draw) : gibberish(draw);
  }

  private static Exchange asked(String rule, String refusal, Draw draw) {
    Map<String, String> values = OpenSlots.draw(draw);
    Request request = Request.ask(GRAMMAR, rule, values, draw);
    return Exchange.of(rule, request, null, Refusals.answer(refusal, draw), List.of());
  }

  private static Exchange task(Draw draw) {
    String rule =
        draw.pick("t_translate", "t_translate", "t_summary", "t_write", "t_write", "t_write", "t_program",
            "t_program", "t_play", "t_draw", "t_act", "t_act", "t_act", "t_work");
    String refusal =
        switch (rule) {
          case "t_write" -> "write";
          case "t_program" -> "code";
          case "t_act" -> "act";
          default -> "task";
        };
    return asked(rule, refusal, draw);
  }

  private static Exchange about(Draw draw) {
    Map<String, String> values = OpenSlots.draw(draw);
    String body = GRAMMAR.expand("body", draw, values).text();
    Request request = Request.about(GRAMMAR, "body_task", values, body, draw);
    return Exchange.of("body_task", request, null, Refusals.answer("task", draw), List.of());
  }

  private static Exchange language(Draw draw) {
    Map<String, String> values =
        Map.of(
            "name", Names.firstName(draw),
            "city", Names.city(draw),
            "n", Integer.toString(draw.between(2, 40)));
    Grammar.Expansion sentence =
        draw.until(
            () -> LANGUAGES.expand("language", draw, values),
            made -> draw.split().takesSkeleton(made.skeleton()));
    String text = sentence.text();
    if (draw.chance(0.2)) {
      text = Noise.apply(text, List.copyOf(values.values()), draw);
    }
    Request request = new Request(text, sentence.skeleton(), false);
    return Exchange.of("language", request, null, Refusals.answer("language", draw), List.of());
  }

  private static Exchange gibberish(Draw draw) {
    String text =
        draw.until(
            () -> Gibberish.draw(draw),
            made -> draw.split().takesSkeleton(made) && draw.split().takesValue(made));
    return Exchange.of(
        "gibberish", new Request(text, text, true), null, Refusals.answer("gibberish", draw), List.of());
  }
}
