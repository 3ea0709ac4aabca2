// SPDX-License-Identifier: Apache-2.0
// The shapes of the released Qwen3 models, their tensors in the published order and their config.json.
package io.qwenjet.cli.synthesize;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Sizes of a model.
 *
 * @param name as {@code synthesize} takes it
 * @param numLayers decoder layers
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of a dense layer's MLP
 * @param numQHeads query heads
 * @param numKvHeads key and value heads
 * @param headDim width of a head
 * @param isTied whether the head is the embedding
 * @param numExperts 0 for a dense model
 * @param moeIntermediateSize width of an expert; 0 for a dense model
 */
public record ModelShape(
    String name,
    int numLayers,
    int hiddenSize,
    int intermediateSize,
    int numQHeads,
    int numKvHeads,
    int headDim,
    boolean isTied,
    int numExperts,
    int moeIntermediateSize) {
  static final int VOCAB_SIZE = 151936;
  private static final int NUM_EXPERTS_PER_TOK = 8;

  private static final List<ModelShape> RELEASED =
      List.of(
          dense("qwen3-0.6b", 28, 1024, 3072, 16, true),
          dense("qwen3-1.7b", 28, 2048, 6144, 16, true),
          dense("qwen3-4b", 36, 2560, 9728, 32, true),
          dense("qwen3-8b", 36, 4096, 12288, 32, false),
          dense("qwen3-14b", 40, 5120, 17408, 40, false),
          dense("qwen3-32b", 64, 5120, 25600, 64, false),
          new ModelShape("qwen3-30b-a3b", 48, 2048, 6144, 32, 4, 128, false, 128, 768),
          new ModelShape("qwen3-235b-a22b", 94, 4096, 12288, 64, 4, 128, false, 128, 1536));

  /** Small enough for everyday tests; not in the help, because it is no released model. */
  private static final ModelShape TINY =
      new ModelShape("tiny", 2, 64, 128, 4, 2, 64, true, 0, 0);

  /**
   * A tensor of a checkpoint.
   *
   * @param name as published
   * @param shape outermost first
   */
  public record TensorSpec(String name, List<Integer> shape) {
    /** True for norm weights, which are ones. */
    boolean isNorm() {
      return shape.size() == 1;
    }

    long elements() {
      return shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    }

    /** Stored as bfloat16. */
    long sizeBytes() {
      return 2 * elements();
    }
  }

  private static ModelShape dense(
      String name, int layers, int hidden, int intermediate, int qHeads, boolean isTied) {
    return new ModelShape(name, layers, hidden, intermediate, qHeads, 8, 128, isTied, 0, 0);
  }

  /** Names of the released shapes, smallest first. */
  public static List<String> names() {
    return RELEASED.stream().map(ModelShape::name).toList();
  }

  /** The shape of a name in any case, or null. */
  public static ModelShape of(String name) {
    String wanted = name.toLowerCase(Locale.ROOT);
    if (wanted.equals(TINY.name)) {
      return TINY;
    }
    return RELEASED.stream().filter(s -> s.name.equals(wanted)).findFirst().orElse(null);
  }

  /** The same with another number of layers. */
  public ModelShape withLayers(int layers) {
    return new ModelShape(
        name,
        layers,
        hiddenSize,
        intermediateSize,
        numQHeads,
        numKvHeads,
        headDim,
        isTied,
        numExperts,
        moeIntermediateSize);
  }

  /** Every tensor, layers in order. */
  public List<TensorSpec> tensors() {
    List<TensorSpec> all = new ArrayList<>();
    all.add(tensor("model.embed_tokens.weight", VOCAB_SIZE, hiddenSize));
    for (int i = 0; i < numLayers; i++) {
      addLayer(all, "model.layers." + i + ".");
    }
    all.add(tensor("model.norm.weight", hiddenSize));
    if (!isTied) {
      all.add(tensor("lm_head.weight", VOCAB_SIZE, hiddenSize));
    }
    return all;
  }

  /** Elements of all tensors. */
  public long parameters() {
    return tensors().stream().mapToLong(TensorSpec::elements).sum();
  }

  private void addLayer(List<TensorSpec> all, String layer) {
    String attention = layer + "self_attn.";
    all.add(tensor(layer + "input_layernorm.weight", hiddenSize));
    all.add(tensor(attention + "q_proj.weight", numQHeads * headDim, hiddenSize));
    all.add(tensor(attention + "k_proj.weight", numKvHeads * headDim, hiddenSize));
    all.add(tensor(attention + "v_proj.weight", numKvHeads * headDim, hiddenSize));
    all.add(tensor(attention + "o_proj.weight", hiddenSize, numQHeads * headDim));
    all.add(tensor(attention + "q_norm.weight", headDim));
    all.add(tensor(attention + "k_norm.weight", headDim));
    all.add(tensor(layer + "post_attention_layernorm.weight", hiddenSize));
    if (numExperts == 0) {
      addMlp(all, layer + "mlp.", intermediateSize);
      return;
    }
    all.add(tensor(layer + "mlp.gate.weight", numExperts, hiddenSize));
    for (int e = 0; e < numExperts; e++) {
      addMlp(all, layer + "mlp.experts." + e + ".", moeIntermediateSize);
    }
  }

  private void addMlp(List<TensorSpec> all, String prefix, int width) {
    all.add(tensor(prefix + "gate_proj.weight", width, hiddenSize));
    all.add(tensor(prefix + "up_proj.weight", width, hiddenSize));
    all.add(tensor(prefix + "down_proj.weight", hiddenSize, width));
  }

  private static TensorSpec tensor(String name, Integer... shape) {
    return new TensorSpec(name, List.of(shape));
  }

  /** What config.json says, in the layout of the releases. */
  Map<String, Object> config() {
    boolean isMoe = numExperts > 0;
    Map<String, Object> c = new LinkedHashMap<>();
    c.put("architectures", List.of(isMoe ? "Qwen3MoeForCausalLM" : "Qwen3ForCausalLM"));
    c.put("attention_bias", false);
    c.put("attention_dropout", 0.0);
    c.put("bos_token_id", TokenizerFiles.END_OF_TEXT);
    if (isMoe) {
      c.put("decoder_sparse_step", 1);
    }
    c.put("eos_token_id", TokenizerFiles.IM_END);
    c.put("head_dim", headDim);
    c.put("hidden_act", "silu");
    c.put("hidden_size", hiddenSize);
    c.put("initializer_range", 0.02);
    c.put("intermediate_size", intermediateSize);
    c.put("max_position_embeddings", 40960);
    c.put("max_window_layers", numLayers);
    if (isMoe) {
      c.put("mlp_only_layers", List.of());
    }
    c.put("model_type", isMoe ? "qwen3_moe" : "qwen3");
    if (isMoe) {
      c.put("moe_intermediate_size", moeIntermediateSize);
      c.put("norm_topk_prob", true);
    }
    c.put("num_attention_heads", numQHeads);
    if (isMoe) {
      c.put("num_experts", numExperts);
      c.put("num_experts_per_tok", NUM_EXPERTS_PER_TOK);
    }
    c.put("num_hidden_layers", numLayers);
    c.put("num_key_value_heads", numKvHeads);
    c.put("rms_norm_eps", 1e-6);
    c.put("rope_scaling", null);
    c.put("rope_theta", 1000000);
    c.put("sliding_window", null);
    c.put("tie_word_embeddings", isTied);
    c.put("torch_dtype", "bfloat16");
    c.put("use_cache", true);
    c.put("use_sliding_window", false);
    c.put("vocab_size", VOCAB_SIZE);
    return c;
  }
}
