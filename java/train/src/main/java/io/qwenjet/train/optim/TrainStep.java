// SPDX-License-Identifier: Apache-2.0
// One optimiser step over micro-batches: gradients of the weighted mean over all of them, AdamW.
package io.qwenjet.train.optim;

import io.qwenjet.train.data.TokenBatch;
import io.qwenjet.train.graph.LossSums;
import io.qwenjet.train.graph.Parameters;
import io.qwenjet.train.graph.Precision;
import io.qwenjet.train.graph.QwenGraph;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains parameters step by step. Owns its graph and optimiser, not the parameters. Not thread-safe.
 */
public final class TrainStep implements AutoCloseable {
  private final QwenGraph graph;
  private final AdamW optimizer;
  private final RowWorkers workers;

  /**
   * Starts with fresh moments.
   *
   * @param parameters what is trained; stays the caller's; not null
   * @param precision how matrices are multiplied; not null
   * @param options the optimiser's settings; not null
   */
  public TrainStep(Parameters parameters, Precision precision, AdamWOptions options) {
    this(parameters, precision, options, RowWorkers.countFor(parameters));
  }

  TrainStep(Parameters parameters, Precision precision, AdamWOptions options, int numWorkers) {
    this.graph = new QwenGraph(parameters, precision);
    this.optimizer = new AdamW(parameters, options, precision);
    this.workers = numWorkers == 1 ? null : new RowWorkers(graph, precision, numWorkers);
  }

  /** The graph, for evaluation between steps: call {@link QwenGraph#refresh} before. */
  public QwenGraph graph() {
    return graph;
  }

  /** The optimiser, whose moments and step count belong to a checkpoint. */
  public AdamW optimizer() {
    return optimizer;
  }

  /**
   * Takes one step. The gradient is that of sum(weight x nll) / sum(weight) over all micro-batches,
   * plus the mean of their router losses times the coefficient.
   *
   * @param microBatches one or more; not null
   * @param learningRate the rate of this step
   * @return the loss before the step and the gradient's norm
   * @throws IllegalArgumentException when there is no micro-batch, or one is outside the model
   */
  public StepResult step(List<TokenBatch> microBatches, double learningRate) {
    Objects.requireNonNull(microBatches, "microBatches");
    if (microBatches.isEmpty()) {
      throw new IllegalArgumentException("expected at least one micro-batch, got none");
    }
    double weight = 0;
    long tokens = 0;
    for (TokenBatch batch : microBatches) {
      for (float w : batch.weights()) {
        weight += w;
      }
      tokens += batch.numTokens();
    }
    double scale = weight == 0 ? 0 : 1 / weight;
    LossSums sums = workers == null ? accumulate(microBatches, scale) : workers.accumulate(microBatches, scale);
    return new StepResult(sums, optimizer.step(learningRate), tokens);
  }

  private LossSums accumulate(List<TokenBatch> microBatches, double scale) {
    graph.begin();
    LossSums sums = LossSums.NONE;
    for (TokenBatch batch : microBatches) {
      sums = sums.plus(graph.accumulate(batch, scale, 1.0 / microBatches.size()));
    }
    graph.end();
    return sums;
  }

  /**
   * The whole state of training as views of the memory itself, by name: weights and both moments, raw
   * float32 in the machine's byte order. Reading them writes a checkpoint; a checkpoint is restored by
   * writing to them and calling {@link #restored}. Valid until this or the parameters are closed.
   *
   * @return direct buffers from position 0 to their limit, in a fixed order
   */
  public Map<String, ByteBuffer> state() {
    Map<String, ByteBuffer> state = new LinkedHashMap<>();
    state.put("weights", bytes(graph.parameters().weights()));
    state.put("first_moments", bytes(optimizer.firstMoments()));
    state.put("second_moments", bytes(optimizer.secondMoments()));
    return state;
  }

  /**
   * Takes over a state that was written to {@link #state}.
   *
   * @param steps the steps that the moments have seen
   */
  public void restored(long steps) {
    optimizer.steps(steps);
    graph.refresh();
  }

  @Override
  public void close() {
    if (workers != null) {
      workers.close();
    }
    graph.close();
    optimizer.close();
  }

  private static ByteBuffer bytes(Tensor tensor) {
    long size = tensor.numel() * tensor.element_size();
    BytePointer pointer = new BytePointer(tensor.data_ptr()).capacity(size).limit(size);
    return pointer.asByteBuffer().order(ByteOrder.nativeOrder());
  }
}
