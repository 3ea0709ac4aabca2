// SPDX-License-Identifier: Apache-2.0
// How close is close enough, for dense text models: the rules that the conformance cases come with.
package io.qwenjet.cli.conformance;

import io.qwenjet.engine.Activations;
import io.qwenjet.engine.Compute;

final class Rules {
  /** Relative error of float32 computing. */
  static final double FLOAT32_LIMIT = 1e-4;

  /** Below this margin a greedy token of float32 computing may differ. */
  static final double FLOAT32_MARGIN = 1e-3;

  /** bfloat16: so many times the reference's own error, and a little more. */
  static final double BFLOAT16_FACTOR = 1.5;

  static final double BFLOAT16_ADDEND = 0.002;

  /** bfloat16: a token may differ below so many times the run's error, in standard deviations. */
  static final double BFLOAT16_MARGIN_FACTOR = 10;

  /** A row is clear where its best logit is so many standard deviations above the second. */
  static final double CLEAR_MARGIN = 0.1;

  /** Of the clear rows of all runs that are reported, so many must have the reference's best token. */
  static final double CLEAR_SHARE = 0.97;

  /**
   * How far greedy tokens agree.
   *
   * @param equal tokens until the first that differs
   * @param total tokens of the reference
   * @param isAccepted all are equal, or the margin at the first that differs was small enough
   */
  record Agreement(int equal, int total, boolean isAccepted) {}

  private Rules() {}

  /**
   * The largest relative error that passes; NaN where there is nothing to judge by: no bfloat16
   * reference, or float32 with inputs that were to be rounded.
   */
  static double limit(Compute compute, Activations activations, GoldenRun run) {
    if (compute == Compute.BFLOAT16) {
      return BFLOAT16_FACTOR * run.referenceBf16RelErr() + BFLOAT16_ADDEND;
    }
    boolean rounds = activations == Activations.INT8 || activations == Activations.INT16;
    return rounds ? Double.NaN : FLOAT32_LIMIT;
  }

  /** Norm of the difference over norm of the expected; NaN when a value is. */
  static double relativeError(float[] got, float[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      double d = (double) got[i] - expected[i];
      difference += d * d;
      norm += (double) expected[i] * expected[i];
    }
    return Math.sqrt(difference / norm);
  }

  /** The margin from which on a greedy token must be the reference's. */
  static double marginLimit(Compute compute, GoldenRun run, double relErr) {
    return compute == Compute.FLOAT32
        ? FLOAT32_MARGIN
        : BFLOAT16_MARGIN_FACTOR * relErr * run.logitStd();
  }

  /** Compares greedy continuations. */
  static Agreement agreement(int[] got, GoldenRun run, double marginLimit) {
    int[] expected = run.generated();
    for (int i = 0; i < expected.length; i++) {
      if (got[i] != expected[i]) {
        return new Agreement(i, expected.length, run.margin()[i] < marginLimit);
      }
    }
    return new Agreement(expected.length, expected.length, true);
  }
}
