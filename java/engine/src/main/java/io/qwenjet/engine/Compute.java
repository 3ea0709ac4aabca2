// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a model: which number type weights and activations are computed in.
package io.qwenjet.engine;

/** The number type that a model computes in. */
public enum Compute {
  /** bfloat16 operands with float32 accumulation: the default. */
  BFLOAT16,
  /**
   * float32 throughout: the reference mode, slower and, unless {@link KvCache#INT8} is chosen, with
   * twice the KV memory.
   */
  FLOAT32
}
