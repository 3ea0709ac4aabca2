// SPDX-License-Identifier: Apache-2.0
// Careless typing: lower case, missing punctuation, missing spaces, and letters lost, doubled, swapped or
// mistaken.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Adds the mistakes of people who type quickly. */
public final class Noise {
  private static final int SPACES = 3;
  private static final int TYPO = 4;
  private static final int KINDS = 6;
  private static final int MAX_SPACES = 3;
  // Operands, lists of them and dates. Longer runs of digits are codes, which could go on with a letter.
  private static final Pattern NUMBER = Pattern.compile("\\d{1,4}([ ,.;]+\\d{1,4})*|\\d{4}-\\d\\d-\\d\\d");

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
      int kind = draw.below(KINDS);
      if (kind >= TYPO) {
        // One letter a kind, however many values stand between the parts.
        int at = 2 * draw.below((parts.size() + 1) / 2);
        parts.set(at, typo(parts.get(at), draw));
        continue;
      }
      if (kind == SPACES) {
        joinWords(parts, draw);
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

  private record Place(int part, int at) {}

  private static void joinWords(List<String> parts, Draw draw) {
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < parts.size(); i += 2) {
      String part = parts.get(i);
      for (int at = part.indexOf(' '); at >= 0; at = part.indexOf(' ', at + 1)) {
        char left = at > 0 ? part.charAt(at - 1) : edge(parts, i - 1);
        char right = at + 1 < part.length() ? part.charAt(at + 1) : edge(parts, i + 1);
        if (isReadable(left, right)) {
          places.add(new Place(i, at));
        }
      }
    }
    if (places.isEmpty()) {
      return;
    }
    List<Place> lost = new ArrayList<>(draw.some(places, draw.between(1, Math.min(MAX_SPACES, places.size()))));
    // From the back, so that the places before stay where they are.
    lost.sort(Comparator.comparingInt(Place::at).reversed());
    for (Place place : lost) {
      String part = parts.get(place.part());
      parts.set(place.part(), part.substring(0, place.at()) + part.substring(place.at() + 1));
    }
  }

  // A number ends where a letter stands beside it; a name or a code would take that in.
  private static char edge(List<String> parts, int kept) {
    return kept > 0 && kept < parts.size() && NUMBER.matcher(parts.get(kept)).matches() ? '0' : ' ';
  }

  // No two digits and no full stop or comma before one may meet: 9. 5 is not 9.5.
  private static boolean isReadable(char left, char right) {
    if (Character.isDigit(left)) {
      return Character.isLetter(right) || "+*/=".indexOf(right) >= 0;
    }
    if (Character.isDigit(right)) {
      return Character.isLetter(left) || ":;!?+*/=".indexOf(left) >= 0;
    }
    return Character.isLetter(right) && (Character.isLetter(left) || ",.:;!?".indexOf(left) >= 0);
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
