// SPDX-License-Identifier: Apache-2.0
// Phrases from data files. A file has rules, a line each alternative:
//
//   [request]
//   {polite}what is {a} plus {b}?
//   3* add {a} and {b}
//   [polite]
//   -
//   please{_}
//
// {name} is a rule of the file or else a value that the caller gives. "3*" weighs an alternative,
// a lone "-" is the empty one, {_} a space at an end, {nl} a line break. Lines from # on are comments.
// "@forms.noun|the sun|up" stands for all alternatives of the rule noun in forms.txt with {1} and {2} as
// these words, {^1} as the first with a capital letter, {-1} as the first without a leading "the".
// A line "< other" takes in the rules of another file.
// {ask@city} is the rule ask with the topic city: in it, {@.it} is the rule city.it.
package io.qwenjet.corpus;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The rules of one data file; immutable. */
public final class Grammar {
  private static final Map<String, Grammar> CACHE = new ConcurrentHashMap<>();
  private static final int MAX_DEPTH = 32;

  private record Rule(List<String> alternatives, int[] cumulative) {}

  /**
   * A text made from a rule.
   *
   * @param text with the values in it
   * @param skeleton with {name} where a value stands
   */
  public record Expansion(String text, String skeleton) {}

  private final String name;
  private final Map<String, Rule> rules;

  private Grammar(String name, Map<String, Rule> rules) {
    this.name = name;
    this.rules = rules;
  }

  /**
   * Returns the grammar in {@code grammar/NAME.txt} beside this class.
   *
   * @throws IllegalArgumentException when there is none or a line is out of place
   */
  public static Grammar load(String name) {
    return CACHE.computeIfAbsent(name, Grammar::read);
  }

  /** Tells whether there is such a rule. */
  public boolean has(String rule) {
    return rules.containsKey(rule);
  }

  /** The names of all rules in the file's order. */
  public List<String> rules() {
    return List.copyOf(rules.keySet());
  }

  /** The alternatives of a rule as the file has them, in its order. */
  public List<String> alternatives(String rule) {
    return rule(rule).alternatives();
  }

  /**
   * Makes a text from a rule.
   *
   * @param rule the rule's name
   * @param draw the random choices
   * @param values texts for the names that are not rules
   * @return the text, and its skeleton
   */
  public Expansion expand(String rule, Draw draw, Map<String, String> values) {
    StringBuilder text = new StringBuilder();
    StringBuilder skeleton = new StringBuilder();
    expand(rule, "", draw, values, text, skeleton, 0);
    return new Expansion(text.toString(), skeleton.toString());
  }

  /** Makes a text from a rule without values. */
  public String phrase(String rule, Draw draw) {
    return expand(rule, draw, Map.of()).text();
  }

