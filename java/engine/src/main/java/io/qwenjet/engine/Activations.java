// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

/** What products with quantised weights do with their inputs; of no effect on other weights. */
public enum Activations {
  /**
   * What is fastest: in {@link Compute#BFLOAT16} inputs are rounded to int8 with a scale for each group
   * of weights, or weights are widened, whichever the instruction-set path does better. In {@link
   * Compute#FLOAT32} the same as {@link #EXACT}. The default.
   */
  AUTO,
  /** Inputs stay in the number type that is computed in: slower, without the loss of rounding them. */
  EXACT
}
