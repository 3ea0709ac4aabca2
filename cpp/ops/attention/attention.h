// SPDX-License-Identifier: Apache-2.0
// Operator attention: the one contract for prefill, decode and any mix of them in one step.
//
// Formula:  for a query i (position p) of sequence s and query head h, kv head g = h / (Hq / Hkv):
//             score_j = scale * (q_i . k_j [+ q_i . rel[clamp(p - j + row_of_zero, 0, rows - 1)]])
//             o_i = sum_j softmax_j(score_j) v_j     over the visible keys j < kv_len[s]
//           visible, causal:      j <= p and (j < sink_len or p - j < window_len)
//           visible, not causal:  j < sink_len or |p - j| < window_len
//           A query that sees no key gives zeros.
// Source:   Milakov and Gimelshein, arXiv 1805.02867 (online softmax); Dao, arXiv 2307.08691
//           (blocks); spec attention-variants, sections 1 and 6 (the sign of the relative row as
//           in the conformance cases).
//           In a pool of int8, k_j = kc_j * ks_j and v_j = vc_j * vs_j: codes times scales.
// Tensors:  q           bf16 or float32 [T, Hq * D]; the dtype of the pool, either if that is int8
//           pool        pages of this layer, bf16, float32 or int8 (layout/kv_page.h)
//           window_len  int32 [T], >= 1; kWindowFull for no window
//           sink_len    int32 [num_sequences], >= 0
//           rel         float32 [rows, D], row-major, or null; shared by all heads
//           out         bf16 or float32 [T, Hq * D]
// Aliasing: out may be q where the dtypes agree.
// Ranges:   any ratio Hq / Hkv; D even, at most 512 (64 and 128 are the tuned sizes). In pools of
//           int8 a scale of NaN makes the rows that see its key NaN, a NaN in a query its row of
//           that head, and so does an infinity in a query of bf16; elsewhere as float arithmetic
//           has it.
// Accumulation: float32 scores, running maximum and sum; bf16 pools round the probabilities to
//           bf16 before the product with V, as the reference does. Pools of int8 with q float32:
//           float32 on the codes, ks_j a factor of score_j, vs_j of p_j. With q bf16: q_i becomes
//           int16 codes of max|q_i| / 32767, and so do the products p_j vs_j of a block of keys;
//           sums of int16 x int8 are exact; what is below 2^-110 in a block may be lost. Keys are
//           taken in blocks of 64 at absolute positions and merged in spans of 2048.
// Determinism: bitwise: a query's bits depend on its own sequence alone, not on the batch, on how
//           the prompt was cut into chunks, on the page size or on the number of threads.
// Reads:    a page none of whose keys is visible to the sequence's queries of this step is never
//           read (its table entry may be -1). counter, if given, counts the pages touched: per kv
//           head and task, so a full pass of one decode token touches pages * num_kv_heads.
// Errors:   kInvalidArgument for shapes and for a freed page (-1) that a window reaches;
//           kOutOfHostMemory when scratch cannot grow.
// Cost:     4 * visible keys * D FLOP a query head; K and V of a kv head are read once for all
//           query heads of its group and for a block of up to 64 rows: 4 D bytes a key in bf16,
//           2 D + 8 in int8.
#pragma once

#include <atomic>

#include "layout/kv_page.h"
#include "layout/step_batch.h"
#include "layout/tensor_view.h"
#include "ops/backend.h"

namespace qwenjet::ops {

struct AttentionArgs {
  layout::ConstMatrix q;
  int32_t num_q_heads = 0;
  layout::KvPool pool;
  layout::SequenceBatch batch;
  const int32_t* window_len = nullptr;
  const int32_t* sink_len = nullptr;
  bool causal = true;
  float scale = 0.0f;
  const float* rel = nullptr;
  int64_t rel_rows = 0;
  int64_t rel_row_of_zero = 0;
  layout::Matrix out;
  std::atomic<int64_t>* pages_touched = nullptr;
};

Status Attention(Backend& backend, const AttentionArgs& args);

}  // namespace qwenjet::ops
