// SPDX-License-Identifier: Apache-2.0
// quantize: runs one decoder layer after another over whole sequences, so that one layer's weights
// are in memory at a time: the graph of model/decoder.cc in bfloat16, without pages that outlive a
// layer.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "base/arena.h"
#include "layout/tensor_view.h"
#include "model/config.h"
#include "model/quantize/layer_tensors.h"
#include "model/rope_cache.h"
#include "ops/backend.h"

namespace qwenjet::model::quantize {

// Sequences behind each other; tokens of one see its own alone.
struct Sequences {
  const int32_t* token_ids = nullptr;
  std::vector<int32_t> lengths;

  int64_t NumTokens() const;
};

// The residual stream of sequences, float32 [tokens, hidden_size].
using Residual = FloatMatrix;

// Sees the inputs of a layer's matrices, bf16 [tokens, K], a chunk of sequences at a time.
using Observer = std::function<Status(Input, const layout::ConstMatrix&)>;

class LayerRunner {
 public:
  // Both must outlive it.
  LayerRunner(const ModelConfig& config, ops::Backend& backend)
      : config_(config), backend_(backend), ropes_(config) {}

  // The layer's output in place of its input. kCancelled between chunks.
  Status Run(int64_t layer, const TiledLayer& weights, const Sequences& sequences,
             const Observer& observer, const std::atomic<bool>* cancelled, Residual& residual);

 private:
  struct Chunk {
    size_t last = 0;  // the first sequence behind it
    int32_t num_tokens = 0;
    int64_t num_pages = 0;
    std::vector<int32_t> query_start, kv_len, table_start, tables, window_len, sink_len;
  };
  static Chunk NextChunk(const Sequences& sequences, size_t first, int32_t window);
  Status RunChunk(int64_t layer, const TiledLayer& weights, const Chunk& chunk,
                  const Observer& observer, float* residual);
  Status RunAttention(int64_t layer, const TiledLayer& weights, const Chunk& chunk,
                      const layout::Matrix& qkv, const layout::Matrix& q);
  // Memory of the chunk, by slot; grows.
  Result<layout::Matrix> Buffer(size_t slot, DType dtype, int64_t rows, int64_t cols);

  const ModelConfig& config_;
  ops::Backend& backend_;
  RopeCache ropes_;
  std::vector<GrowingBuffer> buffers_ = std::vector<GrowingBuffer>(7);
};

}  // namespace qwenjet::model::quantize
