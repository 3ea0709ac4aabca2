// SPDX-License-Identifier: Apache-2.0
// A loaded model at the level of steps. The engine's scheduler and the commands that drive steps by
// hand (conformance, perplexity, bench) use the same class.
package io.qwenjet.engine.runtime;

import io.qwenjet.bindings.MemoryFigures;
import io.qwenjet.bindings.NativeModel;
import java.nio.file.Path;

/**
 * A loaded model that computes explicit steps. One thread at a time, but for {@link #cancel()}.
 * Exceptions are those of the public API.
 */
public final class ModelRuntime implements StepRunner, AutoCloseable {
  private final NativeModel model;
  private final ModelConfig config;
  private final RuntimeOptions options;

  ModelRuntime(NativeModel model, ModelConfig config, RuntimeOptions options) {
    this.model = model;
    this.config = config;
    this.options = options;
  }

  /**
   * Opens a checkpoint and loads its model.
   *
   * @param path a checkpoint folder or a .gguf file
   * @param options how to open it
   * @return a model that the caller closes
   */
  public static ModelRuntime open(Path path, RuntimeOptions options) {
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      return checkpoint.openModel(options, null);
    }
  }

  /**
   * Returns the configuration.
   *
   * @return of the checkpoint
   */
  public ModelConfig config() {
    return config;
  }

  /**
   * Returns how it was opened.
   *
   * @return the options
   */
  public RuntimeOptions options() {
    return options;
  }

  /**
   * Returns a batch for steps of the sizes it was opened for.
   *
   * @return an empty batch
   */
  public StepBatch newBatch() {
    return new StepBatch(
        config, options.maxStepTokens(), options.maxStepSequences(), options.maxLogitRows());
  }

  @Override
  public void step(StepBatch batch) {
    batch.seal();
    NativeStatus.run(() -> model.step(batch.buffers()));
  }

  @Override
  public void row(int row, boolean processed, float[] logits) {
    NativeStatus.run(() -> model.row(row, processed, logits));
  }

  /**
   * Copies the final-norm output of a token of the last step.
   *
   * @param tokenIndex which of the step's tokens
   * @param hidden takes hidden_size values
   */
  public void hidden(int tokenIndex, float[] hidden) {
    NativeStatus.run(() -> model.hidden(tokenIndex, hidden));
  }

  @Override
  public void copyPage(int fromPage, int toPage) {
    NativeStatus.run(() -> model.copyPage(fromPage, toPage));
  }

  /**
   * Returns what the model holds.
   *
   * @return bytes of host memory
   */
  public MemoryFigures memory() {
    return NativeStatus.call(model::memory);
  }

  /**
   * Returns the instruction-set path that was chosen.
   *
   * @return its number; {@link Machine#isaName} names it
   */
  public int isa() {
    return NativeStatus.call(model::isa);
  }

  @Override
  public void cancel() {
    NativeStatus.run(model::cancel);
  }

  @Override
  public void close() {
    model.close();
  }
}
