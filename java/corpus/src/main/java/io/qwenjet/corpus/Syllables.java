// SPDX-License-Identifier: Apache-2.0
// New words from the syllable patterns of many languages (names/syllables.txt) and from plain random letters.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Makes invented words in lower case. */
final class Syllables {
  private record Pattern(
      List<String> onsets, List<String> vowels, List<String> codas, List<String> endings, int low, int high) {}

  private static final List<Pattern> PATTERNS = read();
  // Plain letters, often with the frequencies of no language at all.
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";
  private static final String ACCENTED = "áàâäãåāăąæçćčďđéèêëēęěğíìîïıłñńňóòôöõøőœřśşšșťțúùûüůűūýźżžßþð";
  private static final String PLAIN = "aaaaaaaaaacccddeeeeeeegiiiiilnnnoooooooorssssttuuuuuuuyzzzstd";

  private static final int MAX_LENGTH = 12;

  private Syllables() {}

  static String word(Draw draw) {
    return draw.until(() -> attempt(draw), word -> word.length() <= MAX_LENGTH);
  }

  private static String attempt(Draw draw) {
    Pattern pattern = draw.pick(PATTERNS);
    StringBuilder word = new StringBuilder();
    int count = draw.between(pattern.low(), pattern.high());
    for (int i = 0; i < count; i++) {
      word.append(part(pattern.onsets(), draw)).append(part(pattern.vowels(), draw));
      if (i + 1 < count) {
        word.append(part(pattern.codas(), draw));
      }
    }
    if (!pattern.endings().equals(List.of("-"))) {
      String ending = part(pattern.endings(), draw);
      boolean twoVowels = !ending.isEmpty() && isVowel(ending.charAt(0)) && isVowel(word.charAt(word.length() - 1));
      if (twoVowels) {
        word.append(part(pattern.onsets(), draw));
      }
      word.append(ending);
    } else {
      word.append(part(pattern.codas(), draw));
    }
    return word.length() < 2 ? word + "n" : word.toString();
  }

  private static String part(List<String> from, Draw draw) {
    String part = draw.pick(from);
    return part.equals("-") ? "" : part;
  }

  static boolean isVowel(char letter) {
    return "aeiouyáàâäãåāăąæéèêëēęěíìîïıóòôöõøőœúùûüůűūý".indexOf(Character.toLowerCase(letter)) >= 0;
  }

  /** Random letters that no syllable pattern makes: long runs of consonants. */
  static String random(Draw draw) {
    return draw.until(() -> letters(draw, draw.between(4, 9)), Syllables::looksRandom);
  }

  private static String letters(Draw draw, int length) {
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < length; i++) {
      word.append(LETTERS.charAt(draw.below(LETTERS.length())));
    }
    return word.toString();
  }

  /** Tells whether a word has four consonants in a row or three vowels of no usual order. */
  static boolean looksRandom(String word) {
    int run = 0;
    for (char letter : word.toLowerCase(Locale.ROOT).toCharArray()) {
      run = Character.isLetter(letter) && !isVowel(letter) ? run + 1 : 0;
      if (run >= 4) {
        return true;
      }
    }
    return false;
  }

  /** Gives one or two letters of a word an accent. */
  static String accented(String word, Draw draw) {
    StringBuilder result = new StringBuilder(word);
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < word.length(); i++) {
      if (Character.isLowerCase(word.charAt(i))) {
        places.add(i);
      }
    }
    if (places.isEmpty()) {
      return word;
    }
    for (int i = draw.between(1, 2); i > 0; i--) {
      int at = draw.pick(places);
      char accent = ACCENTED.charAt(draw.below(ACCENTED.length()));
      String plain = java.text.Normalizer.normalize(String.valueOf(accent), java.text.Normalizer.Form.NFD);
      // An accent on its own letter where there is one; otherwise any rare letter in its place.
      if (plain.charAt(0) == word.charAt(at) || draw.chance(0.2) || PLAIN.indexOf(word.charAt(at)) < 0) {
        result.setCharAt(at, accent);
      } else {
        result.setCharAt(at, draw.until(() -> ACCENTED.charAt(draw.below(ACCENTED.length())), c -> isVowel(c) == isVowel(word.charAt(at))));
      }
    }
    return result.toString();
  }

  private static List<Pattern> read() {
    List<Pattern> patterns = new ArrayList<>();
    WordLists.lines("syllables").forEach((language, lines) -> {
      String[] columns = String.join(" ", lines).split("\\|");
      if (columns.length != 6) {
        throw new IllegalArgumentException(language + ": expected 6 columns, got " + columns.length);
      }
      patterns.add(
          new Pattern(
              words(columns[0]),
              words(columns[1]),
              words(columns[2]),
              words(columns[3]),
              Integer.parseInt(columns[4].strip()),
              Integer.parseInt(columns[5].strip())));
    });
    return List.copyOf(patterns);
  }

  private static List<String> words(String column) {
    return List.of(column.strip().split("\\s+"));
  }
}
