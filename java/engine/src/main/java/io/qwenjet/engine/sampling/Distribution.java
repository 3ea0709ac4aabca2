// SPDX-License-Identifier: Apache-2.0
// Draws a token from logits that are sorted best first: min_p, top_k and top_p each keep a prefix of
// that order, and the draw walks along what is left. Works on the best candidates alone and says so
// when they do not decide.
package io.qwenjet.engine.sampling;

final class Distribution {
  /** The list ends before the answer is certain. */
  static final int UNDECIDED = -1;

  private double[] weights = new double[0];

  /**
   * Draws from a sorted list.
   *
   * @param logits processed logits, greatest first, lowest id first on ties
   * @param count how many count
   * @param complete true if no allowed token is missing from the list
   * @param lse log-sum-exp of the whole processed row
   * @param u the draw, 0 or more and below 1
   * @return an index into the list or UNDECIDED
   */
  int draw(
      float[] logits, int count, boolean complete, double lse, SamplingPlan plan, double u) {
    double max = logits[0];
    int kept = count;
    boolean decided = complete;
    if (plan.minP > 0) {
      int end = firstBelow(logits, 0, count, max + Math.log(plan.minP));
      decided |= end < count;
      kept = end;
    }
    if (plan.topK > 0 && plan.topK <= count) {
      int end = firstBelow(logits, plan.topK, count, logits[plan.topK - 1]);
      decided |= end < count;
      kept = Math.min(kept, end);
    }
    if (!decided && (plan.minP > 0 || plan.topK > 0)) {
      return UNDECIDED;
    }

    if (weights.length < kept) {
      weights = new double[Math.max(kept, 2 * weights.length)];
    }
    double mass = 0;
    for (int i = 0; i < kept; i++) {
      weights[i] = Math.exp(logits[i] - max);
      mass += weights[i];
    }
    double total = decided ? mass : Math.exp(lse - max);
    if (plan.topP < 1) {
      double goal = plan.topP * total;
      double sum = weights[0];
      int end = 1;
      while (end < kept && sum < goal) {
        sum += weights[end++];
      }
      if (!decided && sum < goal) {
        return UNDECIDED;
      }
      kept = end;
      total = sum;
      decided = true;
    }

    double target = u * total;
    double sum = 0;
    for (int i = 0; i < kept; i++) {
      sum += weights[i];
      if (sum > target) {
        return i;
      }
    }
    return decided ? kept - 1 : UNDECIDED;
  }

  private static int firstBelow(float[] logits, int from, int count, double threshold) {
    int i = from;
    while (i < count && logits[i] >= threshold) {
      i++;
    }
    return i;
  }
}
