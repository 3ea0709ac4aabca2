// SPDX-License-Identifier: Apache-2.0
// Small shapes and batches for the tests of the graph.
package io.qwenjet.train.graph;

import io.qwenjet.train.data.TokenBatch;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.bytedeco.pytorch.global.torch.ScalarType;

public final class TinyModels {
  private TinyModels() {}

  public static ModelShape dense(boolean tied) {
    return new ModelShape(23, 16, 24, 2, 4, 2, 8, 64, 10_000, 1e-6, tied, Optional.empty());
  }

  public static ModelShape oneLayer() {
    return new ModelShape(23, 16, 24, 1, 2, 1, 8, 64, 10_000, 1e-6, true, Optional.empty());
  }

  /** Two sparse layers around a dense one; a token goes to 2 of 5 experts. */
  public static ModelShape moe(boolean normTopkProb) {
    MoeShape moe = new MoeShape(5, 2, 12, normTopkProb, 0.3, 1, List.of(1));
    return new ModelShape(23, 16, 24, 3, 4, 2, 8, 64, 10_000, 1e-6, false, Optional.of(moe));
  }

  /** Wide weights, norms that differ from 1: every tensor matters to the loss. */
  static Parameters lively(ModelShape shape, long seed, ScalarType type) {
    Parameters parameters = Parameters.initial(shape, seed, type);
    Random random = new Random(seed);
    for (String name : parameters.names()) {
      float[] values = parameters.read(name);
      for (int i = 0; i < values.length; i++) {
        values[i] =
            name.contains("norm")
                ? (float) (0.5 + random.nextDouble())
                : (float) (0.35 * random.nextGaussian());
      }
      parameters.write(name, values);
    }
    return parameters;
  }

  public static Parameters lively(ModelShape shape, long seed) {
    return lively(shape, seed, ScalarType.Float);
  }

  /**
   * Rows of several segments, each a different length, with padding at the end of odd rows and
   * weights that differ.
   */
  public static TokenBatch packed(int rows, int length, int vocab, long seed) {
    Random random = new Random(seed);
    int size = rows * length;
    int[] tokens = new int[size];
    int[] targets = new int[size];
    float[] weights = new float[size];
    int[] positions = new int[size];
    int[] segments = new int[size];
    Arrays.fill(targets, -1);
    Arrays.fill(segments, -1);
    for (int row = 0; row < rows; row++) {
      int end = length - (row % 2 == 1 ? 2 : 0);
      int segment = 0;
      for (int from = 0; from < end; segment++) {
        int to = Math.min(end, from + 2 + random.nextInt(5));
        for (int i = from; i < to; i++) {
          int at = row * length + i;
          tokens[at] = random.nextInt(vocab);
          positions[at] = i - from;
          segments[at] = segment;
          if (i + 1 < to && random.nextInt(4) > 0) {
            targets[at] = random.nextInt(vocab);
            weights[at] = 0.5f + random.nextFloat();
          }
        }
        from = to;
      }
    }
    return new TokenBatch(rows, length, tokens, targets, weights, positions, segments);
  }

  /** One whole segment a row; every place but the last predicts the next token. */
  public static TokenBatch plain(int rows, int length, int vocab, long seed) {
    Random random = new Random(seed);
    int size = rows * length;
    int[] tokens = random.ints(size, 0, vocab).toArray();
    int[] targets = new int[size];
    float[] weights = new float[size];
    int[] positions = new int[size];
    for (int i = 0; i < size; i++) {
      boolean last = i % length == length - 1;
      positions[i] = i % length;
      targets[i] = last ? -1 : tokens[i + 1];
      weights[i] = last ? 0 : 1;
    }
    return new TokenBatch(rows, length, tokens, targets, weights, positions, new int[size]);
  }

  /** As {@link #plain}, but seven of eight tokens follow from the one before by a rule. */
  public static TokenBatch rule(int rows, int length, int vocab, long seed) {
    TokenBatch random = plain(rows, length, vocab, seed);
    int[] tokens = random.tokens().clone();
    int[] targets = random.targets().clone();
    for (int i = 1; i < tokens.length; i++) {
      if (i % length > 0) {
        tokens[i] = i % 8 == 0 ? tokens[i] : (3 * tokens[i - 1] + 1) % vocab;
        targets[i - 1] = tokens[i];
      }
    }
    return new TokenBatch(rows, length, tokens, targets, random.weights(), random.positions(), random.segments());
  }

  /** A prompt for the logits alone. */
  public static TokenBatch prompt(int... tokens) {
    int[] positions = new int[tokens.length];
    int[] targets = new int[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      positions[i] = i;
      targets[i] = -1;
    }
    return new TokenBatch(
        1, tokens.length, tokens, targets, new float[tokens.length], positions, new int[tokens.length]);
  }
}
