// SPDX-License-Identifier: Apache-2.0
// The right answer is that the given text does not hold the answer.
package io.qwenjet.eval;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Takes an answer that says that the text does not say.
 *
 * @param none what a guesser would name; not null
 */
record NotInTextCheck(List<String> none) implements Check {
  private static final Pattern NOT =
      Pattern.compile("\\b(not|no|never|nothing|nowhere|without|cannot|silent|missing|unknown)\\b|n't\\b");
  private static final Pattern SAYS =
      Pattern.compile(
          "\\b(say|says|said|state[sd]?|mention(s|ed)?|contain(s|ed)?|hold|holds|tell|tells|give[sn]?|name[sd]?"
              + "|include[sd]?|list(s|ed)?|specif(y|ies|ied)|provide[sd]?|find|found|stands?|answer(s|ed)?|in the"
              + "|information|part of|there|told|known|unknown|missing)\\b");

  @Override
  public Verdict judge(Answer answer) {
    String text = Normal.spaces(answer.text()).toLowerCase(Locale.ROOT);
    if (!NOT.matcher(text).find() || !SAYS.matcher(text).find()) {
      return Verdict.wrong(
          "expected that the text does not say, got " + Normal.shown(answer.text()));
    }
    for (String phrase : none) {
      if (Normal.says(text, phrase)) {
        return Verdict.wrong("expected no \"" + phrase + "\", got " + Normal.shown(answer.text()));
      }
    }
    return Verdict.right();
  }

  @Override
  public boolean expectsRefusal() {
    return true;
  }
}
