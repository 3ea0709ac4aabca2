// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a model: which number type weights, activations and KV pages are computed in.
package io.qwenjet.engine;

/** The number type that a model computes in. */
public enum Compute {
  /** bfloat16 operands with float32 accumulation, KV pages in bfloat16: the default. */
  BFLOAT16,
  /** float32 throughout, KV pages too: the reference mode, slower and with twice the KV memory. */
  FLOAT32
}
