// SPDX-License-Identifier: Apache-2.0
// All weights of a model in one flat buffer and their gradients in another, with each published
// tensor as a view: an optimiser step, a norm or a checkpoint is a few operations on flat tensors.
package io.qwenjet.train.graph;

import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The weights and gradients of one model. Not thread-safe. Closing frees the native memory; no view
 * may be used afterwards.
 */
@SuppressWarnings("try") // A scope acts by being open.
public final class Parameters implements AutoCloseable {
  /** Standard deviation of the initial weights. */
  public static final double INITIAL_DEVIATION = 0.02;

  private final ModelShape shape;
  private final ParameterLayout layout;
  private final ScalarType type;
  private final Tensor weights;
  private final Tensor gradients;

  private Parameters(ModelShape shape, ScalarType type) {
    this.shape = Objects.requireNonNull(shape, "shape");
    this.layout = new ParameterLayout(shape);
    this.type = type;
    try (Scope scope = new Scope()) {
      weights = Scope.own(zeros(layout.size()));
      gradients = Scope.own(zeros(layout.size()));
    }
  }

  private Parameters(Parameters of) {
    this.shape = of.shape;
    this.layout = of.layout;
    this.type = of.type;
    try (Scope scope = new Scope()) {
      weights = Scope.own(of.weights);
      gradients = Scope.own(zeros(layout.size()));
    }
  }

  /** The same weights, not copied, with gradients of their own: for a thread that works beside others. */
  public Parameters withOwnGradients() {
    return new Parameters(this);
  }

  /**
   * Makes parameters with every weight 0, to be filled from a checkpoint.
   *
   * @param shape the model; not null
   * @return the parameters
   */
  public static Parameters empty(ModelShape shape) {
    return new Parameters(shape, ScalarType.Float);
  }

  /**
   * Makes initial weights: norms at 1, matrices normal with deviation 0.02, those that write into the
   * residual stream divided by sqrt(2 x layers). Equal for equal seeds on every machine.
   *
   * @param shape the model; not null
   * @param seed the seed
   * @return the parameters
   */
  public static Parameters initial(ModelShape shape, long seed) {
    return initial(shape, seed, ScalarType.Float);
  }

  static Parameters initial(ModelShape shape, long seed, ScalarType type) {
    Parameters parameters = new Parameters(shape, type);
    double residual = INITIAL_DEVIATION / Math.sqrt(2.0 * shape.numHiddenLayers());
    for (ParameterLayout.Slot slot : parameters.layout.slots().values()) {
      float[] values = new float[Math.toIntExact(slot.size())];
      boolean norm = slot.rows() == 0;
      boolean toResidual = slot.name().endsWith("o_proj.weight") || slot.name().endsWith("down_proj.weight");
      // Random's sequence is specified, so that every JDK draws the same weights.
      Random random = new Random(seed * 0x9E3779B97F4A7C15L + slot.name().hashCode());
      for (int i = 0; i < values.length; i++) {
        values[i] = norm ? 1 : (float) (random.nextGaussian() * (toResidual ? residual : INITIAL_DEVIATION));
      }
      parameters.write(slot.name(), values);
    }
    return parameters;
  }

  /** The sizes of the model. */
  public ModelShape shape() {
    return shape;
  }

  /** The published tensor names, in the order of the flat buffers. */
  public Set<String> names() {
    return layout.slots().keySet();
  }

  /** The dimensions of a published tensor. */
  public long[] dimensions(String name) {
    return slot(name).shape();
  }

  /** The number of values. */
  public long size() {
    return layout.size();
  }

  /** How many values, from the first, take weight decay: the matrices. */
  public long decayedSize() {
    return layout.decayed();
  }

  /** How many values, from the first, belong to the embedding and to an untied head. */
  public long embeddingSize() {
    return layout.embeddings();
  }

  /** The matrices of the layers by name, in the order of the flat buffers. */
  public List<String> layerMatrices() {
    return layout.slots().values().stream()
        .filter(slot -> slot.offset() >= layout.embeddings() && slot.rows() > 0)
        .map(ParameterLayout.Slot::name)
        .toList();
  }

  /**
   * A published tensor's place in a flat buffer.
   *
   * @param flat a buffer of this layout, such as {@link #weights}; not null
   * @param name its published name; not null
   * @return a view with the tensor's dimensions
   */
  public Tensor view(Tensor flat, String name) {
    ParameterLayout.Slot slot = slot(name);
    return flat.narrow(0, slot.offset(), slot.size()).view(slot.shape());
  }

  /** The flat weights. After a change, {@link QwenGraph#refresh} must run before the graph does. */
  public Tensor weights() {
    return weights;
  }

  /** The flat gradients. */
  public Tensor gradients() {
    return gradients;
  }

  /**
   * Copies a published tensor's weights out, row-major.
   *
   * @param name its published name; not null
   * @return its values
   * @throws IllegalArgumentException when the model has no such tensor
   */
  public float[] read(String name) {
    ParameterLayout.Slot slot = slot(name);
    float[] values = new float[Math.toIntExact(slot.size())];
    try (Scope scope = new Scope()) {
      Tensor view = weights.narrow(0, slot.offset(), slot.size()).to(ScalarType.Float);
      new FloatPointer(view.data_ptr()).get(values);
    }
    return values;
  }

  /**
   * Replaces a published tensor's weights.
   *
   * @param name its published name; not null
   * @param values its values, row-major; not null
   * @throws IllegalArgumentException when the model has no such tensor or its size is another
   */
  public void write(String name, float[] values) {
    ParameterLayout.Slot slot = slot(name);
    if (values.length != slot.size()) {
      throw new IllegalArgumentException(
          name + ": expected " + slot.size() + " values, got " + values.length);
    }
    try (Scope scope = new Scope()) {
      Tensor view = weights.narrow(0, slot.offset(), slot.size());
      if (type == ScalarType.Float) {
        new FloatPointer(view.data_ptr()).put(values);
      } else {
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
          wide[i] = values[i];
        }
        new DoublePointer(view.data_ptr()).put(wide);
      }
    }
  }

  @Override
  public void close() {
    weights.releaseReference();
    gradients.releaseReference();
  }

  ParameterLayout layout() {
    return layout;
  }

  ScalarType type() {
    return type;
  }

  ParameterLayout.Slot slot(String name) {
    ParameterLayout.Slot slot = layout.slots().get(name);
    if (slot == null) {
      throw new IllegalArgumentException("expected a tensor of this model, got " + name);
    }
    return slot;
  }

  /** A fresh flat tensor of this model's number type. */
  Tensor zeros(long size) {
    TensorOptions options = new TensorOptions().dtype(new ScalarTypeOptional(type));
    return torch.zeros(new long[] {size}, options);
  }
}
