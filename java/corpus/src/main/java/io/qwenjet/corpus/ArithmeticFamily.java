// SPDX-License-Identifier: Apache-2.0
// Sums of two numbers. The thinking starts with the sum in plain form, which absorbs phrasing, noise
// and number words, and works it as Working does.
package io.qwenjet.corpus;

import java.util.List;
import java.util.Map;

final class ArithmeticFamily implements Family {
  private static final double WORDS = 0.16; // of the draws with both operands below 100

  @Override
  public String name() {
    return "arithmetic";
  }

  @Override
  public Exchange draw(Draw draw) {
    int ticket = draw.below(20);
    return draw(draw, ticket < 7 ? '+' : ticket < 12 ? '-' : ticket < 17 ? '*' : '/');
  }

  /** Makes a sum with this operator. */
  static Exchange draw(Draw draw, char operator) {
    Operands sum = Operands.draw(draw, operator);
    Working working = Working.of(sum.left(), operator, sum.right());
    List<String> typed = NumberWords.typed(draw, WORDS, sum.left(), sum.right());
    String intent =
        switch (operator) {
          case '+' -> "add";
          case '-' -> "subtract";
          case '*' -> "multiply";
          default -> "divide";
        };
    Request request =
        Request.ask(
            Grammar.load("arithmetic"), intent, Map.of("a", typed.get(0), "b", typed.get(1)), draw);
    return Exchange.of(intent, request, working.steps(), working.answer(), List.of());
  }
}
