// SPDX-License-Identifier: Apache-2.0
// A sparse layer's block, forward and backward: a softmax router over all experts, the best k of each
// token, and a SwiGLU an expert over the tokens that chose it. The load-balancing loss is
// E sum_j,e f_je P_e over the router's rows of all layers; f is constant in its gradient.
package io.qwenjet.train.graph;

import io.qwenjet.train.graph.ParameterLayout.LayerBlocks;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

@SuppressWarnings("try") // A scope acts by being open.
final class Experts {
  private final ComputeWeights weights;
  private final LayerBlocks layer;
  private final MoeShape moe;
  private final ScalarType type;
  private final List<SwiGlu> mlps = new ArrayList<>();

  /** What the backward pass needs of one forward pass. */
  static final class Tape {
    private final Saved saved;
    private Tensor h;
    private Tensor probabilities;
    private Tensor chosen;
    private Tensor weight;
    private Tensor sum;
    private Tensor order;
    private long[] counts;
    private final List<Tensor> outputs = new ArrayList<>();
    private final List<SwiGlu.Tape> mlps = new ArrayList<>();

    /** [E] how many tokens chose each expert, and the sum of its probability over the tokens. */
    private Tensor load;

    private Tensor mass;

    Tape(Saved saved) {
      this.saved = saved;
    }

    Tensor load() {
      return load;
    }

    Tensor mass() {
      return mass;
    }
  }

  Experts(Parameters parameters, ComputeWeights weights, int index) {
    this.weights = weights;
    this.layer = parameters.layout().layer(index);
    this.moe = parameters.shape().moe().orElseThrow();
    this.type = parameters.type();
    layer.mlps().forEach(blocks -> mlps.add(new SwiGlu(weights, blocks)));
  }

  Tensor forward(Tensor h, BatchTensors batch, Tape tape) {
    long top = moe.numExpertsPerTok();
    try (Scope scope = new Scope()) {
      Tensor logits = torch.linear(h, weights.matrix(layer.router())).to(type);
      Tensor probabilities = logits.softmax(1);
      T_TensorTensor_T best = probabilities.topk(top, 1, true, true);
      // The pair's members live in the pair: copies of the handles outlive it.
      Tensor values = new Tensor(best.get0());
      Tensor chosen = new Tensor(best.get1());
      Tensor sum = values.sum(1).unsqueeze(1);
      Tensor weight = moe.normTopkProb() ? values.div(sum) : values;
      Tensor flat = chosen.reshape(-1);
      Tensor order = flat.argsort(true, 0, false);
      long[] counts = new long[moe.numExperts()];
      new LongPointer(flat.bincount(new TensorOptional(), moe.numExperts()).data_ptr()).get(counts);
      Tensor flatWeight = weight.reshape(-1);
      Tensor y = torch.zeros_like(h).to(type);
      long from = 0;
      for (int expert = 0; expert < counts.length; expert++) {
        SwiGlu.Tape mlpTape = tape == null ? null : new SwiGlu.Tape(tape.saved);
        Tensor output = null;
        if (counts[expert] > 0) {
          Tensor slots = order.narrow(0, from, counts[expert]);
          Tensor tokens = tokens(slots, top);
          Tensor input = h.index_select(0, tokens);
          output = mlps.get(expert).forward(input, mlpTape);
          if (tape != null) {
            tape.saved.keep(input);
            tape.saved.keep(output);
          }
          y.index_add_(0, tokens, output.mul(flatWeight.index_select(0, slots).unsqueeze(1)));
        }
        if (tape != null) {
          tape.outputs.add(output);
          tape.mlps.add(mlpTape);
        }
        from += counts[expert];
      }
      if (tape != null) {
        tape.h = h;
        tape.probabilities = tape.saved.keep(probabilities);
        tape.chosen = tape.saved.keep(chosen);
        tape.weight = tape.saved.keep(weight);
        tape.sum = tape.saved.keep(sum);
        tape.order = tape.saved.keep(order);
        tape.counts = counts;
        Tensor real = batch.real.expand(batch.size, top).reshape(-1);
        tape.load = tape.saved.keep(flat.bincount(new TensorOptional(real), moe.numExperts()).to(type));
        tape.mass = tape.saved.keep(probabilities.mul(batch.real).sum(0));
      }
      return scope.keep(y);
    }
  }

  /**
   * The gradient of h.
   *
   * @param dy gradient of the residual in the compute type
   * @param massGradient [E] gradient of the load-balancing loss by each expert's mass
   */
  Tensor backward(Tensor dy, BatchTensors batch, Tape tape, Tensor massGradient) {
    long top = moe.numExpertsPerTok();
    try (Scope scope = new Scope()) {
      Tensor dh = torch.zeros_like(tape.h).to(type);
      Tensor flatWeight = tape.weight.reshape(-1);
      Tensor dWeight = torch.zeros_like(flatWeight);
      long from = 0;
      for (int expert = 0; expert < tape.counts.length; expert++) {
        if (tape.counts[expert] > 0) {
          try (Scope step = new Scope()) {
            Tensor slots = tape.order.narrow(0, from, tape.counts[expert]);
            Tensor tokens = tokens(slots, top);
            Tensor d = dy.index_select(0, tokens).to(type);
            dWeight.index_copy_(0, slots, d.mul(tape.outputs.get(expert)).sum(1));
            Tensor dOutput = d.mul(flatWeight.index_select(0, slots).unsqueeze(1)).to(weights.computeType());
            dh.index_add_(0, tokens, mlps.get(expert).backward(dOutput, tape.mlps.get(expert)).to(type));
          }
        }
        from += tape.counts[expert];
      }
      Tensor dValues = dWeight.view(batch.size, top);
      if (moe.normTopkProb()) {
        dValues = dValues.sub(dValues.mul(tape.weight).sum(1).unsqueeze(1)).div_(tape.sum);
      }
      Tensor dProbabilities = batch.real.mul(massGradient).scatter_add_(1, tape.chosen, dValues);
      Tensor inner = dProbabilities.mul(tape.probabilities).sum(1).unsqueeze(1);
      Tensor dLogits = dProbabilities.sub_(inner).mul_(tape.probabilities).to(weights.computeType());
      weights.addGradient(layer.router(), dLogits, tape.h);
      return scope.keep(dh.add_(torch.mm(dLogits, weights.matrix(layer.router()))));
    }
  }

  private static Tensor tokens(Tensor slots, long top) {
    return slots.floor_divide(new Scalar(top));
  }
}
