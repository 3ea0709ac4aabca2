// SPDX-License-Identifier: Apache-2.0
// AdamW with decoupled weight decay (arXiv 1711.05101) over the flat buffers: a few in-place
// operations, run over pieces that stay in the cache between them. The layers' matrices may take Muon's
// step instead.
package io.qwenjet.train.optim;

import io.qwenjet.train.graph.Parameters;
import io.qwenjet.train.graph.Precision;
import io.qwenjet.train.graph.Scope;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The optimiser and its two moments. Not thread-safe; closing frees the moments. */
@SuppressWarnings("try") // A scope acts by being open.
public final class AdamW implements AutoCloseable {
  /** 256 K values: weight, gradient and moments of a piece are 4 MB. */
  private static final long PIECE = 1 << 18;

  private final Parameters parameters;
  private final AdamWOptions options;
  private final Tensor firstMoments;
  private final Tensor secondMoments;
  private final Muon muon;
  private long steps;

  /**
   * Starts with moments of 0.
   *
   * @param parameters what it changes; stays the caller's; not null
   * @param options its settings; not null
   */
  public AdamW(Parameters parameters, AdamWOptions options) {
    this(parameters, options, Precision.FLOAT32);
  }

  AdamW(Parameters parameters, AdamWOptions options, Precision precision) {
    this.parameters = Objects.requireNonNull(parameters, "parameters");
    this.options = Objects.requireNonNull(options, "options");
    try (Scope scope = new Scope()) {
      firstMoments = Scope.own(torch.zeros_like(parameters.weights()));
      secondMoments = Scope.own(torch.zeros_like(parameters.weights()));
    }
    muon = options.muon() ? new Muon(parameters, firstMoments, options.weightDecay(), precision) : null;
  }

  /** The settings. */
  public AdamWOptions options() {
    return options;
  }

  /** The flat first moments. */
  public Tensor firstMoments() {
    return firstMoments;
  }

  /** The flat second moments. */
  public Tensor secondMoments() {
    return secondMoments;
  }

  /** Steps taken since the moments were 0. */
  public long steps() {
    return steps;
  }

  /** Says how many steps the moments hold, after they were read from a checkpoint. */
  public void steps(long steps) {
    if (steps < 0) {
      throw new IllegalArgumentException("expected steps >= 0, got " + steps);
    }
    this.steps = steps;
  }

  /**
   * Changes the weights by the gradients. The gradients are left clipped.
   *
   * @param learningRate the rate of this step
   * @return the gradients' global norm before clipping; where it is not finite, nothing was changed
   */
  public double step(double learningRate) {
    try (Scope scope = new Scope()) {
      ScalarTypeOptional sum = new ScalarTypeOptional(ScalarType.Double);
      double norm =
          torch
              .linalg_vector_norm(parameters.gradients(), new Scalar(2.0), new long[] {0}, false, sum)
              .item_double();
      if (!Double.isFinite(norm)) {
        return norm;
      }
      double clip = options.maxGradientNorm();
      double factor = clip > 0 && norm > clip ? clip / norm : 1;
      steps++;
      long matrices = parameters.decayedSize();
      pieces(0, muon == null ? matrices : parameters.embeddingSize(), learningRate, options.weightDecay(), factor);
      if (muon != null) {
        muon.step(learningRate, factor);
      }
      pieces(matrices, parameters.size(), learningRate, 0, factor);
      return norm;
    }
  }

  @Override
  public void close() {
    firstMoments.releaseReference();
    secondMoments.releaseReference();
  }

  private void pieces(long begin, long end, double learningRate, double decay, double factor) {
    for (long from = begin; from < end; from += PIECE) {
      piece(from, Math.min(PIECE, end - from), learningRate, decay, factor);
    }
  }

  private void piece(long from, long size, double learningRate, double decay, double factor) {
    double correction1 = 1 - Math.pow(options.beta1(), steps);
    double correction2 = 1 - Math.pow(options.beta2(), steps);
    try (Scope scope = new Scope()) {
      Tensor weight = parameters.weights().narrow(0, from, size);
      Tensor gradient = parameters.gradients().narrow(0, from, size);
      Tensor first = firstMoments.narrow(0, from, size);
      Tensor second = secondMoments.narrow(0, from, size);
      if (factor != 1) {
        gradient.mul_(new Scalar(factor));
      }
      first.lerp_(gradient, new Scalar(1 - options.beta1()));
      second.mul_(new Scalar(options.beta2())).addcmul_(gradient, gradient, new Scalar(1 - options.beta2()));
      // sqrt(second / c2) + eps = (sqrt(second) + eps sqrt(c2)) / sqrt(c2): one pass less.
      double root = Math.sqrt(correction2);
      Tensor denominator = second.sqrt().add_(new Scalar(options.epsilon() * root));
      if (decay != 0) {
        weight.mul_(new Scalar(1 - learningRate * decay));
      }
      weight.addcdiv_(first, denominator, new Scalar(-learningRate * root / correction1));
    }
  }
}
