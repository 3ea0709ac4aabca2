// SPDX-License-Identifier: Apache-2.0
// One micro-batch as the training graph takes it: rows of tokens with their targets, loss weights,
// positions and conversations. Every array is row-major, rows x length.
package io.qwenjet.train.data;

import java.util.Arrays;
import java.util.Objects;

/**
 * Tokens with everything the loss and the attention mask need. The arrays are not copied: whoever
 * builds a batch hands them over and leaves them alone.
 *
 * <p>Within a row the conversations follow each other: {@code segments} never falls, except that
 * padding (-1) ends the row. No argument may be null. Values are plain data and safe to share once
 * built.
 *
 * @param rows number of rows, at least 1
 * @param length tokens a row, at least 1
 * @param tokens the token at each place; any valid id at padding
 * @param targets the token to predict at each place, or -1 where there is none
 * @param weights the loss weight of each place, 0 where there is no loss
 * @param positions the position within the segment, from 0 at each segment's first token
 * @param segments the index of the conversation within the row, -1 at padding
 */
public record TokenBatch(
    int rows, int length, int[] tokens, int[] targets, float[] weights, int[] positions, int[] segments) {

  /**
   * Checks the shapes.
   *
   * @throws IllegalArgumentException when an array does not hold rows x length values, or when a
   *     place with a loss weight has no target
   */
  public TokenBatch {
    Objects.requireNonNull(tokens, "tokens");
    Objects.requireNonNull(targets, "targets");
    Objects.requireNonNull(weights, "weights");
    Objects.requireNonNull(positions, "positions");
    Objects.requireNonNull(segments, "segments");
    if (rows < 1 || length < 1) {
      throw new IllegalArgumentException(
          "expected at least one row and one token a row, got " + rows + " x " + length);
    }
    int size = Math.multiplyExact(rows, length);
    requireSize("tokens", size, tokens.length);
    requireSize("targets", size, targets.length);
    requireSize("weights", size, weights.length);
    requireSize("positions", size, positions.length);
    requireSize("segments", size, segments.length);
    for (int i = 0; i < size; i++) {
      if (weights[i] != 0 && targets[i] < 0) {
        throw new IllegalArgumentException(
            "expected a target where the weight is " + weights[i] + ", got " + targets[i] + " at place " + i);
      }
    }
  }

  /**
   * Copies some of the rows.
   *
   * @param from the first row
   * @param to the row after the last, above {@code from}
   * @throws IndexOutOfBoundsException when they are not rows of this batch
   */
  public TokenBatch rows(int from, int to) {
    Objects.checkFromToIndex(from, to, rows);
    int start = from * length;
    int end = to * length;
    return new TokenBatch(
        to - from,
        length,
        Arrays.copyOfRange(tokens, start, end),
        Arrays.copyOfRange(targets, start, end),
        Arrays.copyOfRange(weights, start, end),
        Arrays.copyOfRange(positions, start, end),
        Arrays.copyOfRange(segments, start, end));
  }

  /** The number of places, padding included. */
  public int size() {
    return rows * length;
  }

  /** The number of places that belong to a segment. */
  public int numTokens() {
    int count = 0;
    for (int segment : segments) {
      count += segment >= 0 ? 1 : 0;
    }
    return count;
  }

  /** The number of places that have a loss weight other than 0. */
  public int numTargets() {
    int count = 0;
    for (float weight : weights) {
      count += weight != 0 ? 1 : 0;
    }
    return count;
  }

  /**
   * Tells whether no row holds more than one segment, so that a plain causal mask is enough: padding
   * ends a row, and no real token looks at what follows it.
   */
  public boolean singleSegmentRows() {
    for (int row = 0; row < rows; row++) {
      int first = segments[row * length];
      for (int i = 1; i < length; i++) {
        int segment = segments[row * length + i];
        if (segment >= 0 && segment != first) {
          return false;
        }
      }
    }
    return true;
  }

  private static void requireSize(String name, int expected, int got) {
    if (got != expected) {
      throw new IllegalArgumentException("expected " + expected + " " + name + ", got " + got);
    }
  }
}
