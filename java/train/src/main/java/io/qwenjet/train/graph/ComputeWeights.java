// SPDX-License-Identifier: Apache-2.0
// The weights as the multiplications read them: in the compute type, with each norm's weight folded
// into the columns of the matrix that follows it, W diag(w). The graph then norms without a weight,
// and the gradients of both come from the gradient of the folded matrix, once a step instead of once
// a token: dW = dF diag(w), dw = column sums of dF * W.
package io.qwenjet.train.graph;

import io.qwenjet.train.graph.ParameterLayout.Block;
import io.qwenjet.train.graph.ParameterLayout.LayerBlocks;
import io.qwenjet.train.graph.ParameterLayout.MlpBlocks;
import io.qwenjet.train.graph.ParameterLayout.Slot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

@SuppressWarnings("try") // A scope acts by being open.
final class ComputeWeights implements AutoCloseable {
  /** One folding; the target is the compute matrix, the gradient collects dF. */
  private record Fold(Tensor weight, Tensor norm, Tensor target, Tensor gradient, Tensor normGradient) {}

  private final Parameters parameters;
  private final ScalarType computeType;
  private final boolean mixed;
  private final double queryScale;
  private final int numQueryHeads;
  private final int numHeads;
  private final List<Tensor> owned = new ArrayList<>();
  private final List<Fold> folds = new ArrayList<>();
  private final Map<Block, Tensor> computeViews = new HashMap<>();
  private final Map<Block, Tensor> gradientViews = new HashMap<>();
  private final Tensor compute;
  private final Tensor embedding;
  private final Tensor embeddingGradient;
  private final Tensor head;
  private final Tensor headGradient;
  private final boolean tied;
  private final List<Tensor> headNorms = new ArrayList<>();
  private final List<Tensor> headNormGradients = new ArrayList<>();

  ComputeWeights(Parameters parameters, ScalarType computeType) {
    this.parameters = parameters;
    this.computeType = computeType;
    this.mixed = computeType != parameters.type();
    ModelShape shape = parameters.shape();
    this.queryScale = 1 / Math.sqrt(shape.headDim());
    this.numQueryHeads = shape.numAttentionHeads();
    this.numHeads = shape.numAttentionHeads() + shape.numKeyValueHeads();
    ParameterLayout layout = parameters.layout();
    try (Scope scope = new Scope()) {
      compute = own(parameters.zeros(parameters.size()).to(computeType));
      Block table = layout.embedding();
      embedding = own(view(parameters.weights(), table));
      embeddingGradient = own(view(parameters.gradients(), table));
      tied = layout.head() == null;
      Block out = tied ? table : layout.head();
      head = own(view(compute, out));
      headGradient =
          own(tied ? parameters.zeros(out.rows() * out.cols()).view(out.rows(), out.cols()) : view(parameters.gradients(), out));
      fold(out, head, headGradient, layout.finalNorm());
      for (int i = 0; i < shape.numHiddenLayers(); i++) {
        LayerBlocks layer = layout.layer(i);
        addFolded(layer.qkv(), layer.inputNorm());
        add(layer.o());
        if (layer.router() != null) {
          addFolded(layer.router(), layer.postNorm());
        }
        for (MlpBlocks mlp : layer.mlps()) {
          addFolded(mlp.gateUp(), layer.postNorm());
          add(mlp.down());
        }
        headNorms.add(own(parameters.zeros((long) numHeads * shape.headDim()).view(numHeads, shape.headDim())));
        headNormGradients.add(
            own(parameters.zeros((long) numHeads * shape.headDim()).view(numHeads, shape.headDim())));
      }
    }
  }

  ScalarType computeType() {
    return computeType;
  }

  /** The matrix in the compute type, norm folded in where one comes before it. */
  Tensor matrix(Block block) {
    return computeViews.get(block);
  }

  /** The output matrix with the final norm folded in. */
  Tensor head() {
    return head;
  }

  /** The embedding as it is stored. */
  Tensor embedding() {
    return embedding;
  }

  Tensor embeddingGradient() {
    return embeddingGradient;
  }

