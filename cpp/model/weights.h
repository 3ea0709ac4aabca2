// SPDX-License-Identifier: Apache-2.0
// model: the weights of a dense decoder as the CPU backend holds them: q, k, v in one matrix, gate
// and up in another, everything in tiles, what is stored quantised too; norms and biases in
// float32.
#pragma once

#include <vector>

#include "base/dtype.h"
#include "base/progress.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "format/checkpoint.h"
#include "layout/quant_weight.h"
#include "model/config.h"
#include "model/held_matrix.h"

namespace qwenjet::model {

struct LayerWeights {
  HeldMatrix qkv;      // [(Hq + 2 Hkv) D, H]
  HeldMatrix o;        // [H, Hq D]
  HeldMatrix gate_up;  // [2 I, H]
  HeldMatrix down;     // [H, I]
  std::vector<float> input_norm, post_attention_norm;
  std::vector<float> q_norm, k_norm;  // empty: none
  std::vector<float> qkv_bias, o_bias, gate_up_bias, down_bias;
};

struct DecoderWeights {
  HeldMatrix embedding;
  HeldMatrix lm_head;  // empty where the head is tied
  std::vector<float> final_norm;
  std::vector<LayerWeights> layers;

  const HeldMatrix& Head() const { return lm_head.segments.empty() ? embedding : lm_head; }
  int64_t SizeBytes() const;
};

// Weights that are held alike.
struct WeightForm {
  bool quantized = false;
  layout::QuantScheme scheme;      // where quantised
  DType dtype = DType::kBFloat16;  // where not
  int64_t parameters = 0;
  int64_t size_bytes = 0;
};

// What loading would hold and how many elements there are, from headers alone. Checks that every
// tensor is there with the shape that the configuration asks for. In float32, F32 and F16 tensors
// count as float32: loading may find that bf16 holds them exactly, and then takes half.
struct WeightsPlan {
  int64_t size_bytes = 0;
  int64_t embedding_bytes = 0;  // as held, the embedding and an untied head
  int64_t head_bytes = 0;       // the head, which may be the embedding
  int64_t parameters = 0;
  int64_t embedding_parameters = 0;
  int64_t quantized_parameters = 0;  // held quantised
  std::vector<WeightForm> forms;     // of the matrices, most elements first
};
Result<WeightsPlan> PlanWeights(const format::Checkpoint& checkpoint, const ModelConfig& config,
                                DType compute);

// Reads all weights, in slices of a few megabytes a thread. What is stored quantised is held so,
// but for e4m3, which is dequantised. bfloat16 holds every other matrix in bf16; float32 keeps it
// in bf16 where that is exact and holds it in float32 elsewhere. kCancelled when progress says so.
Result<DecoderWeights> LoadWeights(const format::Checkpoint& checkpoint, const ModelConfig& config,
                                   DType compute, ThreadPool& threads, Progress* progress);

}  // namespace qwenjet::model
