// SPDX-License-Identifier: Apache-2.0
// Where each published tensor lies in the flat buffers. Matrices come first and norms last, so that
// weight decay is one contiguous range; q, k and v lie next to each other, gate and up too, so that
// one view is the matrix of one fused multiplication.
package io.qwenjet.train.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class ParameterLayout {
  /** A published tensor: rows x cols values from an offset; a vector has 0 rows. */
  record Slot(String name, long offset, long rows, long cols) {
    long size() {
      return Math.max(rows, 1) * cols;
    }

    long[] shape() {
      return rows == 0 ? new long[] {cols} : new long[] {rows, cols};
    }
  }

  /** A matrix of the graph: one published tensor or several adjacent ones. */
  record Block(long offset, long rows, long cols) {}

  /** A SwiGLU: gate and up as one matrix, and down. */
  record MlpBlocks(Block gateUp, Block down) {}

  /** One layer; the router is null in a dense layer, which has one entry in mlps. */
  record LayerBlocks(
      Block qkv,
      Block o,
      Block router,
      List<MlpBlocks> mlps,
      Slot inputNorm,
      Slot qNorm,
      Slot kNorm,
      Slot postNorm) {}

  private final Map<String, Slot> slots = new LinkedHashMap<>();
  private final List<LayerBlocks> layers = new ArrayList<>();
  private final Block embedding;
  private final Block head;
  private final Slot finalNorm;
  private final long embeddings;
  private final long decayed;
  private long size;

  ParameterLayout(ModelShape shape) {
    int hidden = shape.hiddenSize();
    embedding = matrix("model.embed_tokens.weight", shape.vocabSize(), hidden);
    head =
        shape.tieWordEmbeddings() ? null : matrix("lm_head.weight", shape.vocabSize(), hidden);
    embeddings = size;
    List<Block> qkv = new ArrayList<>();
    List<Block> o = new ArrayList<>();
    List<Block> routers = new ArrayList<>();
    List<List<MlpBlocks>> mlps = new ArrayList<>();
    int queries = shape.numAttentionHeads() * shape.headDim();
    int keys = shape.numKeyValueHeads() * shape.headDim();
    for (int layer = 0; layer < shape.numHiddenLayers(); layer++) {
      String name = layerName(layer);
      Block q = matrix(name + "self_attn.q_proj.weight", queries, hidden);
      matrix(name + "self_attn.k_proj.weight", keys, hidden);
      matrix(name + "self_attn.v_proj.weight", keys, hidden);
      qkv.add(new Block(q.offset(), queries + 2L * keys, hidden));
      o.add(matrix(name + "self_attn.o_proj.weight", hidden, queries));
      List<MlpBlocks> experts = new ArrayList<>();
      if (shape.sparse(layer)) {
        MoeShape moe = shape.moe().orElseThrow();
        routers.add(matrix(name + "mlp.gate.weight", moe.numExperts(), hidden));
        for (int expert = 0; expert < moe.numExperts(); expert++) {
          experts.add(mlp(name + "mlp.experts." + expert + ".", moe.moeIntermediateSize(), hidden));
        }
      } else {
        routers.add(null);
        experts.add(mlp(name + "mlp.", shape.intermediateSize(), hidden));
      }
      mlps.add(experts);
    }
    decayed = size;
    for (int layer = 0; layer < shape.numHiddenLayers(); layer++) {
      String name = layerName(layer);
      layers.add(
          new LayerBlocks(
              qkv.get(layer),
              o.get(layer),
              routers.get(layer),
              mlps.get(layer),
              vector(name + "input_layernorm.weight", hidden),
              vector(name + "self_attn.q_norm.weight", shape.headDim()),
              vector(name + "self_attn.k_norm.weight", shape.headDim()),
              vector(name + "post_attention_layernorm.weight", hidden)));
    }
    finalNorm = vector("model.norm.weight", hidden);
  }

  Map<String, Slot> slots() {
    return Collections.unmodifiableMap(slots);
  }

  LayerBlocks layer(int index) {
    return layers.get(index);
  }

  Block embedding() {
    return embedding;
  }

  /** The output matrix, or null when it is the embedding. */
  Block head() {
    return head;
  }

  Slot finalNorm() {
    return finalNorm;
  }

  /** Values from 0 to here are the embedding and an untied head. */
  long embeddings() {
    return embeddings;
  }

  /** Values from 0 to here take weight decay. */
  long decayed() {
    return decayed;
  }

  long size() {
    return size;
  }

  private static String layerName(int layer) {
    return "model.layers." + layer + ".";
  }

  private MlpBlocks mlp(String name, int width, int hidden) {
    Block gate = matrix(name + "gate_proj.weight", width, hidden);
    matrix(name + "up_proj.weight", width, hidden);
    Block down = matrix(name + "down_proj.weight", hidden, width);
    return new MlpBlocks(new Block(gate.offset(), 2L * width, hidden), down);
  }

  private Block matrix(String name, long rows, long cols) {
    Slot slot = add(name, rows, cols);
    return new Block(slot.offset(), rows, cols);
  }

  private Slot vector(String name, long size) {
    return add(name, 0, size);
  }

  private Slot add(String name, long rows, long cols) {
    Slot slot = new Slot(name, size, rows, cols);
    slots.put(name, slot);
    size += slot.size();
    return slot;
  }
}
