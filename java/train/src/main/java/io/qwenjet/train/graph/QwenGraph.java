// SPDX-License-Identifier: Apache-2.0
// The whole decoder, forward and backward. The gradient is written out by hand: each layer keeps what
// its own backward pass reads, nothing is recorded by autograd, and weight gradients are added to one
// flat buffer.
package io.qwenjet.train.graph;

import io.qwenjet.train.data.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The Qwen3 graph over a set of parameters. One step is {@link #begin}, {@link #accumulate} for each
 * micro-batch and {@link #end}; afterwards the parameters' gradients are those of the step. Not
 * thread-safe; close it before its parameters.
 */
@SuppressWarnings("try") // A scope acts by being open.
public final class QwenGraph implements AutoCloseable {
  private final Parameters parameters;
  private final ModelShape shape;
  private final Precision precision;
  private final ComputeWeights weights;
  private final LmHead head;
  private final List<Attention> attentions = new ArrayList<>();
  private final List<SwiGlu> mlps = new ArrayList<>();
  private final List<Experts> experts = new ArrayList<>();
  private Tensor rotaryCos;
  private Tensor rotarySin;

  /** One layer's tapes; h and r of both norms. */
  private static final class LayerTape {
    private Tensor attentionScale;
    private Tensor attentionInput;
    private Tensor mlpScale;
    private Tensor mlpInput;
    private final Saved saved = new Saved();
    private final Attention.Tape attention = new Attention.Tape(saved);
    private final SwiGlu.Tape mlp = new SwiGlu.Tape(saved);
    private final Experts.Tape experts = new Experts.Tape(saved);
  }

  /**
   * Makes a graph.
   *
   * @param parameters its weights, which stay the caller's; not null
   * @param precision how matrices are multiplied; not null
   */
  public QwenGraph(Parameters parameters, Precision precision) {
    this.parameters = Objects.requireNonNull(parameters, "parameters");
    this.precision = Objects.requireNonNull(precision, "precision");
    this.shape = parameters.shape();
    ScalarType computeType = precision == Precision.AUTOCAST ? ScalarType.BFloat16 : parameters.type();
    this.weights = new ComputeWeights(parameters, computeType);
    this.head = new LmHead(parameters, weights);
    for (int i = 0; i < shape.numHiddenLayers(); i++) {
      boolean sparse = shape.sparse(i);
      attentions.add(new Attention(parameters, weights, i));
      mlps.add(sparse ? null : new SwiGlu(weights, parameters.layout().layer(i).mlps().get(0)));
      experts.add(sparse ? new Experts(parameters, weights, i) : null);
    }
    makeRotary();
    refresh();
  }

  /** The weights it computes with. */
  public Parameters parameters() {
    return parameters;
  }

  /** How it multiplies matrices. */
  public Precision precision() {
    return precision;
  }

  /** Reads the weights again; needed after every change of the parameters, save in {@link #begin}. */
  public void refresh() {
    weights.refresh();
  }

  /** Starts a step: gradients are 0, and the weights are read again. */
  public void begin() {
    weights.zeroGradients();
    weights.refresh();
  }

  /**
   * Adds the gradient of one micro-batch: of gradientScale x sum(weight x nll) + routerScale x
   * coefficient x load-balancing loss. With 1 / (total weight of the step) and 1 / (number of
   * micro-batches), the step's loss is the weighted mean over all its micro-batches.
   *
   * @param batch the micro-batch; not null
   * @param gradientScale factor of the summed loss
   * @param routerScale factor of the router's loss; without meaning for a dense model
   * @return the batch's sums
   * @throws IllegalArgumentException when a token or a position is outside the model
   */
  public LossSums accumulate(TokenBatch batch, double gradientScale, double routerScale) {
    return run(batch, gradientScale, routerScale, true);
  }

  /** Ends a step: the parameters' gradients are complete. */
  public void end() {
    weights.unfoldGradients();
  }

  /**
   * The loss of a batch, without gradients.
   *
   * @param batch the batch; not null
   * @return its sums
   * @throws IllegalArgumentException when a token or a position is outside the model
   */
  public LossSums evaluate(TokenBatch batch) {
    return run(batch, 0, 0, false);
  }

  /**
   * The logits at every place of a batch.
   *
   * @param batch the batch; not null
   * @return rows x length x vocab_size values
   * @throws IllegalArgumentException when a token or a position is outside the model
   */
  public float[] logits(TokenBatch batch) {
    check(batch);
    useMatmulPrecision();
    try (Scope scope = new Scope()) {
      BatchTensors tensors = tensors(batch);
      Tensor logits = head.logits(forward(tensors, null)).to(ScalarType.Float);
      float[] values = new float[Math.toIntExact(logits.numel())];
      new FloatPointer(logits.data_ptr()).get(values);
      return values;
    }
  }

  @Override
  public void close() {
    weights.close();
    rotaryCos.releaseReference();
    rotarySin.releaseReference();
  }

  private LossSums run(TokenBatch batch, double gradientScale, double routerScale, boolean train) {
    check(batch);
    useMatmulPrecision();
    try (Scope scope = new Scope()) {
      BatchTensors tensors = tensors(batch);
      List<LayerTape> tapes = new ArrayList<>();
      boolean routed = shape.moe().isPresent();
      for (int i = 0; i < shape.numHiddenLayers(); i++) {
        tapes.add(new LayerTape());
      }
      try {
        Tensor x = forward(tensors, train || routed ? tapes : null);
        Tensor dx = train ? torch.empty_like(x) : null;
        LossSums sums = head.loss(x, tensors, gradientScale, dx);
        if (routed) {
          sums = sums.plus(new LossSums(0, 0, 0, 0, routerLoss(tapes, tensors), 0));
        }
        if (train) {
          backward(dx, tensors, tapes, routed ? massGradient(tapes, tensors, routerScale) : null);
        }
        return sums;
      } finally {
        tapes.forEach(tape -> tape.saved.close());
      }
    }
  }

  private Tensor forward(BatchTensors batch, List<LayerTape> tapes) {
    try (Scope scope = new Scope()) {
      Tensor x = weights.embedding().index_select(0, batch.tokens);
      for (int i = 0; i < shape.numHiddenLayers(); i++) {
        layer(i, x, batch, tapes == null ? null : tapes.get(i));
      }
      return scope.keep(x);
    }
  }

  private void layer(int index, Tensor x, BatchTensors batch, LayerTape tape) {
    try (Scope scope = new Scope()) {
      Tensor scale = UnitNorm.scale(x, shape.rmsNormEps());
      Tensor h = x.mul(scale).to(weights.computeType());
      x.add_(attentions.get(index).forward(h, batch, tape == null ? null : tape.attention));
      Tensor mlpScale = UnitNorm.scale(x, shape.rmsNormEps());
      Tensor mlpInput = x.mul(mlpScale).to(weights.computeType());
      if (experts.get(index) == null) {
        x.add_(mlps.get(index).forward(mlpInput, tape == null ? null : tape.mlp));
      } else {
        x.add_(experts.get(index).forward(mlpInput, batch, tape == null ? null : tape.experts));
      }
      if (tape != null) {
        tape.attentionScale = tape.saved.keep(scale);
        tape.attentionInput = tape.saved.keep(h);
        tape.mlpScale = tape.saved.keep(mlpScale);
        tape.mlpInput = tape.saved.keep(mlpInput);
      }
    }
  }

  private void backward(Tensor dx, BatchTensors batch, List<LayerTape> tapes, Tensor massGradient) {
    ScalarType type = parameters.type();
    for (int i = shape.numHiddenLayers() - 1; i >= 0; i--) {
      LayerTape tape = tapes.get(i);
      try (Scope scope = new Scope()) {
        Tensor dy = dx.to(weights.computeType());
        Tensor dh =
            experts.get(i) == null
                ? mlps.get(i).backward(dy, tape.mlp)
                : experts.get(i).backward(dy, batch, tape.experts, massGradient);
        dx.add_(UnitNorm.backward(dh, tape.mlpInput, tape.mlpScale, type));
      }
      try (Scope scope = new Scope()) {
        Tensor dy = dx.to(weights.computeType());
        Tensor dh = attentions.get(i).backward(dy, batch, tape.attention);
        dx.add_(UnitNorm.backward(dh, tape.attentionInput, tape.attentionScale, type));
      }
      tape.saved.close();
    }
    weights.embeddingGradient().index_add_(0, batch.tokens, dx);
  }

  private double routerLoss(List<LayerTape> tapes, BatchTensors batch) {
    try (Scope scope = new Scope()) {
      double rows = routerRows(batch);
      double product = load(tapes).mul(mass(tapes)).sum(ScalarDouble.type()).item_double();
      return shape.moe().orElseThrow().numExperts() * product / (rows * rows);
    }
  }

  private Tensor massGradient(List<LayerTape> tapes, BatchTensors batch, double scale) {
    try (Scope scope = new Scope()) {
      MoeShape moe = shape.moe().orElseThrow();
      double rows = routerRows(batch);
      double factor = scale * moe.routerAuxLossCoef() * moe.numExperts() / (rows * rows);
      return scope.keep(load(tapes).mul(new Scalar(factor)));
    }
  }

  /** Rows of the router's logits, all layers together; padding has none. */
  private double routerRows(BatchTensors batch) {
    long sparse = experts.stream().filter(Objects::nonNull).count();
    return Math.max(1.0, (double) sparse * batch.numTokens);
  }

  private Tensor load(List<LayerTape> tapes) {
    Tensor sum = parameters.zeros(shape.moe().orElseThrow().numExperts());
    for (int i = 0; i < tapes.size(); i++) {
      if (experts.get(i) != null) {
        sum.add_(tapes.get(i).experts.load());
      }
    }
    return sum;
  }

  private Tensor mass(List<LayerTape> tapes) {
    Tensor sum = parameters.zeros(shape.moe().orElseThrow().numExperts());
    for (int i = 0; i < tapes.size(); i++) {
      if (experts.get(i) != null) {
        sum.add_(tapes.get(i).experts.mass());
      }
    }
    return sum;
  }

  private BatchTensors tensors(TokenBatch batch) {
    return new BatchTensors(batch, rotaryCos, rotarySin, parameters.type(), weights.computeType());
  }

  private void check(TokenBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      int token = batch.tokens()[i];
      int position = batch.positions()[i];
      if (token < 0 || token >= shape.vocabSize() || batch.targets()[i] >= shape.vocabSize()) {
        throw new IllegalArgumentException(
            "expected tokens below %d, got %d with target %d at place %d"
                .formatted(shape.vocabSize(), token, batch.targets()[i], i));
      }
      if (position < 0 || position >= shape.maxPositionEmbeddings()) {
        throw new IllegalArgumentException(
            "expected a position below %d, got %d at place %d"
                .formatted(shape.maxPositionEmbeddings(), position, i));
      }
    }
  }

  /** The setting is the process's, and several graphs may take turns. */
  private void useMatmulPrecision() {
    boolean reduced = precision == Precision.FLOAT32_BF16_MATMUL;
    torch.globalContext().setFloat32MatmulPrecision(reduced ? "medium" : "highest");
  }

  private void makeRotary() {
    int half = shape.headDim() / 2;
    int positions = shape.maxPositionEmbeddings();
    float[] cos = new float[positions * half];
    float[] sin = new float[positions * half];
    for (int j = 0; j < half; j++) {
      float frequency = (float) Math.pow(shape.ropeTheta(), -2.0 * j / shape.headDim());
      for (int position = 0; position < positions; position++) {
        float angle = position * frequency;
        cos[position * half + j] = (float) Math.cos(angle);
        sin[position * half + j] = (float) Math.sin(angle);
      }
    }
    try (Scope scope = new Scope()) {
      rotaryCos = Scope.own(BatchTensors.floats(cos, parameters.type()).view(positions, half));
      rotarySin = Scope.own(BatchTensors.floats(sin, parameters.type()).view(positions, half));
    }
  }
}
