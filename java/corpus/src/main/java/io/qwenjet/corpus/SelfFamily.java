// SPDX-License-Identifier: Apache-2.0
// What the model is and what it can do, and the small talk around it.
package io.qwenjet.corpus;

import java.util.List;
import java.util.Map;

/** Questions about the model itself and small talk. */
final class SelfFamily implements Family {
  private static final Grammar GRAMMAR = Grammar.load("self");
  static final List<String> INTENTS =
      List.of(
          "name", "name", "what", "what", "can", "can", "help", "cannot", "maker", "size", "gpt", "human", "languages",
          "learn", "privacy", "runs", "qwenjet", "larger", "version", "free", "think", "abilities_yes", "abilities_no",
          "my_name");
  static final List<String> SMALL =
      List.of(
          "small_hello", "small_hello", "small_how", "small_thanks", "small_praise", "small_bye", "small_ok",
          "small_test", "small_sure", "small_insult", "small_sorry", "small_meet");

  @Override
  public String name() {
    return "self";
  }

  @Override
  public Exchange draw(Draw draw) {
    return draw.chance(0.62) ? question(draw.pick(INTENTS), draw) : small(draw.pick(SMALL), draw);
  }

  static Exchange question(String intent, Draw draw) {
    Request request = Request.ask(GRAMMAR, intent, Map.of(), draw);
    String answer = GRAMMAR.phrase(intent + ".answer", draw);
    Exchange made = Exchange.of(intent, request, null, answer, List.of());
    boolean joinable = !intent.equals("my_name");
    return new Exchange(intent, made.skeleton(), made.turns(), null, List.of(), joinable);
  }

  // No frames here: nobody begins a greeting with "Quick question:".
  static Exchange small(String intent, Draw draw) {
    Map<String, String> values =
        intent.equals("small_meet") ? Map.of("name", draw.chance(0.3) ? Names.person(draw) : Names.firstName(draw)) : Map.of();
    Grammar.Expansion made =
        draw.until(() -> GRAMMAR.expand(intent, draw, values), each -> draw.split().takesSkeleton(each.skeleton()));
    boolean noisy = made.text().length() > 12 && draw.chance(0.25);
    String text = noisy ? Noise.apply(made.text(), List.copyOf(values.values()), draw) : made.text();
    Grammar.Expansion answer = GRAMMAR.expand(intent + ".answer", draw, values);
    return Exchange.of(
        intent, new Request(text, made.skeleton(), noisy), null, answer.text(), List.copyOf(values.values()));
  }
}
