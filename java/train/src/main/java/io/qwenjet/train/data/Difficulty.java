// SPDX-License-Identifier: Apache-2.0
// How hard an example is to predict, measured on the corpus itself: what a curriculum sorts by.
package io.qwenjet.train.data;

/** Measures examples; larger is harder. No argument may be null. */
public final class Difficulty {
  private static final int BIGRAM_BITS = 22;

  private Difficulty() {}

  /**
   * Returns for each example the sum of its length and of its rarity, both in standard deviations:
   * the logarithm of its number of tokens, and the mean of {@code -log2 p(token)} with the tokens'
   * frequencies in the store.
   */
  public static float[] lengthAndRarity(TokenStore store) {
    int vocabSize = vocabSize(store);
    long[] counts = store.counts(vocabSize);
    double[] bits = new double[vocabSize];
    for (int id = 0; id < vocabSize; id++) {
      bits[id] = Math.log((double) store.numTokens() / Math.max(1, counts[id])) / Math.log(2);
    }
    double[] length = new double[store.size()];
    double[] rarity = new double[store.size()];
    for (int e = 0; e < store.size(); e++) {
      double sum = 0;
      for (int i = 0; i < store.length(e); i++) {
        sum += bits[store.token(e, i)];
      }
      length[e] = Math.log(Math.max(1, store.length(e)));
      rarity[e] = sum / Math.max(1, store.length(e));
    }
    standardize(length);
    standardize(rarity);
    float[] difficulty = new float[store.size()];
    for (int e = 0; e < difficulty.length; e++) {
      difficulty[e] = (float) (length[e] + rarity[e]);
    }
    return difficulty;
  }

  /**
   * Returns for each example the total loss, in bits, of a bigram model of the store with unigram
   * back-off, trained on all of it: long examples and unusual ones are hard.
   */
  public static float[] bigramLoss(TokenStore store) {
    int vocabSize = vocabSize(store);
    long[] counts = store.counts(vocabSize);
    int[] pairs = new int[1 << BIGRAM_BITS];
    for (int e = 0; e < store.size(); e++) {
      for (int i = 1; i < store.length(e); i++) {
        pairs[slot(store.token(e, i - 1), store.token(e, i))]++;
      }
    }
    float[] loss = new float[store.size()];
    for (int e = 0; e < store.size(); e++) {
      double bits = 0;
      for (int i = 1; i < store.length(e); i++) {
        int before = store.token(e, i - 1);
        int token = store.token(e, i);
        double single = (double) counts[token] / store.numTokens();
        // Interpolated; an example's own occurrence is in the counts, evenly for all.
        double p = 0.8 * pairs[slot(before, token)] / Math.max(1, counts[before]) + 0.2 * single;
        bits -= Math.log(Math.min(1, p)) / Math.log(2);
      }
      loss[e] = (float) bits;
    }
    return loss;
  }

  private static int slot(int before, int token) {
    return (int) ((before * 0x9E3779B97F4A7C15L + token * 0xC2B2AE3D27D4EB4FL)
        >>> (64 - BIGRAM_BITS));
  }

  private static int vocabSize(TokenStore store) {
    int largest = 0;
    for (int e = 0; e < store.size(); e++) {
      for (int i = 0; i < store.length(e); i++) {
        largest = Math.max(largest, store.token(e, i));
      }
    }
    return largest + 1;
  }

  private static void standardize(double[] values) {
    double sum = 0;
    double squares = 0;
    for (double value : values) {
      sum += value;
      squares += value * value;
    }
    double mean = sum / Math.max(1, values.length);
    double deviation = Math.sqrt(Math.max(1e-12, squares / Math.max(1, values.length) - mean * mean));
    for (int i = 0; i < values.length; i++) {
      values[i] = (values[i] - mean) / deviation;
    }
  }
}
