// SPDX-License-Identifier: Apache-2.0
// Oracle of logits_topk (tests and benchmarks only).
#pragma once

#include "layout/logit_rows.h"
#include "testing/compare.h"

namespace qwenjet::ops {

struct LogitsRefResult {
  std::vector<double> processed;  // [vocab_size]; changes as float32 steps, then the quotient
  double lse_raw = 0;
  double lse_processed = 0;
  double lse_raw_allowed = 0;  // |error|
  double lse_processed_allowed = 0;
  std::vector<int32_t> candidates;  // largest first, lowest id first on ties; neither NaN nor -inf
  std::vector<int32_t> raw_top;
};

// row's changes, and its mask (null: none) of ceil(vocab_size / 32) words.
LogitsRefResult LogitsTopkRef(const std::vector<double>& logits, int64_t num_valid,
                              const layout::LogitRow& row,
                              const std::vector<layout::LogitChange>& changes,
                              const uint32_t* mask);

// 1 + how many of the first num_valid logits exceed that of `token`.
int32_t RankRef(const std::vector<double>& logits, int64_t num_valid, int32_t token);

// c of the Bound class for processed logits: the quotient by a temperature, or the product with
// its rounded reciprocal.
inline constexpr double kProcessedBound = 2;

}  // namespace qwenjet::ops
