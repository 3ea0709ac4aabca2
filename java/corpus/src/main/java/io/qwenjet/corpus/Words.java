// SPDX-License-Identifier: Apache-2.0
// English articles and plurals of nouns that are not known beforehand.
package io.qwenjet.corpus;

import java.util.List;

final class Words {
  private static final List<String> CONSONANT_SOUNDS = List.of("uni", "use", "eu", "one", "once", "uk");
  private static final List<String> VOWEL_SOUNDS = List.of("hour", "honest", "heir");

  private Words() {}

  /** Returns the noun after "a" or "an". */
  static String withArticle(String noun) {
    return (startsWithVowelSound(noun) ? "an " : "a ") + noun;
  }

  /** Returns the plural of a singular noun, by the regular rules. */
  static String plural(String noun) {
    if (noun.matches(".*(s|x|z|ch|sh)$")) {
      return noun + "es";
    }
    if (noun.matches(".*[^aeiou]y$")) {
      return noun.substring(0, noun.length() - 1) + "ies";
    }
    return noun + "s";
  }

  /** Returns the text with its first letter in upper case. */
  static String capital(String text) {
    return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private static boolean startsWithVowelSound(String noun) {
    String low = noun.toLowerCase(java.util.Locale.ROOT);
    if (VOWEL_SOUNDS.stream().anyMatch(low::startsWith)) {
      return true;
    }
    return !low.isEmpty()
        && "aeiouáéíóúäöüàèåæø".indexOf(low.charAt(0)) >= 0
        && CONSONANT_SOUNDS.stream().noneMatch(low::startsWith);
  }
}
