// SPDX-License-Identifier: Apache-2.0
// Oracle of swiglu (tests and benchmarks only).
#pragma once

#include "testing/compare.h"

namespace qwenjet::ops {

// magnitude = |y|.
testing::Expected SwigluRef(const testing::Dense& gate_up);

// c of the Bound class: exp within 2 ulp (4 roundings), 1 + exp, quotient and product one each, and
// one for the products of these errors.
inline constexpr double kSwigluBound = 8;

}  // namespace qwenjet::ops
