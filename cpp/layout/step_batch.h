// SPDX-License-Identifier: Apache-2.0
// layout: which sequences a step carries and where their keys and values lie. The same arrays as
// qj_step (api/qwenjet.h); all are owned by the caller of the step.
#pragma once

#include <cstdint>

namespace qwenjet::layout {

inline constexpr int32_t kWindowFull = INT32_MAX;

// Sequence s owns query rows [query_start[s], query_start[s + 1]) at positions
// kv_len[s] - count .. kv_len[s] - 1; its position p lies in page
// block_tables[block_table_start[s] + p / page_size], slot p % page_size.
struct SequenceBatch {
  int32_t num_tokens = 0;
  int32_t num_sequences = 0;
  const int32_t* query_start = nullptr;        // [num_sequences + 1]
  const int32_t* kv_len = nullptr;             // [num_sequences]
  const int32_t* block_table_start = nullptr;  // [num_sequences + 1]
  const int32_t* block_tables = nullptr;       // page ids; -1: freed, no window reaches it

  int32_t NumQueries(int32_t s) const { return query_start[s + 1] - query_start[s]; }
  int32_t FirstPosition(int32_t s) const { return kv_len[s] - NumQueries(s); }
  int32_t Page(int32_t s, int64_t page_idx) const {
    return block_tables[block_table_start[s] + page_idx];
  }
};

}  // namespace qwenjet::layout
