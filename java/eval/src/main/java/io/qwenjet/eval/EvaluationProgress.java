// SPDX-License-Identifier: Apache-2.0
// Hears how far an evaluation is.
package io.qwenjet.eval;

/** Hears how far an evaluation is. */
@FunctionalInterface
public interface EvaluationProgress {
  /**
   * Is called after each item, by any thread, one at a time.
   *
   * @param done items scored
   * @param total all items
   * @param correct items that are right so far
   */
  void update(int done, int total, int correct);
}
