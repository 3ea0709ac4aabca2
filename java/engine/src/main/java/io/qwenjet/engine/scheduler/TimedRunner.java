// SPDX-License-Identifier: Apache-2.0
// Adds up the time inside native calls, so that the rest of a step can be seen.
package io.qwenjet.engine.scheduler;

import io.qwenjet.engine.runtime.StepBatch;
import io.qwenjet.engine.runtime.StepRunner;

final class TimedRunner implements StepRunner {
  private final StepRunner runner;
  private long spentNs;

  TimedRunner(StepRunner runner) {
    this.runner = runner;
  }

  /** The time since this was last asked. */
  long takeNs() {
    long ns = spentNs;
    spentNs = 0;
    return ns;
  }

  @Override
  public void step(StepBatch batch) {
    long startNs = System.nanoTime();
    runner.step(batch);
    spentNs += System.nanoTime() - startNs;
  }

  @Override
  public void row(int row, boolean processed, float[] logits) {
    long startNs = System.nanoTime();
    runner.row(row, processed, logits);
    spentNs += System.nanoTime() - startNs;
  }

  @Override
  public void copyPage(int fromPage, int toPage) {
    long startNs = System.nanoTime();
    runner.copyPage(fromPage, toPage);
    spentNs += System.nanoTime() - startNs;
  }

  @Override
  public void cancel() {
    runner.cancel();
  }

  @Override
  public void close() {
    runner.close();
  }
}
