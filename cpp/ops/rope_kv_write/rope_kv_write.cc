// SPDX-License-Identifier: Apache-2.0
#include "ops/rope_kv_write/rope_kv_write.h"

#include "base/check.h"
#include "ops/validate.h"

namespace qwenjet::ops {
namespace {

// Pages that this step writes must exist.
Status CheckWrittenPages(const RopeKvWriteArgs& args) {
  const int64_t page_size = args.pool.page_size;
  for (int32_t s = 0; s < args.batch.num_sequences; ++s) {
    if (args.batch.NumQueries(s) == 0) continue;
    const int64_t last = (args.batch.kv_len[s] - 1) / page_size;
    for (int64_t i = args.batch.FirstPosition(s) / page_size; i <= last; ++i) {
      if (args.batch.Page(s, i) >= 0) continue;
      return Error(StatusCode::kInvalidArgument, "rope_kv_write: sequence ", s,
                   ": expected a page at index ", i, " to be written, got a freed one");
    }
  }
  return OkStatus();
}

}  // namespace

Status RopeKvWrite(Backend& backend, const RopeKvWriteArgs& args) {
  QJ_RETURN_IF_ERROR(CheckPool("rope_kv_write: pool", args.pool));
  QJ_RETURN_IF_ERROR(
      CheckBatch("rope_kv_write: batch", args.batch, args.pool.page_size, args.pool.num_pages));
  QJ_RETURN_IF_ERROR(CheckMatrix("rope_kv_write: qkv", args.qkv));
  QJ_RETURN_IF_ERROR(CheckMatrix("rope_kv_write: q_out", args.q_out));
  QJ_RETURN_IF_ERROR(CheckDType("rope_kv_write: qkv", DType::kFloat32, args.qkv.dtype));
  const int64_t q_cols = args.num_q_heads * args.pool.head_dim;
  QJ_RETURN_IF_ERROR(CheckRange("rope_kv_write: num_q_heads", 1, 1 << 16, args.num_q_heads));
  QJ_RETURN_IF_ERROR(CheckEqual("rope_kv_write: qkv.cols ((Hq + 2 Hkv) head_dim)",
                                q_cols + 2 * args.pool.num_kv_heads * args.pool.head_dim,
                                args.qkv.cols));
  QJ_RETURN_IF_ERROR(
      CheckEqual("rope_kv_write: q_out.cols (Hq head_dim)", q_cols, args.q_out.cols));
  QJ_RETURN_IF_ERROR(
      CheckEqual("rope_kv_write: qkv.rows (num_tokens)", args.batch.num_tokens, args.qkv.rows));
  QJ_RETURN_IF_ERROR(
      CheckEqual("rope_kv_write: q_out.rows (num_tokens)", args.batch.num_tokens, args.q_out.rows));
  QJ_RETURN_IF_ERROR(
      CheckRange("rope_kv_write: rotary_dim", 0, args.pool.head_dim, args.rotary_dim));
  QJ_RETURN_IF_ERROR(CheckEqual("rope_kv_write: rotary_dim % 2", 0, args.rotary_dim % 2));
  if ((args.q_norm == nullptr) != (args.k_norm == nullptr)) {
    return Error(StatusCode::kInvalidArgument,
                 "rope_kv_write: expected q_norm and k_norm, or neither, got one of them");
  }
  if (args.batch.num_tokens == 0) return OkStatus();
  if (args.rotary_dim > 0) {
    QJ_RETURN_IF_ERROR(CheckPointer("rope_kv_write: inv_freq", args.inv_freq));
    QJ_RETURN_IF_ERROR(CheckPointer("rope_kv_write: attention_factor", args.attention_factor));
  }
  QJ_RETURN_IF_ERROR(CheckWrittenPages(args));
  if (backend.table().rope_kv_write == nullptr) return Unsupported("rope_kv_write");
  return backend.table().rope_kv_write(backend, args);
}

}  // namespace qwenjet::ops
