// SPDX-License-Identifier: Apache-2.0
// A text with values in it, and the same text with the values masked. Only the evaluation's makers
// write with it: their wording is their own and none of it comes from the training text.
package io.qwenjet.eval;

import java.util.ArrayList;
import java.util.List;

/**
 * A user's message in the making.
 *
 * @param text what the user types
 * @param skeleton the same with a # for each value
 */
record Draft(String text, String skeleton) {
  /** Fills {name} from pairs of names and values. */
  static Draft of(String template, Object... namesAndValues) {
    String text = template;
    String skeleton = template;
    for (int i = 0; i < namesAndValues.length; i += 2) {
      String slot = "{" + namesAndValues[i] + "}";
      text = text.replace(slot, String.valueOf(namesAndValues[i + 1]));
      skeleton = skeleton.replace(slot, "#");
    }
    if (text.replace("{text}", "").matches("(?s).*\\{[a-z]+\\d?\\}.*")) {
      throw new IllegalArgumentException("expected values for all of " + template + ", got " + text);
    }
    return new Draft(text, skeleton);
  }

  Draft before(String words) {
    return new Draft(words + text, words + skeleton);
  }

  Draft after(String words) {
    return new Draft(text + words, skeleton + words);
  }

  Draft with(Draft other, String between) {
    return new Draft(text + between + other.text, skeleton + between + other.skeleton);
  }

  Draft lowerCase() {
    return new Draft(text.toLowerCase(java.util.Locale.ROOT), skeleton);
  }

  /** A form in which masked texts are compared: lower case, words and masks only. */
  static String comparable(String skeleton) {
    List<String> words = new ArrayList<>();
    String masked = skeleton.replaceAll("\\{[^{}]*\\}", "#").replaceAll("[\\d][\\d.,]*", "#");
    for (String word : masked.toLowerCase(java.util.Locale.ROOT).split("[^\\p{L}#+*/=-]+")) {
      boolean isSecondMask =
          word.equals("#") && !words.isEmpty() && words.get(words.size() - 1).equals("#");
      if (!word.isEmpty() && !isSecondMask) {
        words.add(word);
      }
    }
    return String.join(" ", words);
  }
}
