// SPDX-License-Identifier: Apache-2.0
// Rules that a line must pass, each with a name and a threshold of the recipe. In the manner of the
// published rule sets (Rae et al., arXiv 2112.11446, appendix A; Raffel et al., arXiv 1910.10683,
// section 2.2), with rules for conversations added.
package io.qwenjet.train.data;

import io.qwenjet.train.tokenizer.BpeModel;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Quality rules with their thresholds. Immutable and safe for many threads. */
public final class QualityRules {
  private static final Set<String> ROLES = Set.of("system", "user", "assistant", "tool");

  private final Map<String, Double> thresholds;

  private QualityRules(Map<String, Double> thresholds) {
    this.thresholds = thresholds;
  }

  /** The default thresholds by rule, in the order in which rules are asked. */
  public static Map<String, Double> defaults() {
    Map<String, Double> rules = new LinkedHashMap<>();
    rules.put("unknown_roles", 0.0);
    rules.put("empty_messages", 0.0);
    rules.put("no_final_answer", 0.0);
    rules.put("added_tokens", 0.0);
    rules.put("min_chars", 2.0);
    rules.put("max_chars", 20_000.0);
    rules.put("control_characters", 0.0);
    rules.put("replacement_characters", 0.0);
    rules.put("max_symbol_share", 0.6);
    rules.put("max_char_run", 64.0);
    rules.put("max_word_chars", 200.0);
    rules.put("max_repeated_line_share", 0.5);
    rules.put("max_repeated_4gram_share", 0.6);
    return rules;
  }

  /**
   * Returns the default rules with some thresholds changed.
   *
   * @param changed thresholds by rule; a negative one switches its rule off
   * @throws IllegalArgumentException if there is no rule of a name
   */
  public static QualityRules with(Map<String, Double> changed) {
    Map<String, Double> thresholds = defaults();
    changed.forEach(
        (name, threshold) -> {
          if (!thresholds.containsKey(name)) {
            throw new IllegalArgumentException(
                "expected a rule of " + thresholds.keySet() + ", got " + name);
          }
          thresholds.put(name, threshold);
        });
    return new QualityRules(thresholds);
  }

  /** Returns the thresholds by rule. */
  public Map<String, Double> thresholds() {
    return new TreeMap<>(thresholds);
  }

  /** Returns the name of the first rule that a line breaks, or null. */
  public String broken(CorpusLine line) {
    String text = textOf(line);
    for (Map.Entry<String, Double> rule : thresholds.entrySet()) {
      double limit = rule.getValue();
      if (limit >= 0 && breaks(rule.getKey(), limit, line, text)) {
        return rule.getKey();
      }
    }
    return null;
  }

  /** All that is said in a line, a message a line. */
  static String textOf(CorpusLine line) {
    if (line.text() != null) {
      return line.text();
    }
    StringBuilder text = new StringBuilder();
    for (Map<String, Object> message : line.messages()) {
      String reasoning = CorpusLine.textOf(message, "reasoning_content");
      text.append(reasoning == null ? "" : reasoning + "\n").append(message.get("content"));
      text.append('\n');
    }
    return text.toString();
  }

  private static boolean breaks(String rule, double limit, CorpusLine line, String text) {
    return switch (rule) {
      case "unknown_roles" ->
          count(line.messages(), m -> !ROLES.contains(String.valueOf(m.get("role")))) > limit;
      case "empty_messages" -> count(line.messages(), QualityRules::isEmpty) > limit;
      case "no_final_answer" ->
          line.text() == null
              && !"assistant".equals(line.messages().get(line.messages().size() - 1).get("role"));
      case "added_tokens" -> addedTokens(text) > limit;
      case "min_chars" -> text.strip().length() < limit;
      case "max_chars" -> text.length() > limit;
      case "control_characters" -> text.chars().filter(QualityRules::isControl).count() > limit;
      case "replacement_characters" -> text.chars().filter(c -> c == 0xFFFD).count() > limit;
      case "max_symbol_share" -> symbolShare(text) > limit;
      case "max_char_run" -> longestRun(text) > limit;
      case "max_word_chars" -> longestWord(text) > limit;
      case "max_repeated_line_share" -> repeatedShare(List.of(text.strip().split("\n")), 1, 8) > limit;
      case "max_repeated_4gram_share" ->
          repeatedShare(List.of(text.strip().split("\\s+")), 4, 24) > limit;
      default -> throw new IllegalStateException(rule);
    };
  }

  private static long count(
      List<Map<String, Object>> messages,
      java.util.function.Predicate<Map<String, Object>> predicate) {
    return messages.stream().filter(predicate).count();
  }

  private static boolean isEmpty(Map<String, Object> message) {
    boolean calls = message.get("tool_calls") instanceof List<?> list && !list.isEmpty();
    return String.valueOf(message.get("content")).isBlank()
        && !calls
        && !"tool".equals(message.get("role"));
  }

  /** Tokens of the chat format written out; thinking and tool calls are for the template to write. */
  private static long addedTokens(String text) {
    return BpeModel.QWEN3_TOKENS.stream()
        .filter(token -> !token.text().endsWith("think>"))
        .filter(token -> text.contains(token.text()))
        .count();
  }

  private static boolean isControl(int c) {
    return Character.getType(c) == Character.CONTROL && c != '\n' && c != '\t' && c != '\r';
  }

  private static double symbolShare(String text) {
    int symbols = 0;
    int visible = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isWhitespace(c)) {
        visible++;
        symbols += Character.isLetterOrDigit(c) || Character.isSurrogate(c) ? 0 : 1;
      }
    }
    // A sum such as "12+30=" is half symbols, and short: the share means little there.
    return visible < 24 ? 0 : (double) symbols / visible;
  }

  private static int longestRun(String text) {
    int longest = 0;
    int run = 0;
    for (int i = 0; i < text.length(); i++) {
      run = i > 0 && text.charAt(i) == text.charAt(i - 1) ? run + 1 : 1;
      longest = Math.max(longest, run);
    }
    return longest;
  }

  private static int longestWord(String text) {
    int longest = 0;
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length()
          || Character.isWhitespace(text.charAt(i))
          || Character.isIdeographic(text.charAt(i))) {
        longest = Math.max(longest, i - start);
        start = i + 1;
      }
    }
    return longest;
  }

  /** Share of n-grams that occur a second time or more; 0 for fewer than {@code least} items. */
  private static double repeatedShare(List<String> items, int n, int least) {
    int total = items.size() - n + 1;
    if (items.size() < least) {
      return 0;
    }
    Map<List<String>, Integer> counts = new HashMap<>();
    int repeated = 0;
    for (int i = 0; i < total; i++) {
      repeated += counts.merge(items.subList(i, i + n), 1, Integer::sum) > 1 ? 1 : 0;
    }
    return (double) repeated / total;
  }
}
