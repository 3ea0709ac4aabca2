// SPDX-License-Identifier: Apache-2.0
// Text for tests: sentences from a small grammar with names from an open generator.
package io.qwenjet.train.tokenizer;

import java.util.List;
import java.util.SplittableRandom;

/** A sentence and the name in it. */
public record SampleText(String text, String name) {
  private static final List<String> WORDS =
      List.of(
          "the", "order", "of", "three", "camping", "stoves", "was", "sent", "to", "and", "please",
          "reverse", "these", "items", "what", "is", "there", "then", "thank", "you", "I", "a");
  private static final String LETTERS = "aeioubcdfghklmnprstvz\u00e9\u00f1";

  /** Returns sentence number {@code index}. */
  public static SampleText of(long index) {
    SplittableRandom random = new SplittableRandom(0x9E3779B97F4A7C15L * (index + 1));
    StringBuilder name = new StringBuilder();
    for (int i = 0, n = 3 + random.nextInt(6); i < n; i++) {
      name.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    name.setCharAt(0, Character.toUpperCase(name.charAt(0)));
    StringBuilder text = new StringBuilder();
    for (int i = 0, n = 4 + random.nextInt(8); i < n; i++) {
      text.append(i > 0 ? " " : "").append(WORDS.get(random.nextInt(WORDS.size())));
    }
    String quoted = random.nextBoolean() ? " (" + name + ")" : " " + name;
    text.append(quoted).append(random.nextBoolean() ? ".\n" : "? It's ").append(random.nextInt(500));
    if (random.nextInt(4) == 0) {
      text.append("\u4f60\u597d\uff0c\u4e16\u754c");
    }
    return new SampleText(text.toString(), name.toString());
  }
}
