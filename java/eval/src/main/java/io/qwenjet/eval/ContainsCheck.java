// SPDX-License-Identifier: Apache-2.0
// An answer with free wording: what it has to name, what it must not name, how long it is.
package io.qwenjet.eval;

import java.util.List;

/**
 * Takes an answer by the phrases in it; letter case does not matter, and a phrase is whole words.
 *
 * @param all phrases that must be there; not null
 * @param any of these one must be there, when there are any; not null
 * @param none phrases that must not be there; not null
 * @param minWords fewest words
 */
record ContainsCheck(List<String> all, List<String> any, List<String> none, int minWords)
    implements Check {
  @Override
  public Verdict judge(Answer answer) {
    String text = answer.text();
    for (String phrase : all) {
      if (!Normal.says(text, phrase)) {
        return Verdict.wrong("expected \"" + phrase + "\" in it, got " + Normal.shown(text));
      }
    }
    if (!any.isEmpty() && any.stream().noneMatch(phrase -> Normal.says(text, phrase))) {
      return Verdict.wrong("expected one of " + any + " in it, got " + Normal.shown(text));
    }
    for (String phrase : none) {
      if (Normal.says(text, phrase)) {
        return Verdict.wrong("expected no \"" + phrase + "\" in it, got " + Normal.shown(text));
      }
    }
    int words = text.isBlank() ? 0 : text.strip().split("\\s+").length;
    return Verdict.of(
        words >= minWords, "expected at least " + minWords + " words, got " + words);
  }
}
