// SPDX-License-Identifier: Apache-2.0
// Sums that a small model would get wrong: operands that are too large, decimals, percentages, roots,
// powers, more operators than one kind. The right answer is always a refusal.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Makes requests for sums beyond the taught ranges; safe for many threads. */
final class OutOfRangeSums {
  // Most often just beyond the four digits that are taught.
  private static final List<Integer> LARGE = List.of(5, 5, 5, 6, 6, 7, 8, 9);

  private OutOfRangeSums() {}

  /**
   * Makes a request whose right answer is a refusal.
   *
   * @param draw the random choices; not null
   * @return the request; not null
   */
  static Request outOfRange(Draw draw) {
    switch (draw.below(17)) {
      case 0, 1, 2:
        return large(draw, '+', draw.between(1, 9), draw.pick(LARGE));
      case 3, 4:
        return large(draw, '-', draw.between(1, 9), draw.pick(LARGE));
      case 16:
        return draw.chance(0.2)
            ? sum(draw, '/', Integer.toString(draw.between(1, 999)), "0")
            : large(draw, '/', 2, draw.between(2, 3));
      case 5, 6:
        return draw.chance(0.5)
            ? large(draw, '*', draw.between(2, 4), 3)
            : large(draw, '*', draw.between(1, 6), draw.between(4, 7));
      case 7:
        return large(draw, '/', draw.between(1, 4), draw.between(4, 7));
      case 8, 9:
        return decimals(draw);
      case 10, 11:
        return other(draw, "percent");
      case 12:
        return other(draw, "root");
      case 13:
        return other(draw, "power");
      default:
        return mixed(draw);
    }
  }

  private static Request large(Draw draw, char operator, int shorter, int longer) {
    boolean swapped = operator != '/' && draw.chance(0.5);
    String small = number(draw, shorter);
    String big = number(draw, longer);
    return operator == '/' ? sum(draw, '/', big, small) : sum(draw, operator, swapped ? big : small, swapped ? small : big);
  }

  private static Request decimals(Draw draw) {
    String point = draw.chance(0.9) ? "." : ",";
    String a = draw.between(0, 99) + point + draw.between(1, draw.chance(0.5) ? 9 : 99);
    String b =
        draw.chance(0.5)
            ? draw.between(0, 99) + point + draw.between(1, 99)
            : Integer.toString(draw.between(1, 99));
    boolean swapped = draw.chance(0.4);
    return sum(draw, draw.pick('+', '-', '*', '/'), swapped ? b : a, swapped ? a : b);
  }

  // The same phrases as for sums in range: only the operands tell both apart.
  private static Request sum(Draw draw, char operator, String a, String b) {
    String rule =
        switch (operator) {
          case '+' -> "add";
          case '-' -> "subtract";
          case '*' -> "multiply";
          default -> "divide";
        };
    return Request.ask(
        Grammar.load("arithmetic"), rule, Map.of("a", a, "b", b), draw);
  }

  private static Request other(Draw draw, String rule) {
    Map<String, String> values =
        Map.of(
            "a", Integer.toString(draw.between(2, draw.pick(20, 100, 1000))),
            "p", Integer.toString(draw.chance(0.5) ? 5 * draw.between(1, 19) : draw.between(1, 150)),
            "n", Integer.toString(draw.between(2, 12)));
    return Request.ask(Grammar.load("out_of_range"), rule, values, draw);
  }

  private static Request mixed(Draw draw) {
    List<String> operators = new ArrayList<>(draw.shuffled(List.of("+", "-", "*", "/")).subList(0, 2));
    if (draw.chance(0.3)) {
      operators.add(draw.pick("+", "-", "*"));
    }
    String space = draw.chance(0.5) ? " " : "";
    int bracket = draw.chance(0.4) ? draw.below(2) : -1;
    StringBuilder sum = new StringBuilder();
    for (int i = 0; i <= operators.size(); i++) {
      sum.append(i == bracket ? "(" : "").append(draw.between(1, draw.chance(0.6) ? 20 : 300));
      sum.append(bracket >= 0 && i == bracket + 1 ? ")" : "");
      if (i < operators.size()) {
        sum.append(space).append(operators.get(i)).append(space);
      }
    }
    return Request.ask(Grammar.load("out_of_range"), "mixed", Map.of("s", sum.toString()), draw);
  }

  private static String number(Draw draw, int digits) {
    long low = digits == 1 ? 1 : (long) Math.pow(10, digits - 1.0);
    long value = low + Long.remainderUnsigned(draw.bits(), 9 * low);
    boolean round = digits > 4 && draw.chance(0.15);
    value = round ? value / (low / 10) * (low / 10) : value;
    return digits > 3 && draw.chance(0.2) ? String.format(Locale.ROOT, "%,d", value) : Long.toString(value);
  }
}
