// SPDX-License-Identifier: Apache-2.0
// Lays examples into the rows of a batch: targets one place ahead, weights by the kind of the target.
package io.qwenjet.train.data;

import java.util.Arrays;

final class RowWriter {
  private final TokenStore store;
  private final float promptLossWeight;
  private final int rows;
  private final int length;
  private final int[] tokens;
  private final int[] targets;
  private final float[] weights;
  private final int[] positions;
  private final int[] segments;
  private final int[] filled;
  private final int[] numSegments;

  RowWriter(TokenStore store, int rows, int length, float promptLossWeight) {
    this.store = store;
    this.rows = rows;
    this.length = length;
    this.promptLossWeight = promptLossWeight;
    tokens = new int[rows * length];
    targets = new int[rows * length];
    weights = new float[rows * length];
    positions = new int[rows * length];
    segments = new int[rows * length];
    filled = new int[rows];
    numSegments = new int[rows];
    Arrays.fill(targets, -1);
    Arrays.fill(segments, -1);
  }

  /** Appends an example to a row, which must have room for it. */
  void add(int row, int example) {
    int n = store.length(example);
    int at = row * length + filled[row];
    for (int i = 0; i < n; i++) {
      tokens[at + i] = store.token(example, i);
      positions[at + i] = i;
      segments[at + i] = numSegments[row];
      if (i > 0) {
        byte kind = store.kind(example, i);
        float weight =
            kind == EncodedExample.ANSWER ? 1 : kind == EncodedExample.PROMPT ? promptLossWeight : 0;
        if (weight > 0) {
          targets[at + i - 1] = tokens[at + i];
          weights[at + i - 1] = weight;
        }
      }
    }
    filled[row] += n;
    numSegments[row]++;
  }

  TokenBatch build() {
    return new TokenBatch(rows, length, tokens, targets, weights, positions, segments);
  }
}
