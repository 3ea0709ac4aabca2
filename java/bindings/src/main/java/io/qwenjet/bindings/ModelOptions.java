// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

/**
 * How a model is loaded; the fields of the C API's {@code qj_model_options}, whose ranges hold.
 *
 * @param computeDtype {@link #FLOAT32} or {@link #BFLOAT16}
 * @param kvCache {@link #KV_CACHE_COMPUTE} or {@link #KV_CACHE_INT8}
 * @param isa a number of {@link Processor}, or {@link Processor#ISA_AUTO}
 * @param numThreads at least 1
 * @param pageSize tokens a KV page: a power of two, 16 to 1024
 * @param numPages pages in the pool; their memory is committed on first use
 * @param maxStepTokens most tokens one step may carry
 * @param maxStepSequences most sequences one step may carry
 * @param maxLogitRows most rows of logits one step may ask for
 * @param activations {@link #ACTIVATIONS_AUTO} or another of its kind
 */
public record ModelOptions(
    int computeDtype,
    int kvCache,
    int isa,
    int numThreads,
    int pageSize,
    long numPages,
    int maxStepTokens,
    int maxStepSequences,
    int maxLogitRows,
    int activations) {
  /** Weights and activations in float32: the reference mode. */
  public static final int FLOAT32 = 0;

  /** Weights in bfloat16, accumulation in float32. */
  public static final int BFLOAT16 = 1;

  /** Inputs of products with quantised weights are rounded, unless computed in float32. */
  public static final int ACTIVATIONS_AUTO = 0;

  /** Inputs of products with quantised weights stay in the compute type. */
  public static final int ACTIVATIONS_EXACT = 1;

  /** They are rounded to int8, a scale for each group of the weight. */
  public static final int ACTIVATIONS_INT8 = 2;

  /** They are rounded to int16, as two terms of int8. */
  public static final int ACTIVATIONS_INT16 = 3;

  /** The KV cache holds the compute type. */
  public static final int KV_CACHE_COMPUTE = 0;

  /** The KV cache holds int8 codes and scales. */
  public static final int KV_CACHE_INT8 = 1;
}
