// SPDX-License-Identifier: Apache-2.0
// Where the training loop gets its batches: by number, so that a data position is one number.
package io.qwenjet.train.data;

/**
 * Gives batches by number. Batch {@code i} depends on the source's examples, its seed and {@code i}
 * alone, whatever was asked for before. Implementations are not safe for use by several threads at
 * once.
 */
public interface BatchSource {
  /**
   * Returns a batch.
   *
   * @param index its number, from 0 on; sources have no end, epochs follow each other
   * @throws IllegalArgumentException if the number is negative
   */
  TokenBatch batch(long index);

  /** Returns the number of batches of the first epoch, rounded up. */
  long batchesPerEpoch();

  /** Returns how many examples are left out because no row holds them. */
  int numTooLong();

  /** Returns the share of places that hold no token, over the first epoch. */
  double waste();
}
