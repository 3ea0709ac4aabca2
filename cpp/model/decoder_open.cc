// SPDX-License-Identifier: Apache-2.0
// Opening a decoder: the memory plan, weights, pages and activations, and the checks of a step.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "model/decoder.h"
#include "model/segment_load.h"
#include "ops/logits_topk/logits_topk.h"
#include "ops/validate.h"

namespace qwenjet::model {
namespace {

Status CheckOptions(const DecoderOptions& o) {
  QJ_RETURN_IF_ERROR(ops::CheckRange("num_threads", 1, 1024, o.num_threads));
  QJ_RETURN_IF_ERROR(ops::CheckRange("page_size", 16, 1024, o.page_size));
  if ((o.page_size & (o.page_size - 1)) != 0) {
    return Error(StatusCode::kInvalidArgument, "page_size: expected a power of two, got ",
                 o.page_size);
  }
  QJ_RETURN_IF_ERROR(ops::CheckRange("num_pages", 0, INT32_MAX, o.num_pages));
  QJ_RETURN_IF_ERROR(ops::CheckRange("max_step_tokens", 1, 1 << 20, o.max_step_tokens));
  QJ_RETURN_IF_ERROR(ops::CheckRange("max_step_sequences", 1, 1 << 20, o.max_step_sequences));
  return ops::CheckRange("max_logit_rows", 1, 1 << 20, o.max_logit_rows);
}

layout::KvPool PoolOf(const ModelConfig& config, const DecoderOptions& options) {
  return {.data = nullptr,
          .dtype = options.kv_cache == KvCache::kInt8 ? DType::kInt8 : options.compute,
          .num_pages = options.num_pages,
          .page_size = options.page_size,
          .num_kv_heads = config.num_kv_heads,
          .head_dim = config.head_dim};
}

// Small models lose more by int8 activations and have the time for int16 ones. (SmolLM2-135M,
// hidden_size 576, in Q4_1: KL divergence 0.0030 with int8; cpp/RESULTS.md has the speeds.)
constexpr int64_t kMinHiddenSizeOfInt8 = 1024;

ops::Activations ActivationsOf(const ModelConfig& config, const DecoderOptions& options) {
  if (options.activations.has_value()) return *options.activations;
  if (options.compute == DType::kFloat32) return ops::Activations::kExact;
  return config.hidden_size < kMinHiddenSizeOfInt8 ? ops::Activations::kInt16
                                                   : ops::Activations::kInt8;
}

constexpr int64_t Aligned(int64_t bytes) { return layout::RoundUp(bytes, 64); }

}  // namespace

Decoder::Decoder(ModelConfig config, const DecoderOptions& options)
    : config_(std::move(config)),
      options_(options),
      activations_(ActivationsOf(config_, options)),
      ropes_(config_) {}

int64_t Decoder::ActivationBytes(const ModelConfig& c, const DecoderOptions& o) {
  const int64_t t = o.max_step_tokens, r = o.max_logit_rows;
  const auto elem = static_cast<int64_t>(SizeOf(o.compute));
  const int64_t q = c.num_q_heads * c.head_dim, qkv = q + 2 * c.num_kv_heads * c.head_dim;
  return 2 * Aligned(t * c.hidden_size * 4) + Aligned(t * c.hidden_size * elem) +
         Aligned(t * qkv * 4) + Aligned(t * q * elem) + Aligned(t * 2 * c.intermediate_size * 4) +
         Aligned(t * c.intermediate_size * elem) + Aligned(r * c.hidden_size * elem) +
         Aligned(r * c.vocab_size * 4);
}

Result<MemoryPlan> Decoder::Plan(const format::Checkpoint& checkpoint,
                                 const DecoderOptions& options) {
  QJ_RETURN_IF_ERROR(CheckOptions(options));
  QJ_ASSIGN_OR_RETURN(const ModelConfig config, ParseConfig(checkpoint));
  QJ_ASSIGN_OR_RETURN(const WeightsPlan weights, PlanWeights(checkpoint, config, options.compute));
  MemoryPlan plan;
  plan.weights_bytes = weights.size_bytes;
  plan.parameters = weights.parameters;
  plan.embedding_parameters = weights.embedding_parameters;
  plan.kv_page_bytes = PoolOf(config, options).PageBytes() * config.num_layers;
  plan.kv_pool_bytes = plan.kv_page_bytes * options.num_pages;
  plan.activation_bytes = ActivationBytes(config, options);
  plan.embedding_bytes = weights.embedding_bytes;
  plan.head_bytes = weights.head_bytes;
  plan.quantized_parameters = weights.quantized_parameters;
  plan.load_bytes = LoadBufferBytes(options.num_threads);
  return plan;
}

Result<std::unique_ptr<Decoder>> Decoder::Open(const format::Checkpoint& checkpoint,
                                               const DecoderOptions& options, Progress* progress) {
  QJ_ASSIGN_OR_RETURN(const MemoryPlan plan, Plan(checkpoint, options));
  QJ_ASSIGN_OR_RETURN(ModelConfig config, ParseConfig(checkpoint));
  std::unique_ptr<Decoder> decoder(new Decoder(std::move(config), options));
  QJ_ASSIGN_OR_RETURN(decoder->backend_,
                      ops::Backend::CreateCpu(options.isa, options.num_threads, options.bodies));
  QJ_ASSIGN_OR_RETURN(decoder->weights_, LoadWeights(checkpoint, decoder->config_, options.compute,
                                                     decoder->backend_->threads(), progress));
  QJ_RETURN_IF_ERROR(decoder->AllocatePools());
  QJ_RETURN_IF_ERROR(decoder->AllocateActivations());
  decoder->memory_ = plan;
  decoder->memory_.weights_bytes = decoder->weights_.SizeBytes();
  decoder->memory_.load_bytes = 0;
  return decoder;
}

Status Decoder::AllocatePools() {
  for (int64_t layer = 0; layer < config_.num_layers; ++layer) {
    layout::KvPool pool = PoolOf(config_, options_);
    QJ_ASSIGN_OR_RETURN(MemoryBlock memory, MemoryBlock::Create(pool.PageBytes() * pool.num_pages));
    pool.data = memory.data();
    pool_memory_.push_back(std::move(memory));
    pools_.push_back(pool);
  }
  return OkStatus();
}

Status Decoder::AllocateActivations() {
  QJ_ASSIGN_OR_RETURN(act_.memory, MemoryBlock::Create(ActivationBytes(config_, options_)));
  std::byte* at = act_.memory.data();
  const auto take = [&at](int64_t bytes) { return std::exchange(at, at + Aligned(bytes)); };
  const int64_t t = options_.max_step_tokens, r = options_.max_logit_rows;
  const auto elem = static_cast<int64_t>(SizeOf(options_.compute));
  const int64_t q = config_.num_q_heads * config_.head_dim;
  const int64_t qkv = q + 2 * config_.num_kv_heads * config_.head_dim;
  act_.residual = reinterpret_cast<float*>(take(t * config_.hidden_size * 4));
  act_.delta = reinterpret_cast<float*>(take(t * config_.hidden_size * 4));
  act_.normed = take(t * config_.hidden_size * elem);
  act_.qkv = reinterpret_cast<float*>(take(t * qkv * 4));
  act_.q = take(t * q * elem);
  act_.gate_up = reinterpret_cast<float*>(take(t * 2 * config_.intermediate_size * 4));
  act_.gated = take(t * config_.intermediate_size * elem);
  act_.selected = take(r * config_.hidden_size * elem);
  act_.logits = reinterpret_cast<float*>(take(r * config_.vocab_size * 4));
  return OkStatus();
}

// What the operators do not check for themselves. Batches and ids are theirs.
Status Decoder::CheckStep(const Step& step) const {
  QJ_RETURN_IF_ERROR(
      ops::CheckRange("step: num_tokens", 1, options_.max_step_tokens, step.batch.num_tokens));
  QJ_RETURN_IF_ERROR(ops::CheckRange("step: num_sequences", 1, options_.max_step_sequences,
                                     step.batch.num_sequences));
  QJ_RETURN_IF_ERROR(ops::CheckRange("step: num_rows", 0, options_.max_logit_rows, step.num_rows));
  QJ_RETURN_IF_ERROR(
      ops::CheckRange("step: num_window_groups", 1, config_.num_layers, step.num_window_groups));
  QJ_RETURN_IF_ERROR(
      ops::CheckRange("step: num_valid_tokens", 0, config_.vocab_size, step.num_valid_tokens));
  for (const auto& [name, pointer] :
       {std::pair<const char*, const void*>{"step: token_ids", step.token_ids},
        {"step: rope_len", step.rope_len},
        {"step: layer_group", step.layer_group},
        {"step: window_len", step.window_len},
        {"step: sink_len", step.sink_len}}) {
    QJ_RETURN_IF_ERROR(ops::CheckPointer(name, pointer));
  }
  if (step.num_rows > 0) QJ_RETURN_IF_ERROR(ops::CheckPointer("step: rows", step.rows));
  for (int64_t layer = 0; layer < config_.num_layers; ++layer) {
    QJ_RETURN_IF_ERROR(ops::CheckRange("step: layer_group", 0, step.num_window_groups - 1,
                                       step.layer_group[layer]));
  }
  QJ_RETURN_IF_ERROR(ops::CheckBatch("step", step.batch, options_.page_size, options_.num_pages));
  for (int32_t s = 0; s < step.batch.num_sequences; ++s) {
    QJ_RETURN_IF_ERROR(ops::CheckRange("step: kv_len", 0, 1 << 24, step.batch.kv_len[s]));
    if (config_.RopeDependsOnLength()) {
      QJ_RETURN_IF_ERROR(
          ops::CheckRange("step: rope_len", step.batch.kv_len[s], INT32_MAX, step.rope_len[s]));
    }
  }
  for (int32_t r = 0; r < step.num_rows; ++r) {
    QJ_RETURN_IF_ERROR(ops::CheckRange("step: rows.token_index", 0, step.batch.num_tokens - 1,
                                       step.rows[r].token_index));
  }
  // Here rather than after all layers have run: the head keeps changes and masks of the step.
  return ops::CheckLogitRows({.logits = nullptr,
                              .vocab_size = config_.vocab_size,
                              .num_valid = step.num_valid_tokens,
                              .num_rows = step.num_rows,
                              .rows = step.rows,
                              .changes = step.changes,
                              .probes = step.probes,
                              .masks = step.masks,
                              .result = {}});
}

}  // namespace qwenjet::model
