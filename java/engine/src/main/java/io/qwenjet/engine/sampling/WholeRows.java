// SPDX-License-Identifier: Apache-2.0
// Whole rows of logits, fetched and sorted only where the candidates of a step do not decide. One
// for an engine thread: its arrays are as large as the vocabulary and are made at first use.
package io.qwenjet.engine.sampling;

import io.qwenjet.engine.runtime.StepRunner;
import java.util.Arrays;

/** Fetches and sorts whole rows of the last step. For one thread. */
public final class WholeRows {
  private final StepRunner runner;
  private final int vocabSize;
  private float[] row;
  private long[] keys;
  float[] sortedLogits;
  int[] sortedIds;

  /**
   * Makes a source of rows.
   *
   * @param runner the model
   * @param vocabSize rows of its head
   */
  public WholeRows(StepRunner runner, int vocabSize) {
    this.runner = runner;
    this.vocabSize = vocabSize;
  }

  float[] fetch(int index, boolean processed) {
    if (row == null) {
      row = new float[vocabSize];
    }
    runner.row(index, processed, row);
    return row;
  }

  /** Sorts what fetch gave, greatest first, lowest id first on ties; -inf is left out. */
  int sort() {
    if (keys == null) {
      keys = new long[vocabSize];
      sortedLogits = new float[vocabSize];
      sortedIds = new int[vocabSize];
    }
    int count = 0;
    for (int id = 0; id < vocabSize; id++) {
      if (row[id] != Float.NEGATIVE_INFINITY) {
        // Adding 0 makes -0 and 0 tie; flipping the low bits of negatives makes the order of the
        // bits that of the values.
        int bits = Float.floatToIntBits(row[id] + 0f);
        int ordered = bits ^ (bits >> 31 & 0x7FFFFFFF);
        keys[count++] = (long) ~ordered << 32 | id;
      }
    }
    Arrays.sort(keys, 0, count);
    for (int i = 0; i < count; i++) {
      sortedIds[i] = (int) keys[i];
      sortedLogits[i] = row[sortedIds[i]];
    }
    return count;
  }
}
