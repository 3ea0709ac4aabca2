// SPDX-License-Identifier: Apache-2.0
// What a model has to read and to compute at least, from its shape.
package io.qwenjet.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.qwenjet.engine.MemoryPlan;
import io.qwenjet.engine.runtime.ModelConfig;

/**
 * Bytes and operations. Of an embedding a step reads some rows, which is as good as nothing; a head
 * is read where a step asks for logits. All attention is taken as full.
 *
 * @param layerBytes weights as held, without embedding and head
 * @param headBytes the head as held
 * @param kvBytesPerToken keys and values of a token over all layers
 * @param layerParameters parameters without embedding and head
 * @param headParameters parameters of the head
 * @param attentionFlop of a query on one key over all layers
 */
public record Work(
    long layerBytes,
    long headBytes,
    long kvBytesPerToken,
    long layerParameters,
    long headParameters,
    long attentionFlop) {
  /** Of a model as planned. */
  public static Work of(ModelConfig config, MemoryPlan plan) {
    JsonNode json = config.json();
    long head = (long) config.vocabSize() * config.hiddenSize();
    long numQHeads = json.path("num_attention_heads").asLong();
    long headDim = json.path("head_dim").asLong(config.hiddenSize() / numQHeads);
    return new Work(
        plan.weightsBytes() - plan.embeddingBytes(),
        plan.headBytes(),
        plan.kvBytesPerToken(),
        plan.parameters() - plan.embeddingParameters(),
        head,
        // Two products, a multiplication and an addition each.
        4 * numQHeads * headDim * config.numLayers());
  }

  /** Bytes that a step reads: weights once, and the KV of its sequences. */
  double stepBytes(double kvTokens, boolean withLogits) {
    return layerBytes + (withLogits ? headBytes : 0) + kvBytesPerToken * kvTokens;
  }

  /** Operations for tokens that see so many keys in all. */
  double flop(long tokens, double keysSeen, long rowsOfLogits) {
    return 2.0 * layerParameters * tokens
        + attentionFlop * keysSeen
        + 2.0 * headParameters * rowsOfLogits;
  }
}
