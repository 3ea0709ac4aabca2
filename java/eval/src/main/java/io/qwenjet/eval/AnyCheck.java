// SPDX-License-Identifier: Apache-2.0
// One of several: a right answer or an honest refusal, where both will do.
package io.qwenjet.eval;

import java.util.List;

/**
 * Takes an answer that one of these takes.
 *
 * @param checks at least one; not null
 */
record AnyCheck(List<Check> checks) implements Check {
  @Override
  public Verdict judge(Answer answer) {
    Verdict first = null;
    for (Check check : checks) {
      Verdict verdict = check.judge(answer);
      if (verdict.correct()) {
        return verdict;
      }
      first = first == null ? verdict : first;
    }
    return first;
  }

  /** Where declining is one of several right answers, another answer is no mistake of its own. */
  @Override
  public boolean expectsRefusal() {
    return checks.stream().allMatch(Check::expectsRefusal);
  }

  @Override
  public boolean takesRefusal() {
    return checks.stream().anyMatch(Check::takesRefusal);
  }
}
