// SPDX-License-Identifier: Apache-2.0
// What a request says about sampling and stopping. Every field may be unset (null): then the model's
// generation_config.json decides, then greedy decoding. Ranges are checked when a request is
// submitted, against the model where they depend on it.
package io.qwenjet.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How tokens are chosen and when generation ends. Null means unset: the value of the model's
 * generation_config.json, else the default named here. The order of operations is allowed ids, bad
 * words, minTokens, logit bias, repetition, frequency and presence penalty, temperature, minP, topK,
 * topP. The same seed gives the same tokens, whatever else the engine runs.
 *
 * @param temperature 0 or more; below 1e-5 is greedy, and below 0.01 counts as 0.01; default 0
 * @param topP above 0, at most 1; default 1. Ignored when greedy, as are topK and minP
 * @param topK how many of the best tokens stay; 0 or -1 is off, the default
 * @param minP 0 to 1: tokens below minP times the best one's probability go; default 0
 * @param repetitionPenalty above 0; over tokens of prompt and output; default 1
 * @param presencePenalty -2 to 2; over tokens of the output; default 0
 * @param frequencyPenalty -2 to 2; over tokens of the output, by count; default 0
 * @param logitBias added to the logits of tokens, clamped to -100 .. 100; null for none
 * @param allowedTokenIds the only tokens that may come; null for all
 * @param badWords texts that may not come; null for none
 * @param stop texts that end the answer, none empty; null for none
 * @param stopTokenIds tokens that end the answer, even with ignoreEos; null for none
 * @param minTokens before these no stop of any kind; default 0
 * @param maxTokens default the smaller of 1024 and what the context leaves
 * @param seed null for a random one
 * @param logprobs how many alternatives a token is reported with; 0 for the sampled token alone, -1
 *     for the whole vocabulary; null for no log probabilities
 * @param n how many choices; more than 1 only with a temperature; default 1
 * @param ignoreEos whether end-of-sequence tokens are generated like any other; default false
 * @param includeStopString whether the stop string stays in the text; default false
 * @param skipSpecialTokens whether control tokens are left out of the text; default true
 */
