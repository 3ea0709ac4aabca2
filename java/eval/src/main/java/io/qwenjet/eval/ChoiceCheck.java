// SPDX-License-Identifier: Apache-2.0
// One label out of a set. A reply may follow a label, so the first one named counts; in "3 days after
// Monday is Thursday" it is the last.
package io.qwenjet.eval;

import java.util.List;
import java.util.Locale;

/**
 * Takes an answer that names the right label first, or last.
 *
 * @param label the right one; not null
 * @param labels all of them; not null
 * @param isLast whether the last label named counts instead of the first
 */
record ChoiceCheck(String label, List<String> labels, boolean isLast) implements Check {
  @Override
  public Verdict judge(Answer answer) {
    String text = Normal.spaces(answer.text()).toLowerCase(Locale.ROOT);
    String named = null;
    for (int at = 0; at < text.length() && (named == null || isLast); at++) {
      String here = labelAt(text, at);
      if (here != null) {
        named = here;
        at += here.length() - 1;
      }
    }
    return Verdict.of(
        label.equalsIgnoreCase(named),
        "expected the label " + label + ", got " + Normal.shown(answer.text()));
  }

  /** The longest label that begins here: of "order" and "order status" the latter. */
  private String labelAt(String text, int at) {
    if (at > 0 && Character.isLetterOrDigit(text.charAt(at - 1))) {
      return null;
    }
    String longest = null;
    for (String each : labels) {
      int end = at + each.length();
      if (text.startsWith(each.toLowerCase(Locale.ROOT), at)
          && (end == text.length() || !Character.isLetterOrDigit(text.charAt(end)))
          && (longest == null || each.length() > longest.length())) {
        longest = each;
      }
    }
    return longest;
  }
}
