// SPDX-License-Identifier: Apache-2.0
// What the pages of a model's KV cache hold.
package io.qwenjet.engine;

/** The number type of keys and values between steps. */
public enum KvCache {
  /** The type that the model computes in, see {@link Compute}: the default. */
  COMPUTE,
  /**
   * int8 codes with a float32 scale for each vector of a head. With heads of 128 it takes 52 % of the
   * memory of bfloat16, and less time where a long context is read; answers change a little.
   */
  INT8
}
