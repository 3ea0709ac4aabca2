// SPDX-License-Identifier: Apache-2.0
// English plurals of things: the last word changes, or the word before "of".
package io.qwenjet.corpus;

import java.util.Map;

/** Forms plurals. */
final class Plurals {
  private static final Map<String, String> IRREGULAR =
      Map.ofEntries(
          Map.entry("knife", "knives"), Map.entry("shelf", "shelves"), Map.entry("bookshelf", "bookshelves"),
          Map.entry("loaf", "loaves"), Map.entry("scarf", "scarves"), Map.entry("wolf", "wolves"), Map.entry("mouse", "mice"),
          Map.entry("goose", "geese"), Map.entry("sheep", "sheep"), Map.entry("deer", "deer"), Map.entry("dice", "dice"),
          Map.entry("potato", "potatoes"), Map.entry("tomato", "tomatoes"), Map.entry("mango", "mangoes"), Map.entry("gallows", "gallows"),
          Map.entry("toothbrush", "toothbrushes"), Map.entry("bellows", "bellows"), Map.entry("child", "children"), Map.entry("ox", "oxen"));

  private Plurals() {}

  static String of(String item) {
    int of = item.indexOf(" of ");
    if (of > 0) {
      return of(item.substring(0, of)) + item.substring(of);
    }
    int two = item.indexOf(" for ");
    if (two > 0) {
      return of(item.substring(0, two)) + item.substring(two);
    }
    int space = item.lastIndexOf(' ');
    String last = item.substring(space + 1);
    String known = IRREGULAR.get(last);
    if (known != null) {
      return item.substring(0, space + 1) + known;
    }
    char end = last.charAt(last.length() - 1);
    boolean afterConsonant = last.length() > 1 && "aeiou".indexOf(last.charAt(last.length() - 2)) < 0;
    if (end == 'y' && afterConsonant) {
      return item.substring(0, item.length() - 1) + "ies";
    }
    return item + (end == 's' || end == 'x' || end == 'z' || last.endsWith("ch") || last.endsWith("sh") ? "es" : "s");
  }

  /** Tells whether a word may be the plural of a listed one. */
  static boolean isPluralIn(String lower, WordLists list) {
    return lower.endsWith("s") && list.has(lower.substring(0, lower.length() - 1))
        || lower.endsWith("es") && list.has(lower.substring(0, lower.length() - 2))
        || lower.endsWith("ies") && list.has(lower.substring(0, lower.length() - 3) + "y");
  }
}
