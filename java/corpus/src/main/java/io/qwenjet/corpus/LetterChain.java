// SPDX-License-Identifier: Apache-2.0
// New words with the letter habits of a list: each letter is drawn by the one or two before it.
package io.qwenjet.corpus;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A Markov chain over letters; immutable. */
final class LetterChain {
  private static final char START = '^';
  private static final char END = '$';
  private static final int MIN_LENGTH = 3;
  private static final int MAX_LENGTH = 13;

  private final int order;
  private final Map<String, String> next = new TreeMap<>();

  LetterChain(List<String> words, int order) {
    this.order = order;
    Map<String, StringBuilder> seen = new TreeMap<>();
    for (String word : words) {
      String text = String.valueOf(START).repeat(order) + word + END;
      for (int i = order; i < text.length(); i++) {
        seen.computeIfAbsent(text.substring(i - order, i), key -> new StringBuilder()).append(text.charAt(i));
      }
    }
    seen.forEach((context, letters) -> next.put(context, letters.toString()));
  }

  String word(Draw draw) {
    return draw.until(() -> attempt(draw), word -> word.length() >= MIN_LENGTH && word.length() <= MAX_LENGTH);
  }

  private String attempt(Draw draw) {
    StringBuilder text = new StringBuilder(String.valueOf(START).repeat(order));
    while (text.length() <= order + MAX_LENGTH) {
      String letters = next.get(text.substring(text.length() - order));
      char letter = letters.charAt(draw.below(letters.length()));
      if (letter == END) {
        break;
      }
      text.append(letter);
    }
    return text.substring(order);
  }
}
