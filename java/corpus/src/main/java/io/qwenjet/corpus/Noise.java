// SPDX-License-Identifier: Apache-2.0
// Careless typing: lower case, missing punctuation, and letters lost, doubled, swapped or mistaken. Spaces
// stay where they are.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Adds the mistakes of people who type quickly. */
public final class Noise {
  private static final int TYPO = 3;

  private Noise() {}

  /**
   * Returns a text with one to three kinds of careless typing.
   *
   * @param text what was meant; not null
   * @param kept parts that stay as they are; not null
   * @param draw the random choices; not null
   */
  public static String apply(String text, List<String> kept, Draw draw) {
    List<String> parts = parts(text, kept);
    int kinds = draw.between(1, 3);
    for (int k = 0; k < kinds; k++) {
      int kind = draw.below(5);
      if (kind >= TYPO) {
        // One letter a kind, however many values stand between the parts.
        int at = 2 * draw.below((parts.size() + 1) / 2);
        parts.set(at, typo(parts.get(at), draw));
        continue;
      }
      for (int i = 0; i < parts.size(); i += 2) {
        parts.set(i, change(parts.get(i), kind, i == parts.size() - 1));
      }
    }
    return String.join("", parts).strip();
  }

  // Even places may change, odd ones are kept.
  private static List<String> parts(String text, List<String> kept) {
    List<String> parts = new ArrayList<>();
    int at = 0;
    StringBuilder open = new StringBuilder();
    while (at < text.length()) {
      String found = null;
      for (String keep : kept) {
        if (!keep.isEmpty() && text.startsWith(keep, at) && (found == null || keep.length() > found.length())) {
          found = keep;
        }
      }
      if (found == null) {
        open.append(text.charAt(at++));
      } else {
        parts.add(open.toString());
        parts.add(found);
        open.setLength(0);
        at += found.length();
      }
    }
    parts.add(open.toString());
    return parts;
  }

  private static String change(String part, int kind, boolean last) {
    switch (kind) {
      case 0:
        return part.toLowerCase(Locale.ROOT);
      case 1:
        return last && !part.isEmpty() && ".?!".indexOf(part.charAt(part.length() - 1)) >= 0
            ? part.substring(0, part.length() - 1)
            : part;
      default:
        return part.replace(",", "").replace("'", "");
    }
  }

  private static String typo(String part, Draw draw) {
    List<Integer> places = new ArrayList<>();
    for (int i = 1; i + 1 < part.length(); i++) {
      if (Character.isLetter(part.charAt(i - 1)) && Character.isLetter(part.charAt(i)) && Character.isLetter(part.charAt(i + 1))) {
        places.add(i);
      }
    }
    if (places.isEmpty()) {
      return part;
    }
    int at = draw.pick(places);
    String before = part.substring(0, at);
    String after = part.substring(at + 1);
    char letter = part.charAt(at);
    return switch (draw.below(4)) {
      case 0 -> before + after;
      case 1 -> before + letter + letter + after;
      case 2 -> before + after.charAt(0) + letter + after.substring(1);
      default -> before + (char) ('a' + draw.below(26)) + after;
    };
  }
}