public record SamplingParameters(
    Double temperature,
    Double topP,
    Integer topK,
    Double minP,
    Double repetitionPenalty,
    Double presencePenalty,
    Double frequencyPenalty,
    Map<Integer, Double> logitBias,
    List<Integer> allowedTokenIds,
    List<String> badWords,
    List<String> stop,
    List<Integer> stopTokenIds,
    Integer minTokens,
    Integer maxTokens,
    Long seed,
    Integer logprobs,
    Integer n,
    Boolean ignoreEos,
    Boolean includeStopString,
    Boolean skipSpecialTokens) {
  private static final SamplingParameters UNSET = new Builder().build();

  /** Copies the collections. */
  public SamplingParameters {
    logitBias = logitBias == null ? null : Map.copyOf(logitBias);
    allowedTokenIds = copy(allowedTokenIds);
    badWords = copy(badWords);
    stop = copy(stop);
    stopTokenIds = copy(stopTokenIds);
  }

  private static <T> List<T> copy(List<T> list) {
    return list == null ? null : List.copyOf(list);
  }

  /**
   * Returns parameters with nothing set: what the model's files say, else greedy.
   *
   * @return the defaults
   */
  public static SamplingParameters defaults() {
    return UNSET;
  }

  /**
   * Returns greedy decoding, whatever the model's files say.
   *
   * @return parameters with temperature 0
   */
  public static SamplingParameters greedy() {
    return builder().temperature(0).build();
  }

  /**
   * Returns a builder with nothing set.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns a builder that starts from these values.
   *
   * @return a new builder
   */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.temperature = temperature;
    b.topP = topP;
    b.topK = topK;
    b.minP = minP;
    b.repetitionPenalty = repetitionPenalty;
    b.presencePenalty = presencePenalty;
    b.frequencyPenalty = frequencyPenalty;
    b.logitBias = logitBias == null ? null : new LinkedHashMap<>(logitBias);
    b.allowedTokenIds = allowedTokenIds;
    b.badWords = badWords;
    b.stop = stop == null ? null : new ArrayList<>(stop);
    b.stopTokenIds = stopTokenIds;
    b.minTokens = minTokens;
    b.maxTokens = maxTokens;
    b.seed = seed;
    b.logprobs = logprobs;
    b.n = n;
    b.ignoreEos = ignoreEos;
    b.includeStopString = includeStopString;
    b.skipSpecialTokens = skipSpecialTokens;
    return b;
  }

  /** Sets some of the values; each method is named as the value it sets. Not thread-safe. */
  public static final class Builder {
    private Double temperature;
    private Double topP;
    private Integer topK;
    private Double minP;
    private Double repetitionPenalty;
    private Double presencePenalty;
    private Double frequencyPenalty;
    private Map<Integer, Double> logitBias;
    private List<Integer> allowedTokenIds;
    private List<String> badWords;
    private List<String> stop;
    private List<Integer> stopTokenIds;
    private Integer minTokens;
    private Integer maxTokens;
    private Long seed;
    private Integer logprobs;
    private Integer n;
    private Boolean ignoreEos;
    private Boolean includeStopString;
    private Boolean skipSpecialTokens;

    private Builder() {}

    /**
     * Sets temperature.
     *
     * @param temperature 0 or more
     * @return this
     */
    public Builder temperature(double temperature) {
      this.temperature = temperature;
      return this;
    }

    /**
     * Sets topP.
     *
     * @param topP above 0, at most 1
     * @return this
     */
    public Builder topP(double topP) {
      this.topP = topP;
      return this;
    }

    /**
     * Sets topK.
     *
     * @param topK 0 or -1 for off
     * @return this
     */
    public Builder topK(int topK) {
      this.topK = topK;
      return this;
    }

    /**
     * Sets minP.
     *
     * @param minP 0 to 1
     * @return this
     */
    public Builder minP(double minP) {
      this.minP = minP;
      return this;
    }

    /**
     * Sets repetitionPenalty.
     *
     * @param repetitionPenalty above 0
     * @return this
     */
    public Builder repetitionPenalty(double repetitionPenalty) {
      this.repetitionPenalty = repetitionPenalty;
      return this;
    }

    /**
     * Sets presencePenalty.
     *
     * @param presencePenalty -2 to 2
     * @return this
     */
    public Builder presencePenalty(double presencePenalty) {
      this.presencePenalty = presencePenalty;
      return this;
    }

    /**
     * Sets frequencyPenalty.
     *
     * @param frequencyPenalty -2 to 2
     * @return this
     */
    public Builder frequencyPenalty(double frequencyPenalty) {
      this.frequencyPenalty = frequencyPenalty;
      return this;
    }

    /**
     * Adds a bias to the logit of a token.
     *
     * @param token its id
     * @param bias clamped to -100 .. 100
     * @return this
     */
    public Builder logitBias(int token, double bias) {
      if (logitBias == null) {
        logitBias = new LinkedHashMap<>();
      }
      logitBias.put(token, bias);
      return this;
    }

    /**
     * Allows only these tokens.
     *
     * @param ids their ids; null for all
     * @return this
     */
    public Builder allowedTokenIds(List<Integer> ids) {
      allowedTokenIds = ids;
      return this;
    }

    /**
     * Forbids texts.
     *
     * @param words the texts; null for none
     * @return this
     */
    public Builder badWords(List<String> words) {
      badWords = words;
      return this;
    }

    /**
     * Ends the answer at any of these texts.
     *
     * @param texts none of them empty
     * @return this
     */
    public Builder stop(String... texts) {
      stop = List.of(texts);
      return this;
    }

    /**
     * Ends the answer at any of these texts.
     *
     * @param texts none of them empty; null for none
     * @return this
     */
    public Builder stop(List<String> texts) {
      stop = texts;
      return this;
    }

    /**
     * Ends the answer at any of these tokens.
     *
     * @param ids their ids; null for none
     * @return this
     */
    public Builder stopTokenIds(List<Integer> ids) {
      stopTokenIds = ids;
      return this;
    }

    /**
     * Sets minTokens.
     *
     * @param minTokens 0 or more
     * @return this
     */
    public Builder minTokens(int minTokens) {
      this.minTokens = minTokens;
      return this;
    }

    /**
     * Sets maxTokens.
     *
     * @param maxTokens 1 or more
     * @return this
     */
    public Builder maxTokens(int maxTokens) {
      this.maxTokens = maxTokens;
      return this;
    }

    /**
     * Sets seed.
     *
     * @param seed any number
     * @return this
     */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /**
     * Sets logprobs.
     *
     * @param logprobs alternatives a token; 0 for none, -1 for all
     * @return this
     */
    public Builder logprobs(int logprobs) {
      this.logprobs = logprobs;
      return this;
    }

    /**
     * Sets n.
     *
     * @param n 1 or more
     * @return this
     */
    public Builder n(int n) {
      this.n = n;
      return this;
    }

    /**
     * Sets ignoreEos.
     *
     * @param ignoreEos true to go on after end-of-sequence tokens
     * @return this
     */
    public Builder ignoreEos(boolean ignoreEos) {
      this.ignoreEos = ignoreEos;
      return this;
    }

    /**
     * Sets includeStopString.
     *
     * @param includeStopString true to keep the stop string in the text
     * @return this
     */
    public Builder includeStopString(boolean includeStopString) {
      this.includeStopString = includeStopString;
      return this;
    }

    /**
     * Sets skipSpecialTokens.
     *
     * @param skipSpecialTokens false to keep control tokens in the text
     * @return this
     */
    public Builder skipSpecialTokens(boolean skipSpecialTokens) {
      this.skipSpecialTokens = skipSpecialTokens;
      return this;
    }

    /**
     * Returns the parameters.
     *
     * @return an immutable record
     */
    public SamplingParameters build() {
      return new SamplingParameters(
          temperature,
          topP,
          topK,
          minP,
          repetitionPenalty,
          presencePenalty,
          frequencyPenalty,
          logitBias,
          allowedTokenIds,
          badWords,
          stop,
          stopTokenIds,
          minTokens,
          maxTokens,
          seed,
          logprobs,
          n,
          ignoreEos,
          includeStopString,
          skipSpecialTokens);
    }
  }
}
