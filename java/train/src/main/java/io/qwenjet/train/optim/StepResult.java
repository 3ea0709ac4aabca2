// SPDX-License-Identifier: Apache-2.0
// What one optimiser step reports.
package io.qwenjet.train.optim;

import io.qwenjet.train.graph.LossSums;

/**
 * One step's figures.
 *
 * @param sums the loss in sums over all micro-batches
 * @param gradientNorm the gradients' norm before clipping; not finite where the step was skipped
 * @param tokens places that belong to a conversation, padding left out
 */
public record StepResult(LossSums sums, double gradientNorm, long tokens) {
  /** The weighted mean loss. */
  public double loss() {
    return sums.loss();
  }

  /** Tells whether the weights were changed. */
  public boolean applied() {
    return Double.isFinite(gradientNorm);
  }
}
