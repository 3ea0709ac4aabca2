// SPDX-License-Identifier: Apache-2.0
// Sampling parameters after defaults and checks: primitives, ready for the engine thread.
package io.qwenjet.engine.sampling;

import java.util.Arrays;
import java.util.Map;

/** What a request's tokens are chosen by. Immutable once built; every value is in range. */
public final class SamplingPlan {
  /** Candidates that a row asks for when no topK bounds them. */
  static final int OPEN_CANDIDATES = 256;

  /** Candidates beyond topK, so that ties at the cut are seen to end. */
  static final int TIE_ROOM = 16;

  final boolean greedy;
  final float temperature;
  final double topP;
  final int topK;
  final double minP;
  final double repetitionPenalty;
  final double presencePenalty;
  final double frequencyPenalty;
  final Map<Integer, Double> logitBias;
  final int[] allowedMask;
  final int[][] badWords;
  final int[] stopIds;
  final int[] heldBackIds;
  final int minTokens;
  final int maxTokens;
  final long seed;
  final int logprobs;
  final int n;
  final int vocabSize;

  private SamplingPlan(Builder b) {
    greedy = b.temperature < 1e-5;
    temperature = greedy ? 1f : (float) Math.max(b.temperature, 0.01);
    topP = greedy ? 1 : b.topP;
    topK = greedy || b.topK < 0 || b.topK >= b.vocabSize ? 0 : b.topK;
    minP = greedy ? 0 : b.minP;
    repetitionPenalty = b.repetitionPenalty;
    presencePenalty = b.presencePenalty;
    frequencyPenalty = b.frequencyPenalty;
    logitBias = b.logitBias;
    allowedMask = b.allowedMask;
    badWords = b.badWords;
    stopIds = b.stopIds;
    heldBackIds = b.heldBackIds;
    minTokens = b.minTokens;
    maxTokens = b.maxTokens;
    seed = b.seed;
    logprobs = b.logprobs;
    n = b.n;
    vocabSize = b.vocabSize;
  }

  /**
   * Says whether a token ends the sequence.
   *
   * @param token the token
   * @return true for end-of-sequence tokens, unless ignored, and stop tokens
   */
  public boolean isStop(int token) {
    return Arrays.binarySearch(stopIds, token) >= 0;
  }

  /**
   * Returns how many tokens come before any stop.
   *
   * @return 0 or more
   */
  public int minTokens() {
    return minTokens;
  }

  /**
   * Returns how many tokens come at most.
   *
   * @return 1 or more
   */
  public int maxTokens() {
    return maxTokens;
  }

  /**
   * Returns how many choices are wanted.
   *
   * @return 1 or more
   */
  public int n() {
    return n;
  }

  /** Log probabilities are wanted; logprobs says with how many alternatives. */
  boolean wantsLogprobs() {
    return logprobs >= 0;
  }

  int numCandidates() {
    if (greedy) {
      return 1;
    }
    int wanted = topK > 0 ? (int) Math.min(topK + (long) TIE_ROOM, 1024) : OPEN_CANDIDATES;
    return Math.min(wanted, vocabSize);
  }

  /** Gathers the values; unset ones are neutral. Collections are handed over. */
  public static final class Builder {
    /** See SamplingParameters. */
    public double temperature;

    /** See SamplingParameters. */
    public double topP = 1;

    /** See SamplingParameters. */
    public int topK;

    /** See SamplingParameters. */
    public double minP;

    /** See SamplingParameters. */
    public double repetitionPenalty = 1;

    /** See SamplingParameters. */
    public double presencePenalty;

    /** See SamplingParameters. */
    public double frequencyPenalty;

    /** Clamped; empty for none. */
    public Map<Integer, Double> logitBias = Map.of();

    /** Words of a mask of vocab_size bits; null for all tokens. */
    public int[] allowedMask;

    /** Token sequences that may not come; none empty. */
    public int[][] badWords = {};

    /** Sorted: tokens that end the sequence. */
    public int[] stopIds = {};

    /** Tokens that cannot come before minTokens. */
    public int[] heldBackIds = {};

    /** See SamplingParameters. */
    public int minTokens;

    /** See SamplingParameters. */
    public int maxTokens = 1;

    /** See SamplingParameters. */
    public long seed;

    /** -1 for no log probabilities, else the number of alternatives. */
    public int logprobs = -1;

    /** See SamplingParameters. */
    public int n = 1;

    /** Rows of logits. */
    public int vocabSize;

    /**
     * Returns the plan.
     *
     * @return an immutable plan
     */
    public SamplingPlan build() {
      return new SamplingPlan(this);
    }
  }
}
