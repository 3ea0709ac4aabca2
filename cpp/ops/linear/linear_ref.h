// SPDX-License-Identifier: Apache-2.0
// Oracle of linear (tests and benchmarks only).
#pragma once

#include "testing/compare.h"

namespace qwenjet::ops {

struct LinearRefOptions {
  const std::vector<double>* bias = nullptr;
  // A path may take subnormal inputs, products and sums as zero: their size is allowed as error.
  bool denormals_may_be_zero = false;
};

// Elements [rows x cols] of x w^T + bias; magnitude = sum |x||w| + |bias|.
testing::Expected LinearRef(const testing::Dense& x, const testing::Dense& w,
                            std::vector<int64_t> rows, std::vector<int64_t> cols,
                            const LinearRefOptions& options);

// c of the Bound class: at most K products and K sums are rounded. By Higham and Mary (SIAM J. Sci.
// Comput. 41, 2019) 2 K roundings stay under 6 sqrt(2 K) units except with probability 2 exp(-18);
// few terms get the certain bound. One more sum for the bias.
double LinearBound(int64_t k);

}  // namespace qwenjet::ops
