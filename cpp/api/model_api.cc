// SPDX-License-Identifier: Apache-2.0
// api: models and steps. The structs of qwenjet.h and of the layers below have the same members;
// arrays pass through untouched where the layout is the same, which is checked here.
#include <cstddef>

#include "api/handles.h"

using qwenjet::Error;
using qwenjet::OkStatus;
using qwenjet::Status;
using qwenjet::StatusCode;
using qwenjet::api::CheckArgument;
using qwenjet::api::Guard;
namespace layout = qwenjet::layout;
namespace model = qwenjet::model;

static_assert(sizeof(qj_logit_change) == sizeof(layout::LogitChange));
static_assert(offsetof(qj_logit_change, subtract) == offsetof(layout::LogitChange, subtract));
static_assert(sizeof(qj_logit_row) == sizeof(layout::LogitRow));
static_assert(offsetof(qj_logit_row, num_raw_top) == offsetof(layout::LogitRow, num_raw_top));
static_assert(offsetof(qj_logit_row, mask_begin) == offsetof(layout::LogitRow, mask_begin));
static_assert(QJ_MAX_CANDIDATES == layout::kMaxCandidates);
static_assert(QJ_MAX_RAW_TOP == layout::kMaxRawTop);
static_assert(QJ_WINDOW_FULL == layout::kWindowFull);

namespace {

std::optional<qwenjet::ops::Activations> ActivationsOf(int32_t activations) {
  switch (activations) {
    case QJ_ACTIVATIONS_EXACT:
      return qwenjet::ops::Activations::kExact;
    case QJ_ACTIVATIONS_INT8:
      return qwenjet::ops::Activations::kInt8;
    case QJ_ACTIVATIONS_INT16:
      return qwenjet::ops::Activations::kInt16;
    default:
      return std::nullopt;
  }
}

qwenjet::Result<model::DecoderOptions> OptionsOf(const qj_model_options& o) {
  if (o.compute_dtype != QJ_FLOAT32 && o.compute_dtype != QJ_BFLOAT16) {
    return Error(StatusCode::kInvalidArgument,
                 "compute_dtype: expected 0 (float32) or 1 (bfloat16), got ", o.compute_dtype);
  }
  if (o.activations < QJ_ACTIVATIONS_AUTO || o.activations > QJ_ACTIVATIONS_INT16) {
    return Error(StatusCode::kInvalidArgument,
                 "activations: expected 0 (auto), 1 (exact), 2 (int8) or 3 (int16), got ",
                 o.activations);
  }
  if (o.isa < QJ_ISA_AUTO || o.isa > QJ_ISA_AMX) {
    return Error(StatusCode::kInvalidArgument, "isa: expected -1 (auto) to 5 (amx), got ", o.isa);
  }
  if (o.kv_cache != QJ_KV_CACHE_COMPUTE && o.kv_cache != QJ_KV_CACHE_INT8) {
    return Error(StatusCode::kInvalidArgument,
                 "kv_cache: expected 0 (as computed) or 1 (int8), got ", o.kv_cache);
  }
  return model::DecoderOptions{
      .compute =
          o.compute_dtype == QJ_FLOAT32 ? qwenjet::DType::kFloat32 : qwenjet::DType::kBFloat16,
      .kv_cache = o.kv_cache == QJ_KV_CACHE_INT8 ? model::KvCache::kInt8 : model::KvCache::kCompute,
      .isa = o.isa == QJ_ISA_AUTO ? qwenjet::BestIsa() : static_cast<qwenjet::Isa>(o.isa),
      .num_threads = o.num_threads,
      .page_size = o.page_size,
      .num_pages = o.num_pages,
      .max_step_tokens = o.max_step_tokens,
      .max_step_sequences = o.max_step_sequences,
      .max_logit_rows = o.max_logit_rows,
      .activations = ActivationsOf(o.activations),
  };
}

qj_memory_plan PlanOf(const model::MemoryPlan& plan) {
  return {plan.weights_bytes,        plan.kv_page_bytes,   plan.kv_pool_bytes,
          plan.activation_bytes,     plan.load_bytes,      plan.parameters,
          plan.embedding_parameters, plan.embedding_bytes, plan.head_bytes,
          plan.quantized_parameters};
}

model::Step StepOf(const qj_step& s) {
  return {
      .batch = {.num_tokens = s.num_tokens,
                .num_sequences = s.num_sequences,
                .query_start = s.query_start,
                .kv_len = s.kv_len,
                .block_table_start = s.block_table_start,
                .block_tables = s.block_tables},
      .num_window_groups = s.num_window_groups,
      .num_rows = s.num_rows,
      .num_valid_tokens = s.num_valid_tokens,
      .token_ids = s.token_ids,
      .rope_len = s.rope_len,
      .layer_group = s.layer_group,
      .window_len = s.window_len,
      .sink_len = s.sink_len,
      .rows = reinterpret_cast<const layout::LogitRow*>(s.rows),
      .changes = reinterpret_cast<const layout::LogitChange*>(s.changes),
      .probes = s.probes,
      .masks = s.masks,
  };
}

Status CheckResult(const qj_step& step, const qj_step_result& r) {
  if (step.num_rows == 0) return OkStatus();
  QJ_RETURN_IF_ERROR(CheckArgument("result: lse_raw", r.lse_raw));
  QJ_RETURN_IF_ERROR(CheckArgument("result: lse_processed", r.lse_processed));
  QJ_RETURN_IF_ERROR(CheckArgument("result: num_candidates", r.num_candidates));
  QJ_RETURN_IF_ERROR(CheckArgument("result: candidate_ids", r.candidate_ids));
  QJ_RETURN_IF_ERROR(CheckArgument("result: candidate_raw", r.candidate_raw));
  QJ_RETURN_IF_ERROR(CheckArgument("result: candidate_processed", r.candidate_processed));
  QJ_RETURN_IF_ERROR(CheckArgument("result: raw_top_ids", r.raw_top_ids));
  QJ_RETURN_IF_ERROR(CheckArgument("result: raw_top_logits", r.raw_top_logits));
  for (int32_t i = 0; i < step.num_rows; ++i) {
    if (step.rows == nullptr || step.rows[i].probes_end <= step.rows[i].probes_begin) continue;
    QJ_RETURN_IF_ERROR(CheckArgument("step: probes", step.probes));
    QJ_RETURN_IF_ERROR(CheckArgument("result: probe_logits", r.probe_logits));
    QJ_RETURN_IF_ERROR(CheckArgument("result: probe_ranks", r.probe_ranks));
  }
  return OkStatus();
}

layout::LogitResult ResultOf(const qj_step_result& r) {
  return {r.lse_raw,       r.lse_processed,       r.num_candidates, r.candidate_ids,
          r.candidate_raw, r.candidate_processed, r.raw_top_ids,    r.raw_top_logits,
          r.probe_logits,  r.probe_ranks};
}

}  // namespace

