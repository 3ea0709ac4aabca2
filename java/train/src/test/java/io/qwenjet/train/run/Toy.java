// SPDX-License-Identifier: Apache-2.0
// A machine without a model, for tests of runs: its state is a few thousand numbers that every step
// mixes with the batch, so that one step too many, too few or with other data shows in all of them.
package io.qwenjet.train.run;

import io.qwenjet.train.data.TokenBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

final class Toy implements StepMachine {
  static final int SIZE = 300_000;
  private final ByteBuffer weights = ByteBuffer.allocateDirect(4 * SIZE).order(ByteOrder.nativeOrder());
  private final ByteBuffer moments = ByteBuffer.allocateDirect(4 * SIZE).order(ByteOrder.nativeOrder());
  private long steps;

  @Override
  public Outcome step(List<TokenBatch> batches, double learningRate) {
    steps++;
    FloatBuffer w = weights.asFloatBuffer();
    FloatBuffer m = moments.asFloatBuffer();
    int salt = (int) steps;
    for (TokenBatch batch : batches) {
      for (int token : batch.tokens()) {
        salt = salt * 31 + token;
      }
    }
    for (int i = 0; i < SIZE; i++) {
      float gradient = (float) Math.sin(salt + i) + 0.1f * w.get(i);
      m.put(i, 0.9f * m.get(i) + 0.1f * gradient);
      w.put(i, w.get(i) - (float) learningRate * m.get(i));
    }
    return new Outcome(Math.abs(w.get(7)), Math.abs(m.get(7)));
  }

  @Override
  public double loss(List<TokenBatch> batches) {
    return 1;
  }

  @Override
  public String precision() {
    return "float32";
  }

  @Override
  public List<State> state() {
    return List.of(new State("weights", weights), new State("moments", moments));
  }

  @Override
  public void restored(long step) {
    steps = step;
  }

  @Override
  public void close() {}

  /** Rows of numbers that depend on the position alone, 3 to 7 items a batch. */
  static StepData data() {
    return (position, length, numTokens) -> {
      int rows = numTokens / length;
      int[] tokens = new int[rows * length];
      int[] targets = new int[rows * length];
      float[] weights = new float[rows * length];
      int[] positions = new int[rows * length];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = (int) ((position + 1) * 2_654_435_761L >>> (i % 16)) & 1023;
        targets[i] = tokens[i];
        weights[i] = 1;
        positions[i] = i % length;
      }
      TokenBatch batch =
          new TokenBatch(rows, length, tokens, targets, weights, positions, new int[tokens.length]);
      return new StepData.Prepared(List.of(batch), position + 3 + position % 5);
    };
  }

  /** A recipe of so many steps that saves after each. */
  static Recipe recipe(String out, int steps) {
    return Recipe.of(
        Section.ofText(
            "toy",
            """
            stage: pretrain
            model: {hidden_size: 8}
            tokenizer: none
            data: none.jsonl
            out: %s
            steps: %d
            learning_rate: 0.01
            warmup_steps: 3
            batch_tokens: 32
            phases: [{share: 0.5, length: 8}, {share: 0.5, length: 16}]
            checkpoint_minutes: 0
            """
                .formatted(out, steps)));
  }
}
