// SPDX-License-Identifier: Apache-2.0
// Turns a request's sampling parameters into a plan: fills what is unset, checks every range, and
// says which field was wrong.
package io.qwenjet.engine;

import io.qwenjet.engine.sampling.SamplingPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

final class SamplingResolver {
  static final int DEFAULT_MAX_TOKENS = 1024;
  private static final double MAX_BIAS = 100;

  private SamplingResolver() {}

  /**
   * What the values are checked against.
   *
   * @param vocabSize rows of logits
   * @param contextLeft tokens that the context leaves after the prompt, at least 1
   * @param maxSequences the most choices that can run
   * @param eosIds tokens that end an answer unless ignored
   */
  record Limits(int vocabSize, int contextLeft, int maxSequences, List<Integer> eosIds) {}

  /**
   * Resolves parameters.
   *
   * @param tokenize turns a bad word into tokens
   */
  static SamplingPlan resolve(
      SamplingParameters p,
      GenerationDefaults defaults,
      Limits limits,
      Function<String, int[]> tokenize) {
    var plan = new SamplingPlan.Builder();
    plan.vocabSize = limits.vocabSize();
    plan.temperature = first(p.temperature(), defaults.temperature(), 0.0);
    range("temperature", plan.temperature, 0, Double.MAX_VALUE, "0 or more");
    plan.topP = first(p.topP(), defaults.topP(), 1.0);
    Require.that(plan.topP > 0 && plan.topP <= 1, "topP", "above 0 and at most 1", plan.topP);
    plan.topK = first(p.topK(), defaults.topK(), 0);
    Require.that(plan.topK >= -1, "topK", "1 or more, or 0 or -1 for off", plan.topK);
    plan.minP = first(p.minP(), defaults.minP(), 0.0);
    range("minP", plan.minP, 0, 1, "0 to 1");
    plan.repetitionPenalty = first(p.repetitionPenalty(), defaults.repetitionPenalty(), 1.0);
    Require.that(
        plan.repetitionPenalty > 0 && plan.repetitionPenalty <= Float.MAX_VALUE,
        "repetitionPenalty",
        "above 0",
        plan.repetitionPenalty);
    plan.presencePenalty = first(p.presencePenalty(), null, 0.0);
    range("presencePenalty", plan.presencePenalty, -2, 2, "-2 to 2");
    plan.frequencyPenalty = first(p.frequencyPenalty(), null, 0.0);
    range("frequencyPenalty", plan.frequencyPenalty, -2, 2, "-2 to 2");
    plan.logitBias = bias(p.logitBias(), limits.vocabSize());
    plan.allowedMask = mask(p.allowedTokenIds(), limits.vocabSize());
    plan.badWords = badWords(p.badWords(), tokenize);
    stops(p, limits, plan);

    plan.minTokens = first(p.minTokens(), null, 0);
    Require.atLeast("minTokens", plan.minTokens, 0);
    int maxTokens = first(p.maxTokens(), defaults.maxNewTokens(), DEFAULT_MAX_TOKENS);
    Require.atLeast("maxTokens", maxTokens, 1);
    Require.that(
        p.maxTokens() == null || plan.minTokens <= maxTokens,
        "minTokens",
        "at most maxTokens, which is " + maxTokens,
        plan.minTokens);
    plan.maxTokens = Math.min(Math.max(maxTokens, plan.minTokens), limits.contextLeft());
    plan.seed = p.seed() != null ? p.seed() : ThreadLocalRandom.current().nextLong();
    plan.logprobs = logprobs(p.logprobs(), limits.vocabSize());
    plan.n = first(p.n(), null, 1);
    Require.that(
        plan.n >= 1 && plan.n <= limits.maxSequences(),
        "n",
        "1 to EngineOptions.maxSequences, which is " + limits.maxSequences(),
        plan.n);
    Require.that(
        plan.n == 1 || plan.temperature >= 1e-5,
        "n",
        "1 where decoding is greedy (temperature " + plan.temperature + ")",
        plan.n);
    return plan.build();
  }

  private static void stops(SamplingParameters p, Limits limits, SamplingPlan.Builder plan) {
    var heldBack = new TreeSet<Integer>(limits.eosIds());
    var stops = new TreeSet<Integer>();
    if (!Boolean.TRUE.equals(p.ignoreEos())) {
      stops.addAll(limits.eosIds());
    }
    if (p.stopTokenIds() != null) {
      for (int id : p.stopTokenIds()) {
        token("stopTokenIds", id, limits.vocabSize());
      }
      heldBack.addAll(p.stopTokenIds());
      stops.addAll(p.stopTokenIds());
    }
    heldBack.removeIf(id -> id < 0 || id >= limits.vocabSize());
    plan.stopIds = stops.stream().mapToInt(Integer::intValue).toArray();
    plan.heldBackIds = heldBack.stream().mapToInt(Integer::intValue).toArray();
    if (p.stop() != null) {
      for (String stop : p.stop()) {
        Require.that(!stop.isEmpty(), "stop", "texts of at least one character", "an empty one");
      }
    }
  }

  private static Map<Integer, Double> bias(Map<Integer, Double> bias, int vocabSize) {
    var clamped = new LinkedHashMap<Integer, Double>();
    if (bias != null) {
      bias.forEach(
          (token, value) -> {
            token("logitBias", token, vocabSize);
            Require.that(!Double.isNaN(value), "logitBias", "a number", value);
            clamped.put(token, Math.max(-MAX_BIAS, Math.min(MAX_BIAS, value)));
          });
    }
    return clamped;
  }

  private static int[] mask(List<Integer> allowed, int vocabSize) {
    if (allowed == null) {
      return null;
    }
    Require.that(!allowed.isEmpty(), "allowedTokenIds", "at least one", "none");
    int[] words = new int[(vocabSize + 31) / 32];
    for (int id : allowed) {
      token("allowedTokenIds", id, vocabSize);
      words[id / 32] |= 1 << (id % 32);
    }
    return words;
  }

  /** Each word counts with and without a space before it. */
  private static int[][] badWords(List<String> words, Function<String, int[]> tokenize) {
    if (words == null) {
      return new int[0][];
    }
    var sequences = new ArrayList<int[]>();
    for (String word : words) {
      Require.that(!word.isBlank(), "badWords", "texts that are not blank", "'" + word + "'");
      for (String form : new String[] {word, " " + word.stripLeading()}) {
        int[] ids = tokenize.apply(form);
        if (ids.length > 0 && sequences.stream().noneMatch(other -> Arrays.equals(other, ids))) {
          sequences.add(ids);
        }
      }
    }
    return sequences.toArray(new int[0][]);
  }

  private static int logprobs(Integer wanted, int vocabSize) {
    if (wanted == null) {
      return -1;
    }
    Require.that(
        wanted >= -1 && wanted <= vocabSize,
        "logprobs",
        "0 to " + vocabSize + ", or -1 for all",
        wanted);
    return wanted == -1 ? vocabSize : wanted;
  }

  private static void token(String field, int id, int vocabSize) {
    if (id < 0 || id >= vocabSize) {
      Require.that(false, field, "token ids of 0 to " + (vocabSize - 1), id);
    }
  }

  private static void range(String field, double value, double min, double max, String expected) {
    Require.that(value >= min && value <= max, field, expected, value);
  }

  private static <T> T first(T requested, T ofModel, T otherwise) {
    return requested != null ? requested : ofModel != null ? ofModel : otherwise;
  }
}
