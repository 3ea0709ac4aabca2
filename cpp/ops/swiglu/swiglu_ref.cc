// SPDX-License-Identifier: Apache-2.0
#include "ops/swiglu/swiglu_ref.h"

#include <cmath>

namespace qwenjet::ops {

testing::Expected SwigluRef(const testing::Dense& gate_up) {
  const int64_t size = gate_up.cols / 2;
  testing::Expected y(testing::AllOf(gate_up.rows), testing::AllOf(size));
  for (int64_t t = 0; t < gate_up.rows; ++t) {
    for (int64_t i = 0; i < size; ++i) {
      const double g = gate_up(t, i), u = gate_up(t, size + i);
      const size_t at = static_cast<size_t>(t * size + i);
      const double silu = g / (1 + std::exp(-g));
      y.value[at] = silu * u;
      y.magnitude[at] = std::fabs(y.value[at]);
      // silu saturates: below g = -87, where exp(-g) nears the end of float32, it may be taken as
      // anything from 0 to silu(-87) = -1.4e-36 > -2^-118. Elsewhere a subnormal silu is possible.
      y.absolute[at] = std::fabs(u) * (g < -87 ? 0x1p-118 : 0x1p-126) + 0x1p-126;
    }
  }
  return y;
}

}  // namespace qwenjet::ops
