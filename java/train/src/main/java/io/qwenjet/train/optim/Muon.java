// SPDX-License-Identifier: Apache-2.0
// Muon for the matrices of the layers: the momentum's direction with all its singular values near 1, by
// five Newton-Schulz steps of X <- a X + (b A + c A A) X, A = X X^T (Jordan et al., "Muon", 2024), scaled
// to AdamW's usual size of step, 0.2 sqrt(max(rows, cols)) (Moonlight, arXiv 2502.16982, section 2.2), so
// that learning rate and decay stay what they are for AdamW. Embedding, head and norms are AdamW's.
package io.qwenjet.train.optim;

import io.qwenjet.train.graph.Parameters;
import io.qwenjet.train.graph.Precision;
import io.qwenjet.train.graph.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Holds nothing of its own: the momentum lies in AdamW's first moments. */
@SuppressWarnings("try") // A scope acts by being open.
final class Muon {
  private static final double MOMENTUM = 0.95;
  private static final double A = 3.4445;
  private static final double B = -4.7750;
  private static final double C = 2.0315;
  private static final int ITERATIONS = 5;
  /** Some 20 MB of work at a time. */
  private static final long BATCH_VALUES = 1 << 21;

  private final Parameters parameters;
  private final Tensor momentum;
  private final double weightDecay;
  private final ScalarType type;
  /** Names of matrices of one shape, which are multiplied in one batch. */
  private final List<List<String>> groups = new ArrayList<>();

  Muon(Parameters parameters, Tensor momentum, double weightDecay, Precision precision) {
    this.parameters = parameters;
    this.momentum = momentum;
    this.weightDecay = weightDecay;
    this.type = precision == Precision.AUTOCAST ? ScalarType.BFloat16 : ScalarType.Float;
    Map<List<Long>, List<String>> open = new HashMap<>();
    for (String name : parameters.layerMatrices()) {
      long[] shape = parameters.dimensions(name);
      List<Long> key = List.of(shape[0], shape[1]);
      List<String> group = open.get(key);
      if (group == null || (group.size() + 1) * shape[0] * shape[1] > BATCH_VALUES) {
        group = new ArrayList<>();
        groups.add(group);
        open.put(key, group);
      }
      group.add(name);
    }
  }

  /** One step; gradients are multiplied by the factor of clipping first. */
  void step(double learningRate, double factor) {
    for (List<String> names : groups) {
      group(names, learningRate, factor);
    }
  }

  private void group(List<String> names, double learningRate, double factor) {
    try (Scope scope = new Scope()) {
      TensorVector directions = new TensorVector();
      for (String name : names) {
        Tensor gradient = parameters.view(parameters.gradients(), name);
        if (factor != 1) {
          gradient.mul_(new Scalar(factor));
        }
        Tensor moment = parameters.view(momentum, name).lerp_(gradient, new Scalar(1 - MOMENTUM));
        // Nesterov's look ahead.
        directions.push_back(gradient.lerp(moment, new Scalar(MOMENTUM)));
      }
      Tensor steps = orthogonalized(torch.stack(directions, 0), type).to(ScalarType.Float);
      long[] shape = parameters.dimensions(names.get(0));
      double scale = -learningRate * 0.2 * Math.sqrt(Math.max(shape[0], shape[1]));
      for (int i = 0; i < names.size(); i++) {
        Tensor weight = parameters.view(parameters.weights(), names.get(i));
        weight.mul_(new Scalar(1 - learningRate * weightDecay));
        weight.add_(steps.select(0, i), new Scalar(scale));
      }
    }
  }

  /** [batch, rows, cols] with singular values between some 0.7 and 1.2, and the same singular vectors. */
  static Tensor orthogonalized(Tensor matrices, ScalarType type) {
    boolean tall = matrices.size(1) > matrices.size(2);
    Tensor x = tall ? matrices.transpose(1, 2) : matrices;
    Tensor norms = x.mul(x).sum(new long[] {1, 2}, true, new ScalarTypeOptional()).sqrt();
    x = x.div(norms.add(new Scalar(1e-7))).to(type);
    for (int i = 0; i < ITERATIONS; i++) {
      Tensor square = x.bmm(x.transpose(1, 2));
      Tensor polynomial = torch.baddbmm(square, square, square, new Scalar(B), new Scalar(C));
      x = torch.baddbmm(x, polynomial, x, new Scalar(A), new Scalar(1.0));
    }
    return tall ? x.transpose(1, 2) : x;
  }
}
