// SPDX-License-Identifier: Apache-2.0
// The batch's own rules: shapes, counts, and when a plain causal mask is enough.
package io.qwenjet.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class TokenBatchTest {
  private static TokenBatch withSegments(int rows, int length, int... segments) {
    int size = rows * length;
    return new TokenBatch(
        rows, length, new int[size], new int[size], new float[size], new int[size], segments);
  }

  @Test
  void paddingAtTheEndOfARowNeedsNoBlockMask() {
    TokenBatch batch = withSegments(2, 3, 0, 0, -1, 0, 0, 0);
    assertTrue(batch.singleSegmentRows());
    assertEquals(5, batch.numTokens());
    assertEquals(0, batch.numTargets());
  }

  @Test
  void twoSegmentsInARowNeedABlockMask() {
    assertFalse(withSegments(2, 3, 0, 0, 0, 0, 1, 1).singleSegmentRows());
  }

  @Test
  void wrongSizesAndTargetsAreNamed() {
    assertThrows(IllegalArgumentException.class, () -> withSegments(2, 3, 0, 0));
    IllegalArgumentException thrown =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new TokenBatch(
                    1, 1, new int[1], new int[] {-1}, new float[] {1}, new int[1], new int[1]));
    assertTrue(thrown.getMessage().contains("got -1"), thrown.getMessage());
  }
}
