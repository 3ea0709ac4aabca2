// SPDX-License-Identifier: Apache-2.0
// One SwiGLU, forward and backward: y = (silu(h Wg) * (h Wu)) Wd, gate and up as one matrix.
package io.qwenjet.train.graph;

import io.qwenjet.train.graph.ParameterLayout.MlpBlocks;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

@SuppressWarnings("try") // A scope acts by being open.
final class SwiGlu {
  private final ComputeWeights weights;
  private final MlpBlocks blocks;
  private final long width;

  /** What the backward pass needs of one forward pass. */
  static final class Tape {
    private final Saved saved;
    private Tensor h;
    private Tensor gateUp;
    private Tensor silu;
    private Tensor product;

    Tape(Saved saved) {
      this.saved = saved;
    }
  }

  SwiGlu(ComputeWeights weights, MlpBlocks blocks) {
    this.weights = weights;
    this.blocks = blocks;
    this.width = blocks.down().cols();
  }

  Tensor forward(Tensor h, Tape tape) {
    try (Scope scope = new Scope()) {
      Tensor gateUp = torch.linear(h, weights.matrix(blocks.gateUp()));
      Tensor silu = torch.silu(gateUp.narrow(1, 0, width));
      Tensor product = silu.mul(gateUp.narrow(1, width, width));
      if (tape != null) {
        tape.h = h;
        tape.gateUp = tape.saved.keep(gateUp);
        tape.silu = tape.saved.keep(silu);
        tape.product = tape.saved.keep(product);
      }
      return scope.keep(torch.linear(product, weights.matrix(blocks.down())));
    }
  }

  Tensor backward(Tensor dy, Tape tape) {
    try (Scope scope = new Scope()) {
      weights.addGradient(blocks.down(), dy, tape.product);
      Tensor dProduct = torch.mm(dy, weights.matrix(blocks.down()));
      Tensor dGateUp = torch.empty_like(tape.gateUp);
      torch.mul_out(dGateUp.narrow(1, width, width), dProduct, tape.silu);
      dProduct.mul_(tape.gateUp.narrow(1, width, width));
      torch.silu_backward_out(dGateUp.narrow(1, 0, width), dProduct, tape.gateUp.narrow(1, 0, width));
      weights.addGradient(blocks.gateUp(), dGateUp, tape.h);
      return scope.keep(torch.mm(dGateUp, weights.matrix(blocks.gateUp())));
    }
  }
}
