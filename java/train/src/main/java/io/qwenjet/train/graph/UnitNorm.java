// SPDX-License-Identifier: Apache-2.0
// RMSNorm without a weight: rows divided by their root mean square, h = x r with
// r = (mean(x^2) + eps)^-1/2. Its gradient needs h and r only: dx = r (dh - h mean(dh h)).
package io.qwenjet.train.graph;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

@SuppressWarnings("try") // A scope acts by being open.
final class UnitNorm {
  private static final long[] LAST = {-1};
  private static final Scalar MINUS_ONE = Scope.own(new Scalar(-1.0));

  private UnitNorm() {}

  /** r of each row of the last dimension, kept as a dimension of 1. */
  static Tensor scale(Tensor x, double eps) {
    try (Scope scope = new Scope()) {
      double mean = 1.0 / x.size(x.dim() - 1);
      Tensor norm = torch.linalg_vector_norm(x, new Scalar(2.0), LAST, true, new ScalarTypeOptional());
      return scope.keep(norm.square_().mul_(new Scalar(mean)).add_(new Scalar(eps)).rsqrt_());
    }
  }

  /** dx from dh, h and r, in the type of r. The argument dh may be overwritten. */
  static Tensor backward(Tensor dh, Tensor h, Tensor r, ScalarType type) {
    try (Scope scope = new Scope()) {
      Tensor d = dh.to(type);
      Tensor wide = h.to(type);
      Tensor mean = d.mul(wide).mean(LAST, true, new ScalarTypeOptional());
      return scope.keep(d.addcmul_(wide, mean, MINUS_ONE).mul_(r));
    }
  }
}
