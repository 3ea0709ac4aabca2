// SPDX-License-Identifier: Apache-2.0
// What AdamW is set to. Our own record: libtorch's AdamWOptions.betas() reads its pair backwards
// through the presets, and libtorch's optimiser is not used at all.
package io.qwenjet.train.optim;

/**
 * Settings of AdamW.
 *
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the second moment
 * @param weightDecay decoupled decay of matrices; norms have none
 * @param maxGradientNorm global norm to which gradients are clipped; 0 clips nothing
 * @param muon whether the layers' matrices take {@link Muon}'s step instead, with the same decay
 */
public record AdamWOptions(
    double beta1, double beta2, double epsilon, double weightDecay, double maxGradientNorm, boolean muon) {
  /** Betas 0.9 and 0.95, epsilon 1e-8, weight decay 0.1, gradients clipped to norm 1, no Muon. */
  public static final AdamWOptions DEFAULTS = new AdamWOptions(0.9, 0.95, 1e-8, 0.1, 1.0, false);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException when a value is outside its range
   */
  public AdamWOptions {
    if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
      throw new IllegalArgumentException("expected betas in [0, 1), got " + beta1 + ", " + beta2);
    }
    if (!(epsilon > 0 && weightDecay >= 0 && maxGradientNorm >= 0)) {
      throw new IllegalArgumentException(
          "expected epsilon > 0, weight decay and gradient norm >= 0, got "
              + epsilon
              + ", "
              + weightDecay
              + ", "
              + maxGradientNorm);
    }
  }
}
