// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/linear_ref.h"

#include <algorithm>
#include <cmath>

namespace qwenjet::ops {

testing::Expected LinearRef(const testing::Dense& x, const testing::Dense& w,
                            std::vector<int64_t> rows, std::vector<int64_t> cols,
                            const LinearRefOptions& options) {
  constexpr double kSmallestNormal = 0x1p-126;
  testing::Expected y(std::move(rows), std::move(cols));
  for (size_t i = 0; i < y.rows.size(); ++i) {
    for (size_t j = 0; j < y.cols.size(); ++j) {
      const double* a = x.values.data() + y.rows[i] * x.cols;
      const double* b = w.values.data() + y.cols[j] * w.cols;
      double sum = options.bias == nullptr ? 0 : (*options.bias)[static_cast<size_t>(y.cols[j])];
      double magnitude = std::fabs(sum), dropped = 0;
      for (int64_t k = 0; k < x.cols; ++k) {
        const double product = a[k] * b[k];
        sum += product;
        magnitude += std::fabs(product);
        if (std::fabs(a[k]) < kSmallestNormal || std::fabs(b[k]) < kSmallestNormal) {
          dropped += std::fabs(product);
        }
      }
      const size_t at = y.At(i, j);
      y.value[at] = sum;
      y.magnitude[at] = magnitude;
      // Every path may meet subnormal sums in float32, each with an error of 2^-150.
      y.absolute[at] = static_cast<double>(2 * x.cols) * 0x1p-150;
      if (options.denormals_may_be_zero) {
        y.absolute[at] += dropped + static_cast<double>(2 * x.cols + 1) * kSmallestNormal;
      }
    }
  }
  return y;
}

double LinearBound(int64_t k) {
  const auto roundings = static_cast<double>(2 * k);
  return std::min(roundings, 6 * std::sqrt(roundings)) + 1;
}

}  // namespace qwenjet::ops