  private void expand(
      String rule,
      String topic,
      Draw draw,
      Map<String, String> values,
      StringBuilder text,
      StringBuilder skeleton,
      int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException(name + ": rule " + rule + " is nested deeper than " + MAX_DEPTH);
    }
    Rule found = rule(rule);
    int[] cumulative = found.cumulative();
    int ticket = draw.below(cumulative[cumulative.length - 1]);
    int chosen = 0;
    while (cumulative[chosen] <= ticket) {
      chosen++;
    }
    String alternative = found.alternatives().get(chosen);
    int at = 0;
    while (at < alternative.length()) {
      int open = alternative.indexOf('{', at);
      int close = open < 0 ? -1 : alternative.indexOf('}', open);
      if (close < 0) {
        text.append(alternative, at, alternative.length());
        skeleton.append(alternative, at, alternative.length());
        return;
      }
      text.append(alternative, at, open);
      skeleton.append(alternative, at, open);
      String inner = alternative.substring(open + 1, close);
      String value = inner.equals("_") ? " " : inner.equals("nl") ? "\n" : null;
      if (value != null) {
        text.append(value);
        skeleton.append(value);
      } else if (values.containsKey(inner)) {
        text.append(values.get(inner));
        skeleton.append('{').append(inner).append('}');
      } else {
        String wanted = inner.startsWith("@") ? topic + inner.substring(1) : inner;
        int sign = wanted.indexOf('@');
        String inside = sign < 0 ? topic : wanted.substring(sign + 1);
        expand(sign < 0 ? wanted : wanted.substring(0, sign), inside, draw, values, text, skeleton, depth + 1);
      }
      at = close + 1;
    }
  }

  private Rule rule(String rule) {
    Rule found = rules.get(rule);
    if (found == null) {
      throw new IllegalArgumentException(name + ": expected a rule or a value named " + rule + ", got none");
    }
    return found;
  }

  // A form with words in the places {1}, {^1} and {-1}. A value's name gets the capital letter itself.
  private static String filled(String form, String[] words) {
    String text = form;
    for (int i = 1; i < words.length; i++) {
      String word = words[i];
      String capital = word.startsWith("{") ? "{" + Words.capital(word.substring(1)) : Words.capital(word);
      String bare = word.startsWith("the ") ? word.substring(4) : word;
      text = text.replace("{" + i + "}", word).replace("{^" + i + "}", capital).replace("{-" + i + "}", bare);
    }
    return text;
  }

  private static Grammar read(String name) {
    try (InputStream stream = Grammar.class.getResourceAsStream("grammar/" + name + ".txt")) {
      if (stream == null) {
        throw new IllegalArgumentException("expected a grammar named " + name + ", got none");
      }
      Map<String, List<String>> alternatives = new LinkedHashMap<>();
      Map<String, List<Integer>> weights = new LinkedHashMap<>();
      String rule = null;
      List<Grammar> taken = new ArrayList<>();
      BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (line.isBlank() || line.startsWith("#")) {
          continue;
        }
        if (line.startsWith("< ")) {
          taken.add(read(line.substring(2)));
          continue;
        }
        if (line.startsWith("[") && line.endsWith("]")) {
          rule = line.substring(1, line.length() - 1);
          if (alternatives.put(rule, new ArrayList<>()) != null) {
            throw new IllegalArgumentException(name + ": rule " + rule + " is there twice");
          }
          weights.put(rule, new ArrayList<>());
          continue;
        }
        if (rule == null) {
          throw new IllegalArgumentException(name + ": expected a [rule] before \"" + line + "\"");
        }
        int weight = 1;
        int star = line.indexOf("* ");
        if (star > 0 && line.substring(0, star).chars().allMatch(Character::isDigit)) {
          weight = Integer.parseInt(line.substring(0, star));
          line = line.substring(star + 2);
        }
        if (line.matches("@[a-z_]+\\.[a-z_]+\\|.*")) {
          String[] words = line.substring(1).split("\\|");
          int dot = words[0].indexOf('.');
          // Not from the cache, which this may be filling.
          Rule forms = read(words[0].substring(0, dot)).rule(words[0].substring(dot + 1));
          for (int i = 0; i < forms.cumulative().length; i++) {
            alternatives.get(rule).add(filled(forms.alternatives().get(i), words));
            weights.get(rule).add(weight * (forms.cumulative()[i] - (i == 0 ? 0 : forms.cumulative()[i - 1])));
          }
          continue;
        }
        alternatives.get(rule).add(line.equals("-") ? "" : line);
        weights.get(rule).add(weight);
      }
      Map<String, Rule> rules = new LinkedHashMap<>();
      for (Map.Entry<String, List<String>> entry : alternatives.entrySet()) {
        List<Integer> each = weights.get(entry.getKey());
        if (each.isEmpty()) {
          throw new IllegalArgumentException(name + ": rule " + entry.getKey() + " has no alternatives");
        }
        int[] cumulative = new int[each.size()];
        int sum = 0;
        for (int i = 0; i < cumulative.length; i++) {
          sum += each.get(i);
          cumulative[i] = sum;
        }
        rules.put(entry.getKey(), new Rule(List.copyOf(entry.getValue()), cumulative));
      }
      taken.forEach(other -> other.rules.forEach(rules::putIfAbsent));
      return new Grammar(name, rules);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
