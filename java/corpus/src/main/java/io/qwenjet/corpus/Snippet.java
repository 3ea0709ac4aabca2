// SPDX-License-Identifier: Apache-2.0
// The closed set of small functions: each in Java and in Python, with what it does and with bugs that
// can be planted. Files in code/ hold them.
package io.qwenjet.corpus;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One function in one language.
 *
 * @param language "Java" or "Python"
 * @param name the function's name in the code
 * @param titles what people call it, such as "sum of a list"
 * @param does what it does, in the third person, such as "returns the sum of two numbers"
 * @param code the code, without a line break at the end
 * @param bugs replacements that break the code, each with what is right first
 * @param check an expression that is true of the right code; null for none
 */
record Snippet(
    String language,
    String name,
    List<String> titles,
    List<String> does,
    String code,
    List<Bug> bugs,
    String check) {
  private static final List<String> FILES = List.of("numbers", "lists", "texts", "programs");
  private static final Pattern PARAMETER = Pattern.compile("\\((?:[\\w\\[\\]]+ )?(\\w+)[,)]");

  /**
   * A planted mistake.
   *
   * @param right what stands in the code
   * @param wrong what stands there instead
   */
  record Bug(String right, String wrong) {}

  private static final class Holder {
    static final List<Snippet> ALL = readAll();
  }

  /** Returns every function in every language. */
  static List<Snippet> all() {
    return Holder.ALL;
  }

  /** Tells whether this is a whole program and no function. */
  boolean isProgram() {
    return !code.startsWith("static ") && !code.startsWith("def ");
  }

  /** Returns the name of the first parameter; null when there is none. */
  String firstParameter() {
    Matcher matcher = PARAMETER.matcher(code.lines().findFirst().orElse(""));
    return !isProgram() && matcher.find() ? matcher.group(1) : null;
  }

  /** Returns the code in a fence of its language. */
  static String fenced(String language, String code) {
    return "```" + language.toLowerCase(java.util.Locale.ROOT) + "\n" + code + "\n```";
  }

  /** Returns a code with another identifier in place of one; methods of that name, after a dot, stay. */
  static String renamed(String code, String from, String to) {
    return code.replaceAll("(?<![.\\w])" + Pattern.quote(from) + "\\b", Matcher.quoteReplacement(to));
  }

  private static List<Snippet> readAll() {
    List<Snippet> snippets = new ArrayList<>();
    for (String file : FILES) {
      for (String block : read(file).split("(?m)^== ")) {
        if (!block.startsWith("#") && !block.isBlank()) {
          snippets.add(parse(block, "Java", 0));
          snippets.add(parse(block, "Python", 1));
        }
      }
    }
    return List.copyOf(snippets);
  }

  private static Snippet parse(String block, String language, int which) {
    String low = language.toLowerCase(java.util.Locale.ROOT);
    List<String> titles = List.of();
    List<String> does = List.of();
    List<Bug> bugs = new ArrayList<>();
    StringBuilder code = new StringBuilder();
    String check = null;
    boolean inside = false;
    List<String> lines = block.lines().toList();
    for (String line : lines.subList(1, lines.size())) {
      if (line.startsWith("<")) {
        inside = line.equals("<" + low);
      } else if (line.startsWith("title: ")) {
        titles = List.of(line.substring(7).split(" \\| "));
      } else if (line.startsWith("does: ")) {
        does = List.of(line.substring(6).split(" \\| "));
      } else if (line.startsWith("bug")) {
        inside = false;
        if (line.startsWith("bug: ") || line.startsWith("bug " + low + ": ")) {
          String[] pair = line.substring(line.indexOf(": ") + 2).split(" => ");
          bugs.add(new Bug(pair[0], pair[1]));
        }
      } else if (line.startsWith("check")) {
        inside = false;
        check = line.startsWith("check " + low) ? line.substring(line.indexOf(": ") + 2) : check;
      } else if (inside) {
        code.append(line).append('\n');
      }
    }
    String name = lines.get(0).strip().split(" ")[which];
    return new Snippet(language, name, titles, does, code.toString().stripTrailing(), List.copyOf(bugs), check);
  }

  private static String read(String file) {
    try (InputStream stream = Snippet.class.getResourceAsStream("code/" + file + ".txt")) {
      if (stream == null) {
        throw new IllegalArgumentException("expected code/" + file + ".txt, got none");
      }
      return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))
          .lines()
          .collect(java.util.stream.Collectors.joining("\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
