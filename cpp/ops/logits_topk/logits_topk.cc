// SPDX-License-Identifier: Apache-2.0
#include "ops/logits_topk/logits_topk.h"

#include <cmath>
#include <limits>
#include <vector>

#include "base/check.h"
#include "ops/logits_topk/change.h"
#include "ops/validate.h"

namespace qwenjet::ops {
namespace {

std::string At(int32_t row, const char* field) {
  return "logits_topk: rows[" + std::to_string(row) + "]." + field;
}

Status CheckRow(const LogitsTopkArgs& args, int32_t index) {
  const layout::LogitRow& row = args.rows[index];
  if (!(row.temperature > 0.0f) || !std::isfinite(row.temperature)) {
    return Error(StatusCode::kInvalidArgument, At(index, "temperature"),
                 ": expected a finite number > 0, got ", row.temperature);
  }
  QJ_RETURN_IF_ERROR(CheckRange(At(index, "num_candidates").c_str(), 0, layout::kMaxCandidates,
                                row.num_candidates));
  QJ_RETURN_IF_ERROR(
      CheckRange(At(index, "num_raw_top").c_str(), 0, layout::kMaxRawTop, row.num_raw_top));
  if (row.changes_begin < 0 || row.changes_end < row.changes_begin || row.probes_begin < 0 ||
      row.probes_end < row.probes_begin || row.mask_begin < -1) {
    return Error(StatusCode::kInvalidArgument, At(index, "changes, probes, mask_begin"),
                 ": expected ascending ranges from 0 and a mask from -1, got [", row.changes_begin,
                 ", ", row.changes_end, "), [", row.probes_begin, ", ", row.probes_end, "), ",
                 row.mask_begin);
  }
  if (row.mask_begin >= 0) QJ_RETURN_IF_ERROR(CheckPointer("logits_topk: masks", args.masks));
  if (row.changes_end > row.changes_begin) {
    QJ_RETURN_IF_ERROR(CheckPointer("logits_topk: changes", args.changes));
  }
  if (row.probes_end > row.probes_begin) {
    QJ_RETURN_IF_ERROR(CheckPointer("logits_topk: probes", args.probes));
  }
  for (int32_t i = row.changes_begin; i < row.changes_end; ++i) {
    const layout::LogitChange& change = args.changes[i];
    QJ_RETURN_IF_ERROR(
        CheckRange(At(index, "changes.token").c_str(), 0, args.vocab_size - 1, change.token));
    if (!(change.repetition > 0.0f)) {
      return Error(StatusCode::kInvalidArgument, At(index, "changes.repetition"),
                   ": expected > 0, got ", change.repetition);
    }
  }
  for (int32_t i = row.probes_begin; i < row.probes_end; ++i) {
    QJ_RETURN_IF_ERROR(
        CheckRange(At(index, "probes").c_str(), 0, args.vocab_size - 1, args.probes[i]));
  }
  return OkStatus();
}

}  // namespace

Status CheckLogitRows(const LogitsTopkArgs& args) {
  for (int32_t row = 0; row < args.num_rows; ++row) QJ_RETURN_IF_ERROR(CheckRow(args, row));
  return OkStatus();
}

Status LogitsTopk(Backend& backend, const LogitsTopkArgs& args) {
  QJ_RETURN_IF_ERROR(CheckRange("logits_topk: num_rows", 0, 1 << 24, args.num_rows));
  if (args.num_rows == 0) return OkStatus();
  QJ_RETURN_IF_ERROR(CheckRange("logits_topk: vocab_size", 1, INT32_MAX, args.vocab_size));
  QJ_RETURN_IF_ERROR(CheckRange("logits_topk: num_valid", 1, args.vocab_size, args.num_valid));
  QJ_RETURN_IF_ERROR(CheckPointer("logits_topk: logits", args.logits));
  QJ_RETURN_IF_ERROR(CheckPointer("logits_topk: rows", args.rows));
  QJ_RETURN_IF_ERROR(CheckLogitRows(args));
  if (backend.table().logits_topk == nullptr) return Unsupported("logits_topk");
  return backend.table().logits_topk(backend, args);
}

void ProcessedRow(const LogitsTopkArgs& args, int32_t row_idx, float* out) {
  const layout::LogitRow& row = args.rows[row_idx];
  const float* logits = args.logits + row_idx * args.vocab_size;
  const uint32_t* mask = row.mask_begin < 0 ? nullptr : args.masks + row.mask_begin;
  constexpr float kExcluded = -std::numeric_limits<float>::infinity();
  for (int64_t t = 0; t < args.vocab_size; ++t) {
    const bool allowed =
        t < args.num_valid && (mask == nullptr || ((mask[t / 32] >> (t % 32)) & 1u) != 0);
    out[t] = allowed ? logits[t] * (1.0f / row.temperature) : kExcluded;
  }
  for (int32_t i = row.changes_begin; i < row.changes_end; ++i) {
    const int32_t t = args.changes[i].token;
    if (out[t] == kExcluded) continue;
    out[t] = ApplyChange(args.changes[i], logits[t]) * (1.0f / row.temperature);
  }
}

}  // namespace qwenjet::ops
