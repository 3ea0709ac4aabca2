// SPDX-License-Identifier: Apache-2.0
// Items in their order: after a lead-in that ends with a colon, between commas, "and" or line breaks,
// with brackets, bullets or numbering or without.
package io.qwenjet.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Takes an answer that lists these items in this order.
 *
 * @param items the right ones; not null, not empty
 */
record ListCheck(List<String> items) implements Check {
  private static final Pattern BETWEEN = Pattern.compile("\\s*(?:[,;\\n]\\s*(?:and\\s+)?|\\sand\\s|->)\\s*");
  private static final Pattern BULLET = Pattern.compile("(?m)^\\s*(?:[-*\u2022]|\\d+[.)])\\s+");

  @Override
  public Verdict judge(Answer answer) {
    String text = answer.text();
    int colon = text.lastIndexOf(':');
    List<String> given = new ArrayList<>();
    String listed = BULLET.matcher(text.substring(colon + 1)).replaceAll("");
    for (String each : BETWEEN.split(listed.replaceAll("[\\[\\]]", "").strip())) {
      if (!each.isBlank()) {
        given.add(Normal.words(each));
      }
    }
    List<String> right = items.stream().map(Normal::words).toList();
    return Verdict.of(
        right.equals(given), "expected " + String.join(", ", items) + ", got " + Normal.shown(text));
  }
}
