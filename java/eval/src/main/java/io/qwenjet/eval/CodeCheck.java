// SPDX-License-Identifier: Apache-2.0
// Code after whitespace. In Python the indentation is kept as nesting depth, whatever its width.
package io.qwenjet.eval;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes an answer that is one of these pieces of code, with a code fence or without.
 *
 * @param answers the right ones; not null, not empty
 * @param keepsLines whether line breaks and nesting depth count, as in Python
 */
record CodeCheck(List<String> answers, boolean keepsLines) implements Check {
  private static final Pattern FENCE = Pattern.compile("```[A-Za-z]*\\s*\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern FREE_SPACE =
      Pattern.compile("(?<=[^\\p{L}\\d_\"'])\\s+|\\s+(?=[^\\p{L}\\d_\"'])");

  @Override
  public Verdict judge(Answer answer) {
    Matcher fence = FENCE.matcher(answer.text());
    String given = normal(fence.find() ? fence.group(1) : answer.text());
    boolean correct = answers.stream().anyMatch(right -> normal(right).equals(given));
    return Verdict.of(
        correct,
        "expected " + Normal.shown(answers.get(0)) + ", got " + Normal.shown(answer.text()));
  }

  private String normal(String code) {
    if (!keepsLines) {
      return line(code);
    }
    StringBuilder result = new StringBuilder();
    Deque<Integer> widths = new ArrayDeque<>();
    for (String each : code.replace("\t", "    ").split("\n")) {
      if (each.isBlank()) {
        continue;
      }
      int width = each.length() - each.stripLeading().length();
      while (!widths.isEmpty() && widths.peek() > width) {
        widths.pop();
      }
      if (widths.isEmpty() || widths.peek() < width) {
        widths.push(width);
      }
      result.append(widths.size()).append(' ').append(line(each)).append('\n');
    }
    return result.toString();
  }

  private static String line(String code) {
    return FREE_SPACE.matcher(code.strip().replaceAll("\\s+", " ")).replaceAll("");
  }
}