  /** The weights of q_norm and k_norm for each head of q and k, the softmax's scale in those of q. */
  Tensor headNorm(int layer) {
    return headNorms.get(layer);
  }

  Tensor headNormGradient(int layer) {
    return headNormGradients.get(layer);
  }

  /** Adds dyT x to the gradient of a matrix. */
  void addGradient(Block block, Tensor dy, Tensor x) {
    addProduct(gradientViews.get(block), dy, x);
  }

  /** Adds dyT x to the gradient of the output matrix. */
  void addHeadGradient(Tensor dy, Tensor x) {
    addProduct(headGradient, dy, x);
  }

  /** Reads the parameters again. */
  void refresh() {
    try (Scope scope = new Scope()) {
      compute.copy_(parameters.weights());
      for (Fold fold : folds) {
        fold.target.copy_(fold.weight.mul(fold.norm));
      }
      ParameterLayout layout = parameters.layout();
      for (int i = 0; i < headNorms.size(); i++) {
        LayerBlocks layer = layout.layer(i);
        Tensor table = headNorms.get(i);
        Tensor queries = vector(parameters.weights(), layer.qNorm()).mul(new Scalar(queryScale));
        table.narrow(0, 0, numQueryHeads).copy_(queries);
        table.narrow(0, numQueryHeads, numHeads - numQueryHeads).copy_(vector(parameters.weights(), layer.kNorm()));
      }
    }
  }

  /** Sets every gradient to 0. */
  void zeroGradients() {
    try (Scope scope = new Scope()) {
      parameters.gradients().zero_();
      if (tied) {
        headGradient.zero_();
      }
      headNormGradients.forEach(Tensor::zero_);
    }
  }

  /** Turns the gradients of the folded matrices into those of the parameters; once a step. */
  void unfoldGradients() {
    try (Scope scope = new Scope()) {
      for (Fold fold : folds) {
        fold.normGradient.add_(fold.gradient.mul(fold.weight).sum(0));
        fold.gradient.mul_(fold.norm);
      }
      if (tied) {
        embeddingGradient.add_(headGradient);
      }
      ParameterLayout layout = parameters.layout();
      for (int i = 0; i < headNorms.size(); i++) {
        Tensor table = headNormGradients.get(i);
        LayerBlocks layer = layout.layer(i);
        vector(parameters.gradients(), layer.qNorm())
            .add_(table.narrow(0, 0, numQueryHeads).sum(0), new Scalar(queryScale));
        vector(parameters.gradients(), layer.kNorm())
            .add_(table.narrow(0, numQueryHeads, numHeads - numQueryHeads).sum(0));
      }
    }
  }

  @Override
  public void close() {
    owned.forEach(Tensor::releaseReference);
  }

  private void addProduct(Tensor gradient, Tensor dy, Tensor x) {
    try (Scope scope = new Scope()) {
      if (mixed) {
        gradient.add_(torch.mm(dy.t(), x));
      } else {
        gradient.addmm_(dy.t(), x);
      }
    }
  }

  private void add(Block block) {
    computeViews.put(block, own(view(compute, block)));
    gradientViews.put(block, own(view(parameters.gradients(), block)));
  }

  private void addFolded(Block block, Slot norm) {
    add(block);
    fold(block, computeViews.get(block), gradientViews.get(block), norm);
  }

  private void fold(Block block, Tensor target, Tensor gradient, Slot norm) {
    folds.add(
        new Fold(
            own(view(parameters.weights(), block)),
            own(vector(parameters.weights(), norm)),
            target,
            gradient,
            own(vector(parameters.gradients(), norm))));
  }

  private Tensor own(Tensor tensor) {
    owned.add(tensor);
    return Scope.own(tensor);
  }

  private static Tensor view(Tensor flat, Block block) {
    return flat.narrow(0, block.offset(), block.rows() * block.cols()).view(block.rows(), block.cols());
  }

  private static Tensor vector(Tensor flat, Slot slot) {
    return flat.narrow(0, slot.offset(), slot.size());
  }
}
