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
    int ticket = draw.below(22);
    if (ticket >= 20) {
      return ticket == 20 ? three(draw) : named(draw);
    }
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

  // Three summands, two of them at a time.
  private static Exchange three(Draw draw) {
    int[] numbers =
        draw.until(
            () -> {
              int longest = draw.pick(9, 20, 99, 99, 999);
              return new int[] {draw.between(0, longest), draw.between(0, longest), draw.between(0, longest)};
            },
            each ->
                Working.takes(draw.split(), each[0], '+', each[1])
                    && (draw.split() != Split.TRAIN || Working.takes(draw.split(), each[0] + each[1], '+', each[2])));
    Working first = Working.of(numbers[0], '+', numbers[1]);
    Working second = Working.of(first.result(), '+', numbers[2]);
    List<String> typed = NumberWords.typed(draw, WORDS, numbers);
    Request request =
        Request.ask(
            Grammar.load("arithmetic"), "add_three",
            Map.of("a", typed.get(0), "b", typed.get(1), "c", typed.get(2)), draw);
    String sum = numbers[0] + "+" + numbers[1] + "+" + numbers[2];
    return Exchange.of(
        "add_three", request, sum + "\n" + first.steps() + "\n" + second.steps(),
        sum.replace("+", " + ") + " = " + second.result(), List.of());
  }

  // The double and the half of a number.
  private static Exchange named(Draw draw) {
    boolean doubled = draw.chance(0.55);
    char operator = doubled ? '*' : '/';
    int number =
        draw.until(
            () -> draw.between(1, draw.pick(9, 20, 99, 499)) * (doubled ? 1 : 2),
            each -> Working.takes(draw.split(), each, operator, 2));
    String rule = doubled ? "double" : "half";
    Request request =
        Request.ask(
            Grammar.load("arithmetic"), rule, Map.of("a", NumberWords.typed(draw, WORDS, number).get(0)), draw);
    Working working = Working.of(number, operator, 2);
    return Exchange.of(rule, request, working.steps(), working.answer(), List.of());
  }
}
