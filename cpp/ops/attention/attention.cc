// SPDX-License-Identifier: Apache-2.0
#include "ops/attention/attention.h"

#include "base/check.h"
#include "ops/attention/visible.h"
#include "ops/validate.h"

namespace qwenjet::ops {
namespace {

// A page that some query of this step sees must not have been freed.
Status CheckReachedPages(const AttentionArgs& args, int32_t s) {
  const int64_t page_size = args.pool.page_size, kv_len = args.batch.kv_len[s];
  const int64_t num_pages = (kv_len + page_size - 1) / page_size;
  bool any_freed = false;
  for (int64_t i = 0; i < num_pages; ++i) any_freed |= args.batch.Page(s, i) < 0;
  if (!any_freed) return OkStatus();
  for (int32_t t = args.batch.query_start[s]; t < args.batch.query_start[s + 1]; ++t) {
    const int64_t position = args.batch.FirstPosition(s) + (t - args.batch.query_start[s]);
    const VisibleKeys keys =
        VisibleTo(position, args.window_len[t], args.sink_len[s], args.causal, kv_len);
    for (int64_t i = 0; i < num_pages; ++i) {
      const int64_t begin = i * page_size, end = begin + page_size;
      if (args.batch.Page(s, i) >= 0) continue;
      if (!Meets(keys.window, begin, end) && !Meets(keys.sinks, begin, end)) continue;
      return Error(StatusCode::kInvalidArgument, "attention: sequence ", s, ": expected page ", i,
                   " (positions ", begin, " to ", end - 1, "), which the query at position ",
                   position, " sees, got a freed one");
    }
  }
  return OkStatus();
}

}  // namespace

Status Attention(Backend& backend, const AttentionArgs& args) {
  QJ_RETURN_IF_ERROR(CheckPool("attention: pool", args.pool));
  QJ_RETURN_IF_ERROR(
      CheckBatch("attention: batch", args.batch, args.pool.page_size, args.pool.num_pages));
  QJ_RETURN_IF_ERROR(CheckMatrix("attention: q", args.q));
  QJ_RETURN_IF_ERROR(CheckMatrix("attention: out", args.out));
  if (args.pool.dtype != DType::kInt8) {
    QJ_RETURN_IF_ERROR(
        CheckDType("attention: q (dtype of the pool)", args.pool.dtype, args.q.dtype));
  }
  QJ_RETURN_IF_ERROR(CheckRange("attention: num_q_heads", 1, 1 << 16, args.num_q_heads));
  if (args.num_q_heads % args.pool.num_kv_heads != 0) {
    return Error(StatusCode::kInvalidArgument, "attention: expected num_q_heads a multiple of ",
                 args.pool.num_kv_heads, " (num_kv_heads), got ", args.num_q_heads);
  }
  const int64_t cols = args.num_q_heads * args.pool.head_dim;
  QJ_RETURN_IF_ERROR(CheckEqual("attention: q.cols (Hq head_dim)", cols, args.q.cols));
  QJ_RETURN_IF_ERROR(CheckEqual("attention: out.cols (Hq head_dim)", cols, args.out.cols));
  QJ_RETURN_IF_ERROR(
      CheckEqual("attention: q.rows (num_tokens)", args.batch.num_tokens, args.q.rows));
  QJ_RETURN_IF_ERROR(
      CheckEqual("attention: out.rows (num_tokens)", args.batch.num_tokens, args.out.rows));
  if (args.batch.num_tokens == 0) return OkStatus();
  QJ_RETURN_IF_ERROR(CheckPointer("attention: window_len", args.window_len));
  QJ_RETURN_IF_ERROR(CheckPointer("attention: sink_len", args.sink_len));
  if (args.rel != nullptr) {
    QJ_RETURN_IF_ERROR(CheckRange("attention: rel_rows", 1, int64_t{1} << 31, args.rel_rows));
  }
  for (int32_t t = 0; t < args.batch.num_tokens; ++t) {
    QJ_RETURN_IF_ERROR(
        CheckRange("attention: window_len", 1, layout::kWindowFull, args.window_len[t]));
  }
  for (int32_t s = 0; s < args.batch.num_sequences; ++s) {
    QJ_RETURN_IF_ERROR(CheckRange("attention: sink_len", 0, layout::kWindowFull, args.sink_len[s]));
    QJ_RETURN_IF_ERROR(CheckReachedPages(args, s));
  }
  if (backend.table().attention == nullptr) return Unsupported("attention");
  return backend.table().attention(backend, args);
}

}  // namespace qwenjet::ops
