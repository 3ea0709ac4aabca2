// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/layer_runner.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "ops/attention/attention.h"
#include "ops/linear/linear.h"
#include "ops/rms_norm/rms_norm.h"
#include "ops/rope_kv_write/rope_kv_write.h"
#include "ops/swiglu/swiglu.h"

namespace qwenjet::model::quantize {
namespace {

// Tokens of a chunk unless one sequence is longer: products are at full speed, and the activations
// of a large model stay near 100 MB.
constexpr int32_t kChunkTokens = 2048;
constexpr int64_t kPageSize = 64;

enum Slot : size_t { kDelta, kNormed, kQkv, kQ, kGateUp, kGated, kPages };

const float* OrNull(const std::vector<float>& v) { return v.empty() ? nullptr : v.data(); }

layout::Matrix Floats(float* data, int64_t rows, int64_t cols) {
  return {data, DType::kFloat32, rows, cols, cols};
}

}  // namespace

int64_t Sequences::NumTokens() const {
  return std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
}

Result<layout::Matrix> LayerRunner::Buffer(size_t slot, DType dtype, int64_t rows, int64_t cols) {
  std::byte* data = buffers_[slot].Reserve(rows * cols * static_cast<int64_t>(SizeOf(dtype)));
  if (data == nullptr) {
    return Error(StatusCode::kOutOfHostMemory, "quantize: no memory for activations of ", rows,
                 " tokens");
  }
  return layout::Matrix{data, dtype, rows, cols, cols};
}

LayerRunner::Chunk LayerRunner::NextChunk(const Sequences& sequences, size_t first,
                                          int32_t window) {
  Chunk chunk;
  chunk.last = first;
  chunk.query_start = {0};
  chunk.table_start = {0};
  while (chunk.last < sequences.lengths.size()) {
    const int32_t length = sequences.lengths[chunk.last];
    if (chunk.last > first && chunk.num_tokens + length > kChunkTokens) break;
    chunk.num_tokens += length;
    chunk.query_start.push_back(chunk.num_tokens);
    chunk.kv_len.push_back(length);
    for (int64_t page = 0; page < (length + kPageSize - 1) / kPageSize; ++page) {
      chunk.tables.push_back(static_cast<int32_t>(chunk.num_pages++));
    }
    chunk.table_start.push_back(static_cast<int32_t>(chunk.tables.size()));
    ++chunk.last;
  }
  chunk.window_len.assign(static_cast<size_t>(chunk.num_tokens), window);
  chunk.sink_len.assign(chunk.kv_len.size(), 0);
  return chunk;
}

Status LayerRunner::Run(int64_t layer, const TiledLayer& weights, const Sequences& sequences,
                        const Observer& observer, const std::atomic<bool>* cancelled,
                        Residual& residual) {
  ropes_.StartStep();
  int64_t token = 0;
  for (size_t first = 0; first < sequences.lengths.size();) {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
      return Error(StatusCode::kCancelled, "quantising was cancelled at layer ", layer);
    }
    const Chunk chunk =
        NextChunk(sequences, first, config_.layer_window[static_cast<size_t>(layer)]);
    QJ_RETURN_IF_ERROR(RunChunk(layer, weights, chunk, observer, residual.Row(token)));
    token += chunk.num_tokens;
    first = chunk.last;
  }
  return OkStatus();
}

Status LayerRunner::RunAttention(int64_t layer, const TiledLayer& weights, const Chunk& chunk,
                                 const layout::Matrix& qkv, const layout::Matrix& q) {
  layout::KvPool pool = {.data = nullptr,
                         .dtype = DType::kBFloat16,
                         .num_pages = chunk.num_pages,
                         .page_size = kPageSize,
                         .num_kv_heads = config_.num_kv_heads,
                         .head_dim = config_.head_dim};
  QJ_ASSIGN_OR_RETURN(const layout::Matrix pages, Buffer(kPages, DType::kBFloat16, pool.num_pages,
                                                         2 * pool.num_kv_heads * pool.HeadElems()));
  pool.data = pages.data;
  const layout::SequenceBatch batch = {.num_tokens = chunk.num_tokens,
                                       .num_sequences = static_cast<int32_t>(chunk.kv_len.size()),
                                       .query_start = chunk.query_start.data(),
                                       .kv_len = chunk.kv_len.data(),
                                       .block_table_start = chunk.table_start.data(),
                                       .block_tables = chunk.tables.data()};
  const StepRope rope = ropes_.For(config_.layer_rope[static_cast<size_t>(layer)],
                                   chunk.kv_len.data(), batch.num_sequences);
  QJ_RETURN_IF_ERROR(
      ops::RopeKvWrite(backend_, {.qkv = qkv,
                                  .num_q_heads = static_cast<int32_t>(config_.num_q_heads),
                                  .q_norm = OrNull(weights.q_norm),
                                  .k_norm = OrNull(weights.k_norm),
                                  .eps = static_cast<float>(config_.rms_norm_eps),
                                  .rotary_dim = rope.rotary_dim,
                                  .inv_freq = rope.inv_freq.data(),
                                  .attention_factor = rope.attention_factor.data(),
                                  .batch = batch,
                                  .q_out = q,
                                  .pool = pool}));
  return ops::Attention(backend_, {.q = q,
                                   .num_q_heads = static_cast<int32_t>(config_.num_q_heads),
                                   .pool = pool,
                                   .batch = batch,
                                   .window_len = chunk.window_len.data(),
                                   .sink_len = chunk.sink_len.data(),
                                   .causal = true,
                                   .scale = 1.0f / std::sqrt(static_cast<float>(config_.head_dim)),
                                   .out = q});
}

