// SPDX-License-Identifier: Apache-2.0
// Several conditions on one answer.
package io.qwenjet.eval;

import java.util.List;

/**
 * Takes an answer that all of these take.
 *
 * @param checks at least one; not null
 */
record AllCheck(List<Check> checks) implements Check {
  @Override
  public Verdict judge(Answer answer) {
    for (Check check : checks) {
      Verdict verdict = check.judge(answer);
      if (!verdict.correct()) {
        return verdict;
      }
    }
    return Verdict.right();
  }

  @Override
  public boolean expectsRefusal() {
    return checks.stream().anyMatch(Check::expectsRefusal);
  }
}
