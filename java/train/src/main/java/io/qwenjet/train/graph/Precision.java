// SPDX-License-Identifier: Apache-2.0
// The number types of a training step. Weights, gradients, moments and the residual stream are
// float32 in each.
package io.qwenjet.train.graph;

/** How matrices are multiplied in training. */
public enum Precision {
  /**
   * Float32 in OpenBLAS. One OpenBLAS thread beside libgomp's was measured faster than two: attention
   * is many small multiplications.
   */
  FLOAT32,
  /**
   * Float32 through oneDNN, which is allowed to round the factors to bfloat16. It does so only where
   * the processor has AMX; elsewhere it multiplies in float32 on libgomp's threads.
   */
  FLOAT32_BF16_MATMUL,
  /**
   * Factors cast to bfloat16, once each, by the graph itself; norms, softmax and residuals stay
   * float32. Libtorch's own autocast is not used: it also casts the attention kernel, which was
   * measured 20 times slower in bfloat16 than in float32, and it keeps stale casts of weights.
   */
  AUTOCAST
}
