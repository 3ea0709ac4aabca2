// SPDX-License-Identifier: Apache-2.0
// Perplexity over windows of a text: exp of the mean negative log probability of the tokens at
// positions 1 .. context - 1 of each window (all_but_first), and of those behind the middle
// (second_half, llama.cpp's convention). Each window begins with an empty cache.
package io.qwenjet.cli;

import io.qwenjet.cli.steps.SequenceRun;
import io.qwenjet.engine.runtime.ModelRuntime;
import io.qwenjet.engine.runtime.StepBatch;
import java.util.stream.IntStream;

final class Perplexity {
  /** Rows of logits are held whole while a step runs: so many bytes of them. */
  private static final long ROW_BYTES = 128L << 20;

  private static final int MAX_ROWS = 512;
  private static final int MIN_ROWS = 16;

  private final ModelRuntime model;
  private final StepBatch batch;
  private final int context;
  private final int chunk;
  private final int[] pages;
  private double sumAll;
  private double sumSecondHalf;
  private long countAll;
  private long countSecondHalf;

  Perplexity(ModelRuntime model, int context) {
    this.model = model;
    this.batch = model.newBatch();
    this.context = context;
    this.chunk = model.options().maxLogitRows();
    this.pages = IntStream.range(0, (int) model.options().numPages()).toArray();
  }

  /** Tokens of a step, each with its row of logits, that suit a vocabulary. */
  static int rowsPerStep(int vocabSize, int context) {
    long fitting = ROW_BYTES / (4L * vocabSize);
    int rows = (int) Math.max(MIN_ROWS, Math.min(MAX_ROWS, Long.highestOneBit(fitting)));
    return Math.min(rows, context);
  }

  /** Scores the window that begins at a token of the text. */
  void score(int[] ids, int from) {
    SequenceRun sequence = new SequenceRun(model, pages, context);
    // The last token predicts nothing that is scored.
    for (int at = 0; at < context - 1; at += chunk) {
      int count = Math.min(chunk, context - 1 - at);
      batch.clear();
      int first = sequence.addTo(batch, ids, from + at, count);
      for (int i = 0; i < count; i++) {
        batch.addRow(first + i, 1, 0, 0);
        batch.addProbe(ids[from + at + i + 1]);
      }
      model.step(batch);
      for (int i = 0; i < count; i++) {
        add(at + i + 1, (double) batch.lseRaw(i) - batch.probeLogit(i));
      }
    }
  }

  private void add(int position, double negativeLogProbability) {
    sumAll += negativeLogProbability;
    countAll++;
    if (position > context / 2) {
      sumSecondHalf += negativeLogProbability;
      countSecondHalf++;
    }
  }

  long tokensScored() {
    return countAll;
  }

  double allButFirst() {
    return Math.exp(sumAll / countAll);
  }

  double secondHalf() {
    return Math.exp(sumSecondHalf / countSecondHalf);
  }
}
