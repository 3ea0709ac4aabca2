// SPDX-License-Identifier: Apache-2.0
// A label out of a given set. A reply may follow it, so the first label named is the one that counts.
package io.qwenjet.eval;

import java.util.List;
import java.util.Locale;

/**
 * Takes an answer that names the right label first.
 *
 * @param label the right one; not null
 * @param labels all of them; not null
 */
record ChoiceCheck(String label, List<String> labels) implements Check {
  @Override
  public Verdict judge(Answer answer) {
    String text = Normal.spaces(answer.text()).toLowerCase(Locale.ROOT);
    String first = null;
    int firstAt = Integer.MAX_VALUE;
    for (String each : labels) {
      int at = find(text, Normal.spaces(each).toLowerCase(Locale.ROOT));
      // Of two that begin at one place, such as "order" and "order status", the longer is meant.
      if (at >= 0 && (at < firstAt || at == firstAt && each.length() > first.length())) {
        first = each;
        firstAt = at;
      }
    }
    return Verdict.of(
        label.equalsIgnoreCase(first),
        "expected the label " + label + ", got " + Normal.shown(answer.text()));
  }

  private static int find(String text, String phrase) {
    for (int at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
      int end = at + phrase.length();
      if ((at == 0 || !Character.isLetterOrDigit(text.charAt(at - 1)))
          && (end == text.length() || !Character.isLetterOrDigit(text.charAt(end)))) {
        return at;
      }
    }
    return -1;
  }
}
