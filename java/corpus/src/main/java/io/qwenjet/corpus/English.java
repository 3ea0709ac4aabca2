// SPDX-License-Identifier: Apache-2.0
// The few inflections that sentences with drawn nouns need.
package io.qwenjet.corpus;

final class English {
  private English() {}

  /** The regular plural of a noun; of its last word when there are several. */
  static String plural(String noun) {
    if (noun.matches(".*(s|x|z|ch|sh)")) {
      return noun + "es";
    }
    return noun.matches(".*[^aeiou]y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
  }

  /** A text whose first letter is a capital. */
  static String capital(String text) {
    return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
