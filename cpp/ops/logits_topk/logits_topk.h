// SPDX-License-Identifier: Apache-2.0
// Operator logits_topk: everything of sampling that touches every logit, so that Java sees only
// candidates. Field names and meanings are those of qj_logit_row in api/qwenjet.h.
//
// Formula:  for row r with raw logits l:
//             lse_raw = ln sum_t exp(l[t])                            over t < num_valid
//             z = l with the row's changes, in order of the fields: l += bias (-inf excludes);
//                 unless repetition is 1, l = l > 0 ? l / repetition : l * repetition; l -=
//                 subtract; tokens outside the mask and t >= num_valid are -inf; z *= 1 /
//                 temperature (rounded)
//             lse_processed = ln sum_t exp(z[t])
//             candidates: the num_candidates largest z, largest first, lowest id first on ties
//             raw_top: the num_raw_top largest l of t < num_valid, likewise; where
//                 fewer are finite, the rest are id -1 with -inf
//             probes: raw logit, and 1 + number of t < num_valid with a greater raw logit
// Source:   spec sampling, sections 2 and 4.
// Tensors:  logits  float32 [R, vocab_size]; unchanged on return
// Ranges:   0 <= num_candidates <= 1024, 0 <= num_raw_top <= 20; a token may appear in changes
//           once a row. NaN logits give NaN sums and are never candidates.
// Rounding: float32 sums of exp within 2 ulp each, in blocks of 4096 summed in ascending order.
// Determinism: bitwise, independent of the other rows and of the number of threads.
// Errors:   kInvalidArgument for shapes, ids and ranges; kOutOfHostMemory.
// Cost:     one pass over the row for the raw sum, one for the processed sum and candidates.
#pragma once

#include "layout/logit_rows.h"
#include "ops/backend.h"

namespace qwenjet::ops {

struct LogitsTopkArgs {
  float* logits = nullptr;  // [num_rows][vocab_size]; changed entries are restored
  int64_t vocab_size = 0;
  int64_t num_valid = 0;  // 1 .. vocab_size
  int32_t num_rows = 0;
  const layout::LogitRow* rows = nullptr;
  const layout::LogitChange* changes = nullptr;
  const int32_t* probes = nullptr;
  const uint32_t* masks = nullptr;
  layout::LogitResult result;
};

Status LogitsTopk(Backend& backend, const LogitsTopkArgs& args);

// Its checks of the rows and of what they refer to (changes, probes, masks) alone, for a caller
// that wants to refuse them before it computes logits.
Status CheckLogitRows(const LogitsTopkArgs& args);

// Writes the processed row (as above) of one row of logits to out [vocab_size].
void ProcessedRow(const LogitsTopkArgs& args, int32_t row, float* out);

}  // namespace qwenjet::ops
