// SPDX-License-Identifier: Apache-2.0
#include "ops/rms_norm/rms_norm_ref.h"

#include <cmath>

namespace qwenjet::ops {

RmsNormRefResult RmsNormRef(const testing::Dense& x, const testing::Dense* delta,
                            const std::vector<double>& weight, double eps) {
  const auto rows = testing::AllOf(x.rows), cols = testing::AllOf(x.cols);
  RmsNormRefResult result{testing::Expected(rows, cols), testing::Expected(rows, cols)};
  for (int64_t t = 0; t < x.rows; ++t) {
    double squares = 0;
    for (int64_t i = 0; i < x.cols; ++i) {
      const size_t at = static_cast<size_t>(t * x.cols + i);
      // The residual stream is float32; a double holds a sum of two floats well enough for one
      // rounding (53 >= 2 * 24 + 2).
      result.x.value[at] =
          delta == nullptr ? x(t, i) : testing::RoundTo(DType::kFloat32, x(t, i) + (*delta)(t, i));
      squares += result.x.value[at] * result.x.value[at];
    }
    const double root = std::sqrt(squares / static_cast<double>(x.cols) + eps);
    for (int64_t i = 0; i < x.cols; ++i) {
      const size_t at = static_cast<size_t>(t * x.cols + i);
      result.y.value[at] = result.x.value[at] / root * weight[static_cast<size_t>(i)];
      result.y.magnitude[at] = std::fabs(result.y.value[at]);
      // Intermediate results below the normal range may lose bits or be zero.
      result.y.absolute[at] = 0x1p-126 * (1 + std::fabs(weight[static_cast<size_t>(i)]));
    }
  }
  return result;
}

double RmsNormBound(int64_t hidden_size) {
  return 3 * std::sqrt(static_cast<double>(hidden_size)) + 6;
}

}  // namespace qwenjet::ops
