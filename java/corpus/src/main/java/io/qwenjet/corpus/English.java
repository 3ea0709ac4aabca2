// SPDX-License-Identifier: Apache-2.0
// The few inflections that sentences with drawn nouns need.
package io.qwenjet.corpus;

final class English {
  private English() {}

  /** A noun after "a" or "an", by its first letter. */
  static String article(String noun) {
    return ("aeiouAEIOU".indexOf(noun.charAt(0)) >= 0 ? "an " : "a ") + noun;
  }
}
