// SPDX-License-Identifier: Apache-2.0
// The whole answer is one of a few texts; letter case, spaces, quotes and edge punctuation are free.
package io.qwenjet.eval;

import java.util.List;

/**
 * Takes an answer that is one of these texts.
 *
 * @param answers the right ones; not null, not empty
 */
record ExactCheck(List<String> answers) implements Check {
  @Override
  public Verdict judge(Answer answer) {
    String given = Normal.words(answer.text());
    boolean correct = answers.stream().anyMatch(right -> Normal.words(right).equals(given));
    return Verdict.of(
        correct, "expected \"" + answers.get(0) + "\", got \"" + Normal.shown(answer.text()) + "\"");
  }
}
