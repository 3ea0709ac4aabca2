// SPDX-License-Identifier: Apache-2.0
// model: the weights of a dense decoder as the CPU backend holds them: q, k, v in one matrix, gate
// and up in another, everything in the tile layout; norms and biases in float32.
#pragma once

#include <vector>

#include "base/arena.h"
#include "base/dtype.h"
#include "base/progress.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "format/checkpoint.h"
#include "layout/tiled_weight.h"
#include "model/config.h"

namespace qwenjet::model {

// One matrix of the graph and the stored tensors whose rows it stacks.
struct MatrixSpec {
  std::vector<const format::TensorInfo*> parts;
  std::vector<int64_t> part_rows;
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t head_dim = 0;  // > 0: parts 0 and 1 may be stored permuted (RowSource)
};

// A tiled weight and the memory that it owns.
struct HeldWeight {
  MemoryBlock memory;
  layout::TiledWeight tiled;
};

struct LayerWeights {
  HeldWeight qkv;      // [(Hq + 2 Hkv) D, H]
  HeldWeight o;        // [H, Hq D]
  HeldWeight gate_up;  // [2 I, H]
  HeldWeight down;     // [H, I]
  std::vector<float> input_norm, post_attention_norm;
  std::vector<float> q_norm, k_norm;  // empty: none
  std::vector<float> qkv_bias, o_bias, gate_up_bias, down_bias;
};

struct DecoderWeights {
  HeldWeight embedding;
  HeldWeight lm_head;  // empty where the head is tied
  std::vector<float> final_norm;
  std::vector<LayerWeights> layers;

  const layout::TiledWeight& Head() const {
    return lm_head.tiled.data == nullptr ? embedding.tiled : lm_head.tiled;
  }
  int64_t SizeBytes() const;
};

// What loading would hold and how many elements there are, from shapes and stored types alone.
// Checks that every tensor is there with the shape that the configuration asks for.
struct WeightsPlan {
  int64_t size_bytes = 0;
  int64_t parameters = 0;
  int64_t embedding_parameters = 0;
};
Result<WeightsPlan> PlanWeights(const format::Checkpoint& checkpoint, const ModelConfig& config,
                                DType compute);

// Reads all weights, in slices of a few megabytes a thread. bfloat16 holds every matrix in bf16;
// float32 keeps a matrix in bf16 where that is exact and holds any other in float32.
// kCancelled when progress says so.
Result<DecoderWeights> LoadWeights(const format::Checkpoint& checkpoint, const ModelConfig& config,
                                   DType compute, ThreadPool& threads, Progress* progress);

}  // namespace qwenjet::model
