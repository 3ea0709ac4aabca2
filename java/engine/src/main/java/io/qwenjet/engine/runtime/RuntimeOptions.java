// SPDX-License-Identifier: Apache-2.0
// How a model is opened at the level of steps.
package io.qwenjet.engine.runtime;

import io.qwenjet.bindings.ModelOptions;
import io.qwenjet.engine.Activations;
import io.qwenjet.engine.Compute;
import io.qwenjet.engine.Isa;
import io.qwenjet.engine.KvCache;

/**
 * How a model is opened for explicit steps.
 *
 * @param compute the number type; not null
 * @param kvCache what the KV cache holds; not null
 * @param isa the instruction-set path; not null
 * @param threads compute threads, at least 1
 * @param pageSize tokens of a KV page: a power of two, 16 to 1024
 * @param numPages pages of the pool, at least 1
 * @param maxStepTokens most tokens of a step
 * @param maxStepSequences most sequences of a step
 * @param maxLogitRows most rows of logits of a step
 * @param activations of products with quantised weights; not null
 */
public record RuntimeOptions(
    Compute compute,
    KvCache kvCache,
    Isa isa,
    int threads,
    int pageSize,
    long numPages,
    int maxStepTokens,
    int maxStepSequences,
    int maxLogitRows,
    Activations activations) {
  ModelOptions toNative() {
    return new ModelOptions(
        dtypeCode(compute),
        kvCache == KvCache.INT8 ? ModelOptions.KV_CACHE_INT8 : ModelOptions.KV_CACHE_COMPUTE,
        isa.code(),
        threads,
        pageSize,
        numPages,
        maxStepTokens,
        maxStepSequences,
        maxLogitRows,
        activationsCode(activations));
  }

  private static int activationsCode(Activations activations) {
    return switch (activations) {
      case AUTO -> ModelOptions.ACTIVATIONS_AUTO;
      case EXACT -> ModelOptions.ACTIVATIONS_EXACT;
      case INT8 -> ModelOptions.ACTIVATIONS_INT8;
      case INT16 -> ModelOptions.ACTIVATIONS_INT16;
    };
  }

  static int dtypeCode(Compute compute) {
    return compute == Compute.FLOAT32 ? ModelOptions.FLOAT32 : ModelOptions.BFLOAT16;
  }
}
