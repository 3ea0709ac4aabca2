// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import io.qwenjet.bindings.capi.qj_memory_plan;

/**
 * Bytes of host memory, as planned or as held; the fields of the C API's {@code qj_memory_plan}.
 *
 * @param weightsBytes as held in tiles, quantised weights as such
 * @param kvPageBytes one page over all layers, keys and values
 * @param kvPoolBytes the whole pool
 * @param activationBytes buffers of the largest step
 * @param loadBytes needed while loading only
 * @param parameters elements of all weights, a tied head counted once
 * @param embeddingParameters elements of the embedding and of an untied head
 * @param embeddingBytes the same as held
 * @param headBytes the head as held, which may be the embedding
 * @param quantizedParameters elements that are held quantised
 */
public record MemoryFigures(
    long weightsBytes,
    long kvPageBytes,
    long kvPoolBytes,
    long activationBytes,
    long loadBytes,
    long parameters,
    long embeddingParameters,
    long embeddingBytes,
    long headBytes,
    long quantizedParameters) {

  static MemoryFigures of(qj_memory_plan plan) {
    return new MemoryFigures(
        plan.weights_bytes(),
        plan.kv_page_bytes(),
        plan.kv_pool_bytes(),
        plan.activation_bytes(),
        plan.load_bytes(),
        plan.parameters(),
        plan.embedding_parameters(),
        plan.embedding_bytes(),
        plan.head_bytes(),
        plan.quantized_parameters());
  }
}
