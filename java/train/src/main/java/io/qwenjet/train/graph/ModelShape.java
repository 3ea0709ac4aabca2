// SPDX-License-Identifier: Apache-2.0
// The sizes of a model, read from and written as the published config.json.
package io.qwenjet.train.graph;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The sizes of a Qwen3 model, under the names of its config.json.
 *
 * @param vocabSize rows of the embedding
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of a dense layer's SwiGLU
 * @param numHiddenLayers number of layers
 * @param numAttentionHeads query heads
 * @param numKeyValueHeads key and value heads; divides the query heads
 * @param headDim width of a head; even
 * @param maxPositionEmbeddings longest context
 * @param ropeTheta base of the rotary embedding
 * @param rmsNormEps epsilon of every norm
 * @param tieWordEmbeddings whether the embedding is the output matrix too
 * @param moe the experts of a qwen3_moe model; empty for a dense one, not null
 */
public record ModelShape(
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int numHiddenLayers,
    int numAttentionHeads,
    int numKeyValueHeads,
    int headDim,
    int maxPositionEmbeddings,
    double ropeTheta,
    double rmsNormEps,
    boolean tieWordEmbeddings,
    Optional<MoeShape> moe) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException when a size is not positive or two do not go together
   */
  public ModelShape {
    if (vocabSize < 1
        || hiddenSize < 1
        || intermediateSize < 1
        || numHiddenLayers < 1
        || maxPositionEmbeddings < 1) {
      throw new IllegalArgumentException(
          ("expected positive sizes, got vocab_size %d, hidden_size %d, intermediate_size %d,"
                  + " num_hidden_layers %d, max_position_embeddings %d")
              .formatted(
                  vocabSize, hiddenSize, intermediateSize, numHiddenLayers, maxPositionEmbeddings));
    }
    if (numKeyValueHeads < 1 || numAttentionHeads % numKeyValueHeads != 0) {
      throw new IllegalArgumentException(
          "expected num_attention_heads to be a multiple of num_key_value_heads, got "
              + numAttentionHeads
              + " and "
              + numKeyValueHeads);
    }
    if (headDim < 2 || headDim % 2 != 0) {
      throw new IllegalArgumentException("expected an even head_dim, got " + headDim);
    }
    if (!(ropeTheta > 0) || !(rmsNormEps > 0)) {
      throw new IllegalArgumentException(
          "expected rope_theta and rms_norm_eps above 0, got " + ropeTheta + " and " + rmsNormEps);
    }
  }

  /** Tells whether a layer has experts instead of one SwiGLU. */
  public boolean sparse(int layer) {
    return moe.isPresent()
        && !moe.get().mlpOnlyLayers().contains(layer)
        && (layer + 1) % moe.get().decoderSparseStep() == 0;
  }

  /** The number of parameters, tied embeddings counted once. */
  public long numParameters() {
    return new ParameterLayout(this).size();
  }

  /**
   * Reads a published config.json.
   *
   * @param file the file; not null
   * @return its sizes
   * @throws IOException when the file cannot be read
   * @throws IllegalArgumentException when it describes something the graph does not compute
   */
  public static ModelShape read(Path file) throws IOException {
    return of(JSON.readTree(file.toFile()));
  }

  /**
   * Reads a config.json that is already parsed.
   *
   * @param json the object; not null
   * @return its sizes
   * @throws IllegalArgumentException when it describes something the graph does not compute
   */
  public static ModelShape of(JsonNode json) {
    String type = json.path("model_type").asText();
    if (!type.equals("qwen3") && !type.equals("qwen3_moe")) {
      throw new IllegalArgumentException(
          "model_type: expected qwen3 or qwen3_moe, got '" + type + "'");
    }
    refuse(json, "attention_bias");
    refuse(json, "use_sliding_window");
    JsonNode rope = json.path("rope_parameters");
    String ropeType = rope.path("rope_type").asText("default");
    if (!json.path("rope_scaling").isNull() && !json.path("rope_scaling").isMissingNode()
        || !ropeType.equals("default")) {
      throw new IllegalArgumentException(
          "rope_scaling: expected none, got " + json.path("rope_scaling") + " " + rope);
    }
    int heads = integer(json, "num_attention_heads");
    int hidden = integer(json, "hidden_size");
    JsonNode theta = rope.has("rope_theta") ? rope : json;
    return new ModelShape(
        integer(json, "vocab_size"),
        hidden,
        integer(json, "intermediate_size"),
        integer(json, "num_hidden_layers"),
        heads,
        json.path("num_key_value_heads").isInt() ? integer(json, "num_key_value_heads") : heads,
        json.path("head_dim").isInt() ? integer(json, "head_dim") : hidden / heads,
        integer(json, "max_position_embeddings"),
        theta.path("rope_theta").asDouble(10_000),
        json.path("rms_norm_eps").asDouble(1e-6),
        json.path("tie_word_embeddings").asBoolean(false),
        type.equals("qwen3_moe") ? Optional.of(moe(json)) : Optional.empty());
  }

  /** The published config.json of this model, without the token ids. */
  public ObjectNode toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.putArray("architectures").add(moe.isPresent() ? "Qwen3MoeForCausalLM" : "Qwen3ForCausalLM");
    json.put("model_type", moe.isPresent() ? "qwen3_moe" : "qwen3");
    json.put("attention_bias", false);
    json.put("attention_dropout", 0.0);
    json.put("head_dim", headDim);
    json.put("hidden_act", "silu");
    json.put("hidden_size", hiddenSize);
    json.put("initializer_range", Parameters.INITIAL_DEVIATION);
    json.put("intermediate_size", intermediateSize);
    json.put("max_position_embeddings", maxPositionEmbeddings);
    json.put("max_window_layers", numHiddenLayers);
    json.put("num_attention_heads", numAttentionHeads);
    json.put("num_hidden_layers", numHiddenLayers);
    json.put("num_key_value_heads", numKeyValueHeads);
    json.put("rms_norm_eps", rmsNormEps);
    json.putNull("rope_scaling");
    json.put("rope_theta", ropeTheta);
    json.putNull("sliding_window");
    json.put("tie_word_embeddings", tieWordEmbeddings);
    json.put("torch_dtype", "bfloat16");
    json.put("use_cache", true);
    json.put("use_sliding_window", false);
    json.put("vocab_size", vocabSize);
    moe.ifPresent(experts -> putMoe(json, experts));
    return json;
  }

  private static void putMoe(ObjectNode json, MoeShape moe) {
    json.put("num_experts", moe.numExperts());
    json.put("num_experts_per_tok", moe.numExpertsPerTok());
    json.put("moe_intermediate_size", moe.moeIntermediateSize());
    json.put("norm_topk_prob", moe.normTopkProb());
    json.put("router_aux_loss_coef", moe.routerAuxLossCoef());
    json.put("decoder_sparse_step", moe.decoderSparseStep());
    json.put("output_router_logits", false);
    ArrayNode dense = json.putArray("mlp_only_layers");
    moe.mlpOnlyLayers().forEach(dense::add);
  }

  private static MoeShape moe(JsonNode json) {
    List<Integer> dense = new ArrayList<>();
    json.path("mlp_only_layers").forEach(layer -> dense.add(layer.intValue()));
    return new MoeShape(
        integer(json, json.has("num_experts") ? "num_experts" : "num_local_experts"),
        integer(json, "num_experts_per_tok"),
        integer(json, "moe_intermediate_size"),
        json.path("norm_topk_prob").asBoolean(false),
        json.path("router_aux_loss_coef").asDouble(0.001),
        json.path("decoder_sparse_step").asInt(1),
        dense);
  }

  private static int integer(JsonNode json, String key) {
    JsonNode value = json.path(key);
    if (!value.isInt()) {
      throw new IllegalArgumentException(key + ": expected an integer, got " + value);
    }
    return value.intValue();
  }

  private static void refuse(JsonNode json, String key) {
    if (json.path(key).asBoolean(false)) {
      throw new IllegalArgumentException(key + ": expected false, got true");
    }
  }
}
