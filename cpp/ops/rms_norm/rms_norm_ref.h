// SPDX-License-Identifier: Apache-2.0
// Oracle of rms_norm (tests and benchmarks only).
#pragma once

#include "testing/compare.h"

namespace qwenjet::ops {

struct RmsNormRefResult {
  testing::Expected x;  // the residual stream afterwards, a float32 number in each element
  testing::Expected y;  // magnitude = |y|
};

// delta may be null.
RmsNormRefResult RmsNormRef(const testing::Dense& x, const testing::Dense* delta,
                            const std::vector<double>& weight, double eps);

// c of the Bound class for y: H squares are summed in float32 and y takes the square root, so half
// of the sum's relative error; by Higham and Mary (SIAM J. Sci. Comput. 41, 2019) that error stays
// under 6 sqrt(H) roundings except with probability 2 exp(-18). Then squares, mean, eps, root,
// quotient and two products: 6 roundings.
double RmsNormBound(int64_t hidden_size);

}  // namespace qwenjet::ops
