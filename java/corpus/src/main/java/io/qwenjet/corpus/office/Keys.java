// SPDX-License-Identifier: Apache-2.0
// How a request names the keys that it wants: as words, quoted, on lines, as a form to fill.
package io.qwenjet.corpus.office;

import io.qwenjet.corpus.Draw;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

final class Keys {
  private Keys() {}

  /** Keys for fields, all in one style, no two the same. */
  static List<String> draw(List<Field> fields, Draw draw) {
    int style = draw.below(100);
    List<String> keys = new ArrayList<>();
    for (Field field : fields) {
      keys.add(
          draw.until(
              () -> styled(draw.chance(0.35) ? field.name() : draw.pick(field.keys()), style),
              key -> !keys.contains(key)));
    }
    return keys;
  }

  static String styled(String key, int style) {
    String[] words = key.split("_");
    if (style < 66) {
      return key;
    }
    if (style < 80) {
      StringBuilder camel = new StringBuilder(words[0]);
      for (int i = 1; i < words.length; i++) {
        camel.append(capital(words[i]));
      }
      return style < 77 ? camel.toString() : capital(camel.toString());
    }
    if (style < 92) {
      return String.join(" ", words);
    }
    if (style < 97) {
      return capital(String.join(" ", words));
    }
    return style == 97 ? key.toUpperCase(Locale.ROOT) : String.join("-", words);
  }

  /** "name, item and quantity", quoted or not. */
  static String listed(List<String> keys, Draw draw) {
    String quote = draw.pick("", "", "", "", "\"", "\"", "`", "'");
    List<String> words = keys.stream().map(key -> quote + key + quote).collect(Collectors.toList());
    if (words.size() == 1) {
      return words.get(0);
    }
    if (draw.chance(0.12)) {
      return "[" + String.join(", ", words) + "]";
    }
    String last = words.remove(words.size() - 1);
    return String.join(", ", words) + draw.pick(" and ", " and ", ", ", ", and ", ", ") + last;
  }

  /** "- name" on lines of their own. */
  static String lines(List<String> keys, Draw draw) {
    int mark = draw.below(4);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      lines.add((mark == 0 ? "- " : mark == 1 ? "* " : mark == 2 ? i + 1 + ". " : "") + keys.get(i));
    }
    return String.join("\n", lines);
  }

  /** {"name": ..., "item": ...} with one of the usual marks for what is open. */
  static String schema(List<String> keys, List<Boolean> numbers, Draw draw) {
    int mark = draw.below(6);
    List<String> members = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      String open =
          switch (mark) {
            case 0, 1 -> ": ...";
            case 2 -> numbers.get(i) ? ": 0" : ": \"\"";
            case 3 -> numbers.get(i) ? ": number" : ": string";
            case 4 -> ": \"...\"";
            default -> ": null";
          };
      members.add(Json.quoted(keys.get(i)) + open);
    }
    return "{" + String.join(", ", members) + "}";
  }

  /** "zub" for the name, "k2" for the item. */
  static String mapping(List<String> keys, List<String> meanings, Draw draw) {
    int form = draw.below(3);
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      parts.add(
          switch (form) {
            case 0 -> "\"" + keys.get(i) + "\" for the " + meanings.get(i);
            case 1 -> keys.get(i) + " = " + meanings.get(i);
            default -> keys.get(i) + " (the " + meanings.get(i) + ")";
          });
    }
    return form == 0 && parts.size() == 2 ? parts.get(0) + " and " + parts.get(1) : String.join(", ", parts);
  }

  private static String capital(String word) {
    return word.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }
}