Status LayerRunner::RunChunk(int64_t layer, const TiledLayer& weights, const Chunk& chunk,
                             const Observer& observer, float* residual_data) {
  const int64_t tokens = chunk.num_tokens, hidden = config_.hidden_size;
  const int64_t inner = config_.intermediate_size;
  const layout::Matrix residual = Floats(residual_data, tokens, hidden);
  QJ_ASSIGN_OR_RETURN(const auto delta, Buffer(kDelta, DType::kFloat32, tokens, hidden));
  QJ_ASSIGN_OR_RETURN(const auto normed, Buffer(kNormed, DType::kBFloat16, tokens, hidden));
  QJ_ASSIGN_OR_RETURN(const auto qkv, Buffer(kQkv, DType::kFloat32, tokens, weights.qkv().n));
  QJ_ASSIGN_OR_RETURN(const auto q, Buffer(kQ, DType::kBFloat16, tokens, weights.o().k));
  QJ_ASSIGN_OR_RETURN(const auto gate_up, Buffer(kGateUp, DType::kFloat32, tokens, 2 * inner));
  QJ_ASSIGN_OR_RETURN(const auto gated, Buffer(kGated, DType::kBFloat16, tokens, inner));
  const auto see = [&observer](Input input, const layout::Matrix& x) {
    return observer ? observer(input, x) : OkStatus();
  };
  const auto eps = static_cast<float>(config_.rms_norm_eps);

  QJ_RETURN_IF_ERROR(ops::RmsNorm(
      backend_,
      {.x = residual, .delta = {}, .weight = weights.input_norm.data(), .eps = eps, .y = normed}));
  QJ_RETURN_IF_ERROR(see(Input::kAttention, normed));
  QJ_RETURN_IF_ERROR(ops::Linear(
      backend_, {.x = normed, .w = weights.qkv(), .bias = OrNull(weights.qkv_bias), .y = qkv}));
  QJ_RETURN_IF_ERROR(RunAttention(layer, weights, chunk, qkv, q));
  QJ_RETURN_IF_ERROR(see(Input::kOutput, q));
  QJ_RETURN_IF_ERROR(ops::Linear(
      backend_, {.x = q, .w = weights.o(), .bias = OrNull(weights.o_bias), .y = delta}));

  QJ_RETURN_IF_ERROR(ops::RmsNorm(backend_, {.x = residual,
                                             .delta = delta,
                                             .weight = weights.post_attention_norm.data(),
                                             .eps = eps,
                                             .y = normed}));
  QJ_RETURN_IF_ERROR(see(Input::kFeedForward, normed));
  QJ_RETURN_IF_ERROR(ops::Linear(
      backend_,
      {.x = normed, .w = weights.gate_up(), .bias = OrNull(weights.gate_up_bias), .y = gate_up}));
  QJ_RETURN_IF_ERROR(ops::Swiglu(backend_, {.gate_up = gate_up, .y = gated}));
  QJ_RETURN_IF_ERROR(see(Input::kDown, gated));
  QJ_RETURN_IF_ERROR(ops::Linear(
      backend_, {.x = gated, .w = weights.down(), .bias = OrNull(weights.down_bias), .y = delta}));
  const auto* added = static_cast<const float*>(delta.data);
  for (int64_t i = 0; i < tokens * hidden; ++i) residual_data[i] += added[i];
  return OkStatus();
}

}  // namespace qwenjet::model::quantize
