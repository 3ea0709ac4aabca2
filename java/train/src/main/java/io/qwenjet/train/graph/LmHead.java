// SPDX-License-Identifier: Apache-2.0
// The output matrix and the loss, only for places that have one. Loss and gradient are made together,
// a chunk of places at a time: the logits of a chunk stay in the cache and no chunk outlives the next.
package io.qwenjet.train.graph;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

@SuppressWarnings("try") // A scope acts by being open.
final class LmHead {
  /** Logits a chunk: 8 MB in float32, a part of any server's last-level cache. */
  private static final int CHUNK_LOGITS = 1 << 21;

  private final ComputeWeights weights;
  private final ScalarType type;
  private final double eps;

  LmHead(Parameters parameters, ComputeWeights weights) {
    this.weights = weights;
    this.type = parameters.type();
    this.eps = parameters.shape().rmsNormEps();
  }

  /** Logits [R, V] of rows x [R, H] of the residual stream. */
  Tensor logits(Tensor x) {
    try (Scope scope = new Scope()) {
      Tensor h = x.mul(UnitNorm.scale(x, eps)).to(weights.computeType());
      return scope.keep(torch.linear(h, weights.head()).to(type));
    }
  }

  /**
   * The loss of a batch whose residual stream ends in x [T, H]. With a dx [T, H], writes the gradient
   * of gradientScale x sum(weight x nll) to it and adds the weights'.
   */
  LossSums loss(Tensor x, BatchTensors batch, double gradientScale, Tensor dx) {
    if (dx != null) {
      dx.zero_();
    }
    if (batch.numTargets == 0) {
      return new LossSums(0, 0, 0, 0, 0, 1);
    }
    try (Scope scope = new Scope()) {
      Tensor rows = x.index_select(0, batch.places);
      Tensor r = UnitNorm.scale(rows, eps);
      Tensor h = rows.mul(r).to(weights.computeType());
      Tensor dh = dx == null ? null : torch.empty_like(h);
      double weighted = 0;
      double nll = 0;
      int vocab = (int) weights.head().size(0);
      int chunk = Math.max(1, CHUNK_LOGITS / vocab);
      for (int from = 0; from < batch.numTargets; from += chunk) {
        int size = Math.min(chunk, batch.numTargets - from);
        try (Scope step = new Scope()) {
          Tensor part = h.narrow(0, from, size);
          Tensor target = batch.targets.narrow(0, from, size).unsqueeze(1);
          Tensor weight = batch.weights.narrow(0, from, size).unsqueeze(1);
          Tensor log = torch.linear(part, weights.head()).to(type).log_softmax(1);
          Tensor chosen = log.gather(1, target);
          weighted -= chosen.mul(weight).sum(ScalarDouble.type()).item_double();
          nll -= chosen.sum(ScalarDouble.type()).item_double();
          if (dx != null) {
            Tensor scaled = weight.mul(new Scalar(gradientScale));
            Tensor d = log.exp_().mul_(scaled);
            d.scatter_add_(1, target, scaled.neg());
            Tensor dLogits = d.to(weights.computeType());
            weights.addHeadGradient(dLogits, part);
            dh.narrow(0, from, size).copy_(torch.mm(dLogits, weights.head()));
          }
        }
      }
      if (dx != null) {
        dx.index_copy_(0, batch.places, UnitNorm.backward(dh, h, r, type));
      }
      double total = batch.weights.sum(ScalarDouble.type()).item_double();
      return new LossSums(weighted, total, nll, batch.numTargets, 0, 1);
    }
  }
}
