// SPDX-License-Identifier: Apache-2.0
// Opens a model at the level of steps, after the same look at memory that an engine takes.
package io.qwenjet.cli.steps;

import io.qwenjet.engine.Engine;
import io.qwenjet.engine.EngineOptions;
import io.qwenjet.engine.InsufficientMemoryException;
import io.qwenjet.engine.LoadListener;
import io.qwenjet.engine.MemoryPlan;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.runtime.Checkpoint;
import io.qwenjet.engine.runtime.ModelRuntime;
import io.qwenjet.engine.runtime.RuntimeOptions;

/**
 * A model with its plan. For one thread at a time.
 *
 * @param runtime the model
 * @param plan weights, parameters and KV bytes a token as planned
 */
public record StepModel(ModelRuntime runtime, MemoryPlan plan) implements AutoCloseable {
  /**
   * Opens a model.
   *
   * @param model where it lies
   * @param sizes how to open it; its context is num_pages * page_size
   * @param listener hears how far loading is; null for nobody
   * @throws InsufficientMemoryException with the plan, before anything is loaded
   */
  public static StepModel open(ModelLocation model, RuntimeOptions sizes, LoadListener listener) {
    MemoryPlan plan =
        Engine.plan(
            model,
            EngineOptions.defaults()
                .compute(sizes.compute())
                .kvCache(sizes.kvCache())
                .activations(sizes.activations())
                .isa(sizes.isa())
                .threads(sizes.threads())
                .pageSize(sizes.pageSize())
                .maxStepTokens(sizes.maxStepTokens()));
    long kvBytes = sizes.numPages() * sizes.pageSize() * plan.kvBytesPerToken();
    long needed = plan.weightsBytes() + plan.activationBytes() + kvBytes;
    if (needed > plan.availableBytes()) {
      throw new InsufficientMemoryException(
          "memory: expected "
              + needed
              + " bytes (weights "
              + plan.weightsBytes()
              + ", KV "
              + kvBytes
              + ", activations "
              + plan.activationBytes()
              + "), got "
              + plan.availableBytes()
              + " available",
          plan);
    }
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      return new StepModel(checkpoint.openModel(sizes, listener), plan);
    }
  }

  /** Pages that hold so many tokens. */
  public static int pagesFor(int tokens, int pageSize) {
    return (tokens + pageSize - 1) / pageSize;
  }

  @Override
  public void close() {
    runtime.close();
  }
}
