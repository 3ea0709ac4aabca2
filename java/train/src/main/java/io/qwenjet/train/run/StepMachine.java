// SPDX-License-Identifier: Apache-2.0
// The model and its optimiser as a run sees them: a step, a loss without a step, and the bytes that
// are their whole state.
package io.qwenjet.train.run;

import io.qwenjet.train.data.TokenBatch;
import java.nio.ByteBuffer;
import java.util.List;

/** What makes the steps of a run. For one thread; no argument may be null. */
public interface StepMachine extends AutoCloseable {
  /** Computes gradients of all micro-batches together and moves the weights. */
  Outcome step(List<TokenBatch> batches, double learningRate);

  /** The weights' loss a target, without moving them. */
  double loss(List<TokenBatch> batches);

  /** How the model computes; stands in the metrics. */
  String precision();

  /**
   * The state that checkpoints hold: views of the memory itself, direct, from position 0 to their
   * limits; writing to them changes the state. Valid until {@link #close}.
   */
  List<State> state();

  /** Called after the state was overwritten from a checkpoint whose moments hold this many steps. */
  void restored(long optimizerSteps);

  @Override
  void close();

  /**
   * A named piece of state.
   *
   * @param name the same in every process
   * @param bytes the memory
   */
  record State(String name, ByteBuffer bytes) {}

  /**
   * What a step came to.
   *
   * @param loss the mean loss a target, before the step
   * @param gradNorm the length of the gradient before clipping
   */
  record Outcome(double loss, double gradNorm) {}
}