int32_t qj_model_plan(const qj_checkpoint* checkpoint, const qj_model_options* options,
                      qj_memory_plan* plan) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("checkpoint", checkpoint));
    QJ_RETURN_IF_ERROR(CheckArgument("options", options));
    QJ_RETURN_IF_ERROR(CheckArgument("plan", plan));
    QJ_ASSIGN_OR_RETURN(const auto decoder_options, OptionsOf(*options));
    QJ_ASSIGN_OR_RETURN(const auto planned,
                        model::Decoder::Plan(*checkpoint->checkpoint, decoder_options));
    *plan = PlanOf(planned);
    return OkStatus();
  });
}

int32_t qj_progress_create(qj_progress** progress) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("progress", progress));
    *progress = new qj_progress();
    return OkStatus();
  });
}

void qj_progress_free(qj_progress* progress) { delete progress; }

void qj_progress_read(const qj_progress* progress, int64_t* done_bytes, int64_t* total_bytes) {
  if (progress == nullptr) return;
  if (done_bytes != nullptr) *done_bytes = progress->progress.done_bytes.load();
  if (total_bytes != nullptr) *total_bytes = progress->progress.total_bytes.load();
}

void qj_progress_cancel(qj_progress* progress) {
  if (progress != nullptr) progress->progress.cancelled.store(true);
}

int32_t qj_model_open(const qj_checkpoint* checkpoint, const qj_model_options* options,
                      qj_progress* progress, qj_model** model_out) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("checkpoint", checkpoint));
    QJ_RETURN_IF_ERROR(CheckArgument("options", options));
    QJ_RETURN_IF_ERROR(CheckArgument("model", model_out));
    QJ_ASSIGN_OR_RETURN(const auto decoder_options, OptionsOf(*options));
    auto handle = std::make_unique<qj_model>();
    QJ_ASSIGN_OR_RETURN(handle->decoder,
                        model::Decoder::Open(*checkpoint->checkpoint, decoder_options,
                                             progress == nullptr ? nullptr : &progress->progress));
    *model_out = handle.release();
    return OkStatus();
  });
}

void qj_model_close(qj_model* model_handle) { delete model_handle; }

int32_t qj_model_memory(const qj_model* model_handle, qj_memory_plan* held) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("model", model_handle));
    QJ_RETURN_IF_ERROR(CheckArgument("held", held));
    *held = PlanOf(model_handle->decoder->memory());
    return OkStatus();
  });
}

int32_t qj_model_isa(const qj_model* model_handle) {
  return model_handle == nullptr ? QJ_ISA_AUTO : static_cast<int32_t>(model_handle->decoder->isa());
}

void qj_model_cancel(qj_model* model_handle) {
  if (model_handle != nullptr) model_handle->decoder->Cancel();
}

int32_t qj_model_step(qj_model* model_handle, const qj_step* step, qj_step_result* result) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("model", model_handle));
    QJ_RETURN_IF_ERROR(CheckArgument("step", step));
    QJ_RETURN_IF_ERROR(CheckArgument("result", result));
    QJ_RETURN_IF_ERROR(CheckResult(*step, *result));
    return model_handle->decoder->Run(StepOf(*step), ResultOf(*result));
  });
}

int32_t qj_model_row(const qj_model* model_handle, int32_t row, int32_t processed, float* logits,
                     int64_t count) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("model", model_handle));
    QJ_RETURN_IF_ERROR(CheckArgument("logits", logits));
    return model_handle->decoder->LogitRow(row, processed != 0, logits, count);
  });
}

int32_t qj_model_hidden(const qj_model* model_handle, int32_t token_index, float* hidden,
                        int64_t count) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("model", model_handle));
    QJ_RETURN_IF_ERROR(CheckArgument("hidden", hidden));
    return model_handle->decoder->Hidden(token_index, hidden, count);
  });
}

int32_t qj_model_copy_page(qj_model* model_handle, int32_t from_page, int32_t to_page) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("model", model_handle));
    return model_handle->decoder->CopyPage(from_page, to_page);
  });
}
