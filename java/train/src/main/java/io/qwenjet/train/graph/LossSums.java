// SPDX-License-Identifier: Apache-2.0
// What a batch's loss is made of, in sums, so that batches add up.
package io.qwenjet.train.graph;

/**
 * Sums over the places of one or more batches that have a loss.
 *
 * @param weightedNll sum of weight x negative log-likelihood
 * @param weight sum of the weights
 * @param nll plain sum of the negative log-likelihoods
 * @param count number of places
 * @param routerLoss sum of the batches' load-balancing losses, before their coefficient
 * @param batches number of batches
 */
public record LossSums(
    double weightedNll, double weight, double nll, long count, double routerLoss, int batches) {
  /** The sums of nothing. */
  public static final LossSums NONE = new LossSums(0, 0, 0, 0, 0, 0);

  /** The weighted mean, or 0 where there is no weight. */
  public double loss() {
    return weight == 0 ? 0 : weightedNll / weight;
  }

  /** Adds the sums of other batches. */
  public LossSums plus(LossSums other) {
    return new LossSums(
        weightedNll + other.weightedNll,
        weight + other.weight,
        nll + other.nll,
        count + other.count,
        routerLoss + other.routerLoss,
        batches + other.batches);
  }
}
