// SPDX-License-Identifier: Apache-2.0
// layout: what is asked of a row of logits and where the answers go; the same structs as in
// api/qwenjet.h, which the api layer checks field by field.
#pragma once

#include <cstddef>
#include <cstdint>

namespace qwenjet::layout {

inline constexpr int32_t kMaxCandidates = 1024;
inline constexpr int32_t kMaxRawTop = 20;

struct LogitChange {
  int32_t token = 0;
  float bias = 0.0f;
  float repetition = 1.0f;
  float subtract = 0.0f;
};
static_assert(sizeof(LogitChange) == 16);

struct LogitRow {
  int32_t token_index = 0;
  float temperature = 1.0f;
  int32_t num_candidates = 0;
  int32_t num_raw_top = 0;
  int32_t changes_begin = 0;
  int32_t changes_end = 0;
  int32_t probes_begin = 0;
  int32_t probes_end = 0;
  int64_t mask_begin = -1;
};
static_assert(sizeof(LogitRow) == 40 && offsetof(LogitRow, mask_begin) == 32);

struct LogitResult {
  float* lse_raw = nullptr;              // [num_rows]
  float* lse_processed = nullptr;        // [num_rows]
  int32_t* num_candidates = nullptr;     // [num_rows]
  int32_t* candidate_ids = nullptr;      // [num_rows][kMaxCandidates]
  float* candidate_raw = nullptr;        // [num_rows][kMaxCandidates]
  float* candidate_processed = nullptr;  // [num_rows][kMaxCandidates]
  int32_t* raw_top_ids = nullptr;        // [num_rows][kMaxRawTop]
  float* raw_top_logits = nullptr;       // [num_rows][kMaxRawTop]
  float* probe_logits = nullptr;         // [probes]
  int32_t* probe_ranks = nullptr;        // [probes]
};

}  // namespace qwenjet::layout
