// SPDX-License-Identifier: Apache-2.0
// A number is right when it is the last one stated and every other one repeats the request: "47 + 85
// = 132" and "132" are right, "132 or 133" is not. For "57 is larger than 49" the first one counts.
package io.qwenjet.eval;

import java.math.BigDecimal;
import java.util.List;

/**
 * Takes an answer that states one number.
 *
 * @param value the right number; not null
 * @param isFirst whether the first number stated counts instead of the last
 */
record NumberCheck(BigDecimal value, boolean isFirst) implements Check {
  @Override
  public Verdict judge(Answer answer) {
    // What stands before an equals sign is the sum as it was understood, not an answer.
    String text = answer.text().substring(answer.text().lastIndexOf('=') + 1);
    List<BigDecimal> stated = Normal.numbers(text);
    if (stated.isEmpty()) {
      stated = Normal.numberWords(text);
    }
    if (stated.isEmpty()) {
      return Verdict.wrong("expected " + value.toPlainString() + ", got no number");
    }
    BigDecimal result = stated.get(isFirst ? 0 : stated.size() - 1);
    if (!same(result, value)) {
      return Verdict.wrong("expected " + value.toPlainString() + ", got " + result.toPlainString());
    }
    List<BigDecimal> asked = Normal.numbers(answer.request());
    asked.addAll(Normal.numberWords(answer.request()));
    for (BigDecimal number : stated) {
      if (!same(number, value) && asked.stream().noneMatch(given -> same(given, number))) {
        return Verdict.wrong(
            "expected " + value.toPlainString() + " alone, got also " + number.toPlainString());
      }
    }
    return Verdict.right();
  }

  private static boolean same(BigDecimal a, BigDecimal b) {
    return a.compareTo(b) == 0;
  }
}
