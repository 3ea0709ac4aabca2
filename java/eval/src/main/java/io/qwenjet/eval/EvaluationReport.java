// SPDX-License-Identifier: Apache-2.0
// Adds up scored items: a figure a family, their mean, and what is looked at beside them.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The scores of a model. Immutable. */
public final class EvaluationReport {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int POSITION_STEP = 256;

  /**
   * Right ones out of all.
   *
   * @param n all
   * @param correct right ones
   */
  public record Count(int n, int correct) {
    /** The share of right ones, 0 to 1; 0 where there are none at all. */
    public double share() {
      return n == 0 ? 0 : (double) correct / n;
    }

    private Count plus(boolean isCorrect) {
      return new Count(n + 1, correct + (isCorrect ? 1 : 0));
    }
  }

  private final List<String> families;
  private final List<Scored> scored;
  private final double seconds;

  EvaluationReport(List<String> families, List<Scored> scored, double seconds) {
    this.families = List.copyOf(families);
    this.scored = List.copyOf(scored);
    this.seconds = seconds;
  }

  /** The figures of the families, in their order. */
  public Map<String, Count> families() {
    Map<String, Count> counts = new LinkedHashMap<>();
    families.forEach(family -> counts.put(family, count(each -> each.group().equals(family))));
    return counts;
  }

  /** The mean of the families' shares, 0 to 1. */
  public double overall() {
    return families().values().stream().mapToDouble(Count::share).average().orElse(0);
  }

  /** Figures beside the score that count right answers; those without items are left out. */
  public Map<String, Count> beside() {
    Map<String, Count> counts = new LinkedHashMap<>();
    for (String group :
        List.of(
            NanoEvaluation.SEEN,
            NanoEvaluation.HELD_OUT,
            NanoEvaluation.NOISY,
            NanoEvaluation.NO_THINK,
            NanoEvaluation.FIRST_CONTACT)) {
      counts.put(group, count(each -> each.group().equals(group)));
    }
    counts.put(
        "out_of_range_sums",
        count(each -> inFamilies(each) && "out_of_range_sum".equals(each.item().tag())));
    counts.values().removeIf(count -> count.n() == 0);
    return counts;
  }

  /** Figures beside the score that count mistakes: how many, out of how many that could have it. */
  public Map<String, Count> mistakes() {
    Map<String, Count> counts = new LinkedHashMap<>();
    counts.put(
        "unfinished_or_looping", mistakes(this::inFamilies, Scored::isUnfinishedOrLooping));
    counts.put(
        "false_refusals",
        mistakes(
            each -> inFamilies(each) && !each.item().check().takesRefusal(),
            Scored::isFalseRefusal));
    counts.put(
        "answers_where_refusal_was_due",
        mistakes(
            each -> inFamilies(each) && each.item().check().expectsRefusal(),
            each -> !each.verdict().correct() && !RefusalCheck.declines(each.answer().text())));
    return counts;
  }

  /** Values of structured answers, by their kind. */
  public Map<String, Count> fields() {
    return fieldsBy(Verdict.Field::kind);
  }

  /** Names, things and codes of structured answers, by where they come from. */
  public Map<String, Count> names() {
    return fieldsBy(Verdict.Field::origin);
  }

  private Map<String, Count> fieldsBy(Function<Verdict.Field, String> group) {
    Map<String, Count> counts = new java.util.TreeMap<>();
    scored.stream()
        .filter(this::inFamilies)
        .flatMap(each -> each.verdict().fields().stream())
        .filter(field -> group.apply(field) != null)
        .forEach(
            field ->
                counts.merge(
                    group.apply(field),
                    new Count(0, 0).plus(field.correct()),
                    (a, b) -> new Count(a.n() + b.n(), a.correct() + b.correct())));
    return counts;
  }

  /** The same items behind earlier turns, by the position at which the answer begins. */
  public Map<String, Count> positions() {
    Map<Integer, Count> counts = new java.util.TreeMap<>();
    group(NanoEvaluation.POSITION)
        .forEach(
            each ->
                counts.merge(
                    each.promptTokens() / POSITION_STEP,
                    new Count(0, 0).plus(each.verdict().correct()),
                    (a, b) -> new Count(a.n() + b.n(), a.correct() + b.correct())));
    Map<String, Count> named = new LinkedHashMap<>();
    counts.forEach(
        (step, count) ->
            named.put(
                step * POSITION_STEP + "-" + ((step + 1) * POSITION_STEP - 1), count));
    return named;
  }

  /** Tokens that the model made. */
  public long completionTokens() {
    return scored.stream().mapToLong(Scored::completionTokens).sum();
  }

  /** How long it took. */
  public double seconds() {
    return seconds;
  }

  /** The items that are wrong, in their order. */
  public List<Scored> failures() {
    return scored.stream().filter(each -> !each.verdict().correct()).toList();
  }

  /**
   * Returns everything as one line of JSON: {"families": {NAME: {"n", "correct"}}, "overall", "beside":
   * {...}}; overall is 0 to 1.
   */
  public String toJson() {
    ObjectNode json = MAPPER.createObjectNode();
    put(json.putObject("families"), families(), "correct");
    json.put("overall", Math.round(overall() * 1e4) / 1e4);
    ObjectNode beside = json.putObject("beside");
    put(beside, beside(), "correct");
    put(beside, mistakes(), "count");
    put(beside.putObject("fields"), fields(), "correct");
    put(beside.putObject("names"), names(), "correct");
    put(beside.putObject("position"), positions(), "correct");
    beside.put("seconds", Math.round(seconds * 10) / 10.0);
    beside.put("completion_tokens", completionTokens());
    return json.toString();
  }

  /** Returns everything as a table for people. */
  public String toTable() {
    StringBuilder table = new StringBuilder();
    table.append(String.format(Locale.ROOT, "%-32s %6s %8s %8s%n", "family", "n", "correct", "%"));
    families().forEach((name, count) -> row(table, name, count));
    table.append(String.format(Locale.ROOT, "%-48s %8.1f%n", "overall", 100 * overall()));
    section(table, "beside", beside());
    section(table, "fields by kind of value", fields());
    section(table, "names in fields by origin", names());
    section(table, "by position of the answer", positions());
    section(table, "mistakes", mistakes());
    return table.toString();
  }

  private static void section(StringBuilder table, String title, Map<String, Count> counts) {
    if (!counts.isEmpty()) {
      table.append(String.format("%n%s%n", title));
      counts.forEach((name, count) -> row(table, name, count));
    }
  }

  private static void row(StringBuilder table, String name, Count count) {
    table.append(
        String.format(
            Locale.ROOT,
            "%-32s %6d %8d %8.1f%n",
            name,
            count.n(),
            count.correct(),
            100 * count.share()));
  }

  private static void put(ObjectNode into, Map<String, Count> counts, String what) {
    counts.forEach(
        (name, count) -> into.putObject(name).put("n", count.n()).put(what, count.correct()));
  }

  private Count count(Predicate<Scored> which) {
    Count count = new Count(0, 0);
    for (Scored each : scored) {
      if (which.test(each)) {
        count = count.plus(each.verdict().correct());
      }
    }
    return count;
  }

  private Count mistakes(Predicate<Scored> which, Predicate<Scored> isMistake) {
    Count count = new Count(0, 0);
    for (Scored each : scored) {
      if (which.test(each)) {
        count = count.plus(isMistake.test(each));
      }
    }
    return count;
  }

  private boolean inFamilies(Scored each) {
    return families.contains(each.group());
  }

  private Stream<Scored> group(String name) {
    return scored.stream().filter(each -> each.group().equals(name));
  }
}
