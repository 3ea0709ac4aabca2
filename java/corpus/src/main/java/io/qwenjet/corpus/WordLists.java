// SPDX-License-Identifier: Apache-2.0
// The word lists in names/*.txt: sections in brackets, words between commas.
package io.qwenjet.corpus;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** One file of words; immutable. */
final class WordLists {
  static final WordLists FIRST = new WordLists("first");
  static final WordLists LAST = new WordLists("last");
  static final WordLists CITIES = new WordLists("cities");
  static final WordLists NOUNS = new WordLists("nouns");
  static final WordLists MODIFIERS = new WordLists("modifiers");
  static final WordLists TOOLS = new WordLists("tools");

  private final Map<String, List<String>> sections = new LinkedHashMap<>();
  private final List<String> all;
  private final Set<String> lowerCase = new LinkedHashSet<>();

  private WordLists(String name) {
    lines(name).forEach((section, lines) -> {
      Set<String> words = new LinkedHashSet<>();
      for (String line : lines) {
        words.addAll(List.of(line.strip().split("\\s*,\\s*")));
      }
      sections.put(section, List.copyOf(words));
    });
    Set<String> words = new LinkedHashSet<>();
    sections.values().forEach(words::addAll);
    all = List.copyOf(words);
    words.forEach(word -> lowerCase.add(word.toLowerCase(Locale.ROOT)));
  }

  List<String> all() {
    return all;
  }

  List<String> section(String name) {
    List<String> section = sections.get(name);
    if (section == null) {
      throw new IllegalArgumentException("expected one of the sections " + sections.keySet() + ", got " + name);
    }
    return section;
  }

  /** All words but those of some sections. */
  List<String> without(String... names) {
    List<String> left = new ArrayList<>(all);
    for (String name : names) {
      left.removeAll(section(name));
    }
    return List.copyOf(left);
  }

  List<List<String>> groups() {
    return List.copyOf(sections.values());
  }

  boolean has(String lowerCaseWord) {
    return lowerCase.contains(lowerCaseWord);
  }

  /** The lines of a file by section, without comments. */
  static Map<String, List<String>> lines(String name) {
    try (InputStream stream = WordLists.class.getResourceAsStream("names/" + name + ".txt")) {
      if (stream == null) {
        throw new IllegalArgumentException("expected a word list named " + name + ", got none");
      }
      Map<String, List<String>> result = new LinkedHashMap<>();
      List<String> open = null;
      BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (line.isBlank() || line.startsWith("#")) {
          continue;
        }
        if (line.startsWith("[")) {
          open = new ArrayList<>();
          result.put(line.substring(1, line.length() - 1), open);
        } else if (open == null) {
          throw new IllegalArgumentException(name + ": expected a [section] before \"" + line + "\"");
        } else {
          open.add(line);
        }
      }
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
