// SPDX-License-Identifier: Apache-2.0
// What the scheduler needs of a model. The native model is one; tests have another.
package io.qwenjet.engine.runtime;

/** Runs steps. One thread at a time, but for {@link #cancel()}. What it throws is public types. */
public interface StepRunner {
  /**
   * Computes a step; results are in the batch afterwards.
   *
   * @param batch a batch that was sealed
   */
  void step(StepBatch batch);

  /**
   * Copies a whole row of logits of the last step.
   *
   * @param row which of the step's rows
   * @param processed true for the row after changes, mask and temperature
   * @param logits takes vocab_size values
   */
  void row(int row, boolean processed, float[] logits);

  /**
   * Copies a KV page of every layer.
   *
   * @param fromPage the page to read
   * @param toPage the page to write
   */
  void copyPage(int fromPage, int toPage);

  /** Makes the running step and every later one end with a CancelledException. From any thread. */
  void cancel();

  /** Frees the model; the last call. */
  void close();
}
