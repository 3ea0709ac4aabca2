// SPDX-License-Identifier: Apache-2.0
// quantize: rounding that makes up for each column's error in the columns after it.
//
// Formula:  with H = (A + I) D (A + I)^T, A strictly upper triangular, D diagonal, columns in
// order:
//             t_j = w_j + sum_{i < j} (w_i - w'_i) A[i, j],  w'_j = t_j rounded
//           which gives the same w' as eliminating columns with the inverse of H.
// Source:   Frantar et al., arXiv 2210.17323 (GPTQ), algorithm 1 and its damping; the form without
//           an inverse is Chee et al., arXiv 2307.13304, section 3 and theorem 6. It takes a sixth
//           of the inverse's work and no precision is lost to inverting.
// Order:    columns by falling H[j, j], so that those which matter most are rounded while there are
//           others left to make up for them; scales are those of the stored order's groups and
//           chosen beforehand (static groups), so that files need no g_idx.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "model/quantize/hessian.h"
#include "model/quantize/rounding.h"
#include "ops/backend.h"

namespace qwenjet::model::quantize {

struct Feedback {
  FloatMatrix matrix;          // A; columns and rows in processing order
  std::vector<int32_t> order;  // column order[p] comes at place p
  double damping = 0;          // the share of the diagonal's mean that was added
};

// The factor of H with 1 % of the mean diagonal added, ten times more while a pivot is not
// positive. scaling [K], may be empty: H of inputs that are divided by it. kInternal if 100 % does
// not do; kCancelled.
Result<Feedback> ComputeFeedback(ops::Backend& backend, const FloatMatrix& h,
                                 std::span<const float> scaling,
                                 const std::atomic<bool>* cancelled);

// Fills codes whose scales are chosen. Float32; independent of the number of threads.
Status RoundWithFeedback(ops::Backend& backend, const FloatMatrix& w, const Feedback& feedback,
                         const Scheme& scheme, Codes& codes, const std::atomic<bool>* cancelled);

}  // namespace qwenjet::model::quantize
