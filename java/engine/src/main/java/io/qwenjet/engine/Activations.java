// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

/** What products with quantised weights do with their inputs; of no effect on other weights. */
public enum Activations {
  /**
   * The default: {@link #EXACT} in {@link Compute#FLOAT32}; in {@link Compute#BFLOAT16} {@link #INT8}, or
   * {@link #INT16} for models of a hidden_size below 1024, which lose more by rounding.
   */
  AUTO,
  /**
   * Inputs are rounded to int8 with a scale for each group of weights, or weights are widened and inputs
   * rounded to bfloat16, whichever the instruction-set path does faster.
   */
  INT8,
  /** As {@link #INT8}, but with 16 bits: twice the integer products, nearly the results of exact inputs. */
  INT16,
  /** Inputs stay in the number type that is computed in: slower, without the loss of rounding them. */
  EXACT
}
