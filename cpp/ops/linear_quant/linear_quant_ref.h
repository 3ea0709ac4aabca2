// SPDX-License-Identifier: Apache-2.0
// Oracle of linear_quant (tests and benchmarks only).
#pragma once

#include "testing/compare.h"

namespace qwenjet::ops {

// A quantised weight as numbers: w = scale * (code - zero) + minimum, one scale a group.
struct LinearQuantRefWeight {
  testing::Dense code;     // [N, K]
  testing::Dense scale;    // [N, G]
  testing::Dense zero;     // [N, G], 0 where there are minimums
  testing::Dense minimum;  // [N, G], 0 where there are none
  int64_t group_size = 0;
  std::vector<int32_t> permutation;  // of columns; empty: none
};

// What the path makes of x and w before it multiplies.
enum class LinearQuantRefMode {
  kExact,  // nothing, up to rounding
  kInt8,   // x is quantised to int8, group by group
  kInt16,  // to two terms of int8
  kBf16    // w is rounded to float32 and then to bf16; x to bf16
};

struct LinearQuantRefOptions {
  LinearQuantRefMode mode = LinearQuantRefMode::kExact;
  const std::vector<double>* bias = nullptr;
  // As in LinearRefOptions.
  bool denormals_may_be_zero = false;
};

// x as float32 values, in weight order. What `terms` of 8 bits make of it (linear_quant.h).
std::vector<double> QuantizedRowRef(const std::vector<double>& x, int64_t group_size, int terms);

testing::Expected LinearQuantRef(const testing::Dense& x, const LinearQuantRefWeight& w,
                                 std::vector<int64_t> rows, std::vector<int64_t> cols,
                                 const LinearQuantRefOptions& options);

// c of the Bound class. Quantised x: a group's integers are exact, its two scales are multiplied
// and it is added with at most two roundings each for scale and minimum; everything else: as
// linear, and two roundings of w.
double LinearQuantBound(LinearQuantRefMode mode, int64_t k, int64_t group_size);

}  // namespace qwenjet::ops
