// SPDX-License-Identifier: Apache-2.0
// The graph of spec Qwen3 dense, section 3. The residual stream is float32 in both compute modes;
// the inputs of products have the compute type.
#include "model/decoder.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/bf16.h"
#include "base/check.h"
#include "model/projection.h"
#include "ops/attention/attention.h"
#include "ops/logits_topk/logits_topk.h"
#include "ops/rms_norm/rms_norm.h"
#include "ops/rope_kv_write/rope_kv_write.h"

namespace qwenjet::model {
namespace {

const float* OrNull(const std::vector<float>& v) { return v.empty() ? nullptr : v.data(); }

}  // namespace

layout::Matrix Decoder::Floats(float* data, int64_t rows, int64_t cols) const {
  return {data, DType::kFloat32, rows, cols, cols};
}

layout::Matrix Decoder::Compute(void* data, int64_t rows, int64_t cols) const {
  return {data, options_.compute, rows, cols, cols};
}

Status Decoder::Multiply(const layout::Matrix& x, const HeldMatrix& w,
                         const std::vector<float>& bias, const layout::Matrix& y) {
  return Project(*backend_, x, w, OrNull(bias), activations_, y);
}

Status Decoder::Run(const Step& step, const layout::LogitResult& result) {
  QJ_RETURN_IF_ERROR(CheckStep(step));
  ropes_.StartStep();
  const int32_t tokens = step.batch.num_tokens;
  QJ_RETURN_IF_ERROR(Embed(*backend_, weights_.embedding, step.token_ids,
                           Floats(act_.residual, tokens, config_.hidden_size)));
  for (int64_t layer = 0; layer < config_.num_layers; ++layer) {
    if (cancelled_.load(std::memory_order_relaxed)) {
      return Error(StatusCode::kCancelled, "the step was cancelled at layer ", layer);
    }
    QJ_RETURN_IF_ERROR(RunLayer(step, layer));
  }
  return RunHead(step, result);
}

Status Decoder::RunLayer(const Step& step, int64_t layer) {
  QJ_RETURN_IF_ERROR(RunAttention(step, layer));
  return RunFeedForward(step, layer);
}

Status Decoder::RunAttention(const Step& step, int64_t layer) {
  const LayerWeights& w = weights_.layers[static_cast<size_t>(layer)];
  const layout::KvPool& pool = pools_[static_cast<size_t>(layer)];
  const int32_t tokens = step.batch.num_tokens;
  const int64_t hidden = config_.hidden_size, q_cols = config_.num_q_heads * config_.head_dim;
  const layout::Matrix residual = Floats(act_.residual, tokens, hidden);
  const layout::Matrix delta = Floats(act_.delta, tokens, hidden);
  const layout::Matrix normed = Compute(act_.normed, tokens, hidden);
  const layout::Matrix qkv = Floats(act_.qkv, tokens, w.qkv.rows);
  const layout::Matrix q = Compute(act_.q, tokens, q_cols);

  ops::RmsNormArgs norm = {.x = residual,
                           .delta = {},
                           .weight = w.input_norm.data(),
                           .eps = static_cast<float>(config_.rms_norm_eps),
                           .y = normed};
  if (layer > 0) norm.delta = delta;
  QJ_RETURN_IF_ERROR(ops::RmsNorm(*backend_, norm));
  QJ_RETURN_IF_ERROR(Multiply(normed, w.qkv, w.qkv_bias, qkv));

  const StepRope rope = ropes_.For(config_.layer_rope[static_cast<size_t>(layer)], step.rope_len,
                                   step.batch.num_sequences);
  QJ_RETURN_IF_ERROR(
      ops::RopeKvWrite(*backend_, {.qkv = qkv,
                                   .num_q_heads = static_cast<int32_t>(config_.num_q_heads),
                                   .q_norm = OrNull(w.q_norm),
                                   .k_norm = OrNull(w.k_norm),
                                   .eps = static_cast<float>(config_.rms_norm_eps),
                                   .rotary_dim = rope.rotary_dim,
                                   .inv_freq = rope.inv_freq.data(),
                                   .attention_factor = rope.attention_factor.data(),
                                   .batch = step.batch,
                                   .q_out = q,
                                   .pool = pool}));

  const int32_t group = step.layer_group[layer];
  QJ_RETURN_IF_ERROR(ops::Attention(
      *backend_, {.q = q,
                  .num_q_heads = static_cast<int32_t>(config_.num_q_heads),
                  .pool = pool,
                  .batch = step.batch,
                  .window_len = step.window_len + int64_t{group} * tokens,
                  .sink_len = step.sink_len + int64_t{group} * step.batch.num_sequences,
                  .causal = true,
                  .scale = 1.0f / std::sqrt(static_cast<float>(config_.head_dim)),
                  .out = q}));
  return Multiply(q, w.o, w.o_bias, delta);
}

Status Decoder::RunFeedForward(const Step& step, int64_t layer) {
  const LayerWeights& w = weights_.layers[static_cast<size_t>(layer)];
  const int32_t tokens = step.batch.num_tokens;
  const int64_t hidden = config_.hidden_size, inner = config_.intermediate_size;
  const layout::Matrix delta = Floats(act_.delta, tokens, hidden);
  const layout::Matrix normed = Compute(act_.normed, tokens, hidden);
  const layout::Matrix gate_up = Floats(act_.gate_up, tokens, 2 * inner);
  const layout::Matrix gated = Compute(act_.gated, tokens, inner);
  QJ_RETURN_IF_ERROR(ops::RmsNorm(*backend_, {.x = Floats(act_.residual, tokens, hidden),
                                              .delta = delta,
                                              .weight = w.post_attention_norm.data(),
                                              .eps = static_cast<float>(config_.rms_norm_eps),
                                              .y = normed}));
  QJ_RETURN_IF_ERROR(ProjectGated(*backend_, normed, w.gate_up, OrNull(w.gate_up_bias),
                                  activations_, gate_up, gated));
  return Multiply(gated, w.down, w.down_bias, delta);
}

Status Decoder::RunHead(const Step& step, const layout::LogitResult& result) {
  const int64_t hidden = config_.hidden_size;
  const int32_t tokens = step.batch.num_tokens;
  const layout::Matrix normed = Compute(act_.normed, tokens, hidden);
  QJ_RETURN_IF_ERROR(ops::RmsNorm(*backend_, {.x = Floats(act_.residual, tokens, hidden),
                                              .delta = Floats(act_.delta, tokens, hidden),
                                              .weight = weights_.final_norm.data(),
                                              .eps = static_cast<float>(config_.rms_norm_eps),
                                              .y = normed}));
  last_num_tokens_ = tokens;
  last_rows_.assign(step.rows, step.rows + step.num_rows);
  last_num_valid_ = step.num_valid_tokens > 0 ? step.num_valid_tokens : config_.vocab_size;
  if (step.num_rows == 0) return OkStatus();

  const layout::Matrix selected = Compute(act_.selected, step.num_rows, hidden);
  for (int32_t r = 0; r < step.num_rows; ++r) {
    std::memcpy(selected.Row(r), normed.Row(step.rows[r].token_index),
                static_cast<size_t>(hidden) * SizeOf(options_.compute));
  }
  QJ_RETURN_IF_ERROR(Multiply(selected, weights_.Head(), {},
                              Floats(act_.logits, step.num_rows, config_.vocab_size)));
  int32_t num_changes = 0;
  int64_t num_masks = 0;
  const int64_t mask_words = (config_.vocab_size + 31) / 32;
  for (const layout::LogitRow& row : last_rows_) {
    if (row.changes_end > row.changes_begin) num_changes = std::max(num_changes, row.changes_end);
    if (row.mask_begin >= 0) num_masks = std::max(num_masks, row.mask_begin + mask_words);
  }
  if (num_changes > 0) last_changes_.assign(step.changes, step.changes + num_changes);
  if (num_masks > 0) last_masks_.assign(step.masks, step.masks + num_masks);
  return ops::LogitsTopk(*backend_, {.logits = act_.logits,
                                     .vocab_size = config_.vocab_size,
                                     .num_valid = last_num_valid_,
                                     .num_rows = step.num_rows,
                                     .rows = step.rows,
                                     .changes = step.changes,
                                     .probes = step.probes,
                                     .masks = step.masks,
                                     .result = result});
}

Status Decoder::LogitRow(int32_t row, bool processed, float* out, int64_t count) const {
  if (row < 0 || row >= static_cast<int32_t>(last_rows_.size())) {
    return Error(StatusCode::kInvalidArgument, "row: expected 0 to ", last_rows_.size(),
                 " - 1 (the last step's rows), got ", row);
  }
  if (count != config_.vocab_size) {
    return Error(StatusCode::kInvalidArgument, "count: expected vocab_size ", config_.vocab_size,
                 ", got ", count);
  }
  if (!processed) {
    std::memcpy(out, act_.logits + row * config_.vocab_size,
                static_cast<size_t>(count) * sizeof(float));
    return OkStatus();
  }
  ops::ProcessedRow({.logits = act_.logits,
                     .vocab_size = config_.vocab_size,
                     .num_valid = last_num_valid_,
                     .num_rows = static_cast<int32_t>(last_rows_.size()),
                     .rows = last_rows_.data(),
                     .changes = last_changes_.data(),
                     .probes = nullptr,
                     .masks = last_masks_.data(),
                     .result = {}},
                    row, out);
  return OkStatus();
}

Status Decoder::Hidden(int32_t token, float* out, int64_t count) const {
  if (token < 0 || token >= last_num_tokens_ || count != config_.hidden_size) {
    return Error(StatusCode::kInvalidArgument, "hidden: expected a token from 0 to ",
                 last_num_tokens_ - 1, " and count ", config_.hidden_size, ", got ", token, " and ",
                 count);
  }
  const layout::Matrix normed = Compute(act_.normed, last_num_tokens_, config_.hidden_size);
  if (options_.compute == DType::kFloat32) {
    std::memcpy(out, normed.Row(token), static_cast<size_t>(count) * sizeof(float));
    return OkStatus();
  }
  const auto* row = reinterpret_cast<const BFloat16*>(normed.Row(token));
  for (int64_t i = 0; i < count; ++i) out[i] = ToFloat(row[i]);
  return OkStatus();
}

Status Decoder::CopyPage(int32_t from, int32_t to) {
  if (from < 0 || to < 0 || from >= options_.num_pages || to >= options_.num_pages) {
    return Error(StatusCode::kInvalidArgument, "page: expected 0 to ", options_.num_pages - 1,
                 ", got ", from, " and ", to);
  }
  if (from == to) return OkStatus();
  for (const layout::KvPool& pool : pools_) {
    std::memcpy(pool.Keys(to, 0), pool.Keys(from, 0), static_cast<size_t>(pool.PageBytes()));
  }
  return OkStatus();
}

}  // namespace qwenjet::model
