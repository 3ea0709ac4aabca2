// SPDX-License-Identifier: Apache-2.0
// The order in which an epoch reads its examples: shuffled, or easy before hard.
package io.qwenjet.train.data;

import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * The order of examples. Immutable.
 *
 * @param difficulty a number an example, larger is harder; null for shuffled order
 * @param growth where in the first epoch the hardest examples begin, 0 to 1; 0 is shuffled order
 * @param stages in how many steps they come in
 */
public record ExampleOrder(float[] difficulty, double growth, int stages) {
  /** Every epoch in an order of its own. */
  public static final ExampleOrder SHUFFLED = new ExampleOrder(null, 0, 1);

  /**
   * Returns the curriculum: in the first epoch, stage s of the examples by difficulty may come from
   * {@code growth * s / stages} on and is spread evenly over the rest. So the first batches hold only
   * easy examples, later ones a mix with ever harder ones, and nothing comes twice. Later epochs are
   * shuffled.
   */
  public static ExampleOrder curriculum(float[] difficulty, double growth, int stages) {
    return new ExampleOrder(Objects.requireNonNull(difficulty, "difficulty"), growth, stages);
  }

  /** Checks the ranges. */
  public ExampleOrder {
    if (!(growth >= 0 && growth < 1) || stages < 1) {
      throw new IllegalArgumentException(
          "expected a growth in [0, 1) and at least 1 stage, got " + growth + " and " + stages);
    }
  }

  /** Returns the given examples in the order of an epoch. */
  int[] of(int[] examples, long seed, long epoch) {
    SplittableRandom random = random(seed, epoch);
    int n = examples.length;
    int[] order = examples.clone();
    if (difficulty == null || epoch > 0) {
      shuffle(order, 0, n, random);
      return order;
    }
    long[] byDifficulty = new long[n];
    for (int i = 0; i < n; i++) {
      byDifficulty[i] = (long) sortable(difficulty[examples[i]]) << 32 | i;
    }
    Arrays.sort(byDifficulty);
    long[] keyed = new long[n];
    for (int rank = 0; rank < n; rank++) {
      double start = growth * Math.floor((double) rank / n * stages) / stages;
      double key = start + random.nextDouble() * (1 - start);
      keyed[rank] = (long) (key * (1L << 31)) << 32 | (int) byDifficulty[rank];
    }
    Arrays.sort(keyed);
    for (int i = 0; i < n; i++) {
      order[i] = examples[(int) keyed[i]];
    }
    return order;
  }

  boolean isShuffled(long epoch) {
    return difficulty == null || epoch > 0;
  }

  static SplittableRandom random(long seed, long epoch) {
    return new SplittableRandom(
        new SplittableRandom(seed ^ 0x6F72646572L).nextLong() + 0x9E3779B97F4A7C15L * epoch);
  }

  static void shuffle(int[] values, int from, int to, SplittableRandom random) {
    for (int i = to - 1; i > from; i--) {
      int j = from + random.nextInt(i - from + 1);
      int value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  private static int sortable(float value) {
    int bits = Float.floatToIntBits(value);
    return bits ^ (bits >> 31 & 0x7FFFFFFF);
  }
}
