// SPDX-License-Identifier: Apache-2.0
#include "ops/linear_quant/linear_quant_ref.h"

#include <algorithm>
#include <cmath>

#include "ops/linear/linear_ref.h"

namespace qwenjet::ops {
namespace {

using testing::Dense;
using testing::RoundTo;

bool IsQuantized(LinearQuantRefMode mode) {
  return mode == LinearQuantRefMode::kInt8 || mode == LinearQuantRefMode::kInt16;
}

// `x` is a float32 value; of it 16 bits are kept.
double Shortened(double x) {
  int exponent = 0;
  const double fraction = std::frexp(RoundTo(DType::kFloat32, x), &exponent);
  return std::ldexp(std::floor(std::ldexp(fraction, 16)), exponent - 16);
}

// x / scale as an integer; the inverse and the quotient are float32 values, each rounded once.
double CodeOf(double x, double scale) {
  const double inverse = scale == 0 ? 0 : RoundTo(DType::kFloat32, 1 / scale);
  return std::nearbyint(RoundTo(DType::kFloat32, x * inverse));
}

std::vector<double> RowOf(const Dense& x, int64_t row, const LinearQuantRefWeight& w,
                          LinearQuantRefMode mode) {
  std::vector<double> values;
  for (int64_t k = 0; k < x.cols; ++k) {
    const int64_t from = w.permutation.empty() ? k : w.permutation[static_cast<size_t>(k)];
    values.push_back(x(row, from));
  }
  if (IsQuantized(mode)) {
    return QuantizedRowRef(values, w.group_size, mode == LinearQuantRefMode::kInt16 ? 2 : 1);
  }
  if (mode == LinearQuantRefMode::kBf16) {
    for (double& value : values) value = RoundTo(DType::kBFloat16, value);
  }
  return values;
}

}  // namespace

std::vector<double> QuantizedRowRef(const std::vector<double>& x, int64_t group_size, int terms) {
  std::vector<double> result;
  const auto size = static_cast<size_t>(group_size);
  for (size_t begin = 0; begin < x.size(); begin += size) {
    const size_t end = std::min(x.size(), begin + size);
    double largest = 0;
    for (size_t i = begin; i < end; ++i) largest = std::fmax(largest, std::fabs(x[i]));
    const double scale = largest < 0x1p-119 ? 0 : Shortened(largest / 127);
    const double rest_scale = scale < 0x1p-118 ? 0 : Shortened(scale / 254);
    for (size_t i = begin; i < end; ++i) {
      double value = scale * CodeOf(x[i], scale);
      if (terms == 2) value += rest_scale * CodeOf(x[i] - value, rest_scale);
      result.push_back(value);
    }
  }
  return result;
}

testing::Expected LinearQuantRef(const Dense& x, const LinearQuantRefWeight& w,
                                 std::vector<int64_t> rows, std::vector<int64_t> cols,
                                 const LinearQuantRefOptions& options) {
  constexpr double kSmallestNormal = 0x1p-126;
  testing::Expected y(std::move(rows), std::move(cols));
  for (size_t i = 0; i < y.rows.size(); ++i) {
    const std::vector<double> a = RowOf(x, y.rows[i], w, options.mode);
    for (size_t j = 0; j < y.cols.size(); ++j) {
      const int64_t n = y.cols[j];
      double sum = options.bias == nullptr ? 0 : (*options.bias)[static_cast<size_t>(n)];
      double magnitude = std::fabs(sum), dropped = 0;
      for (int64_t k = 0; k < x.cols; ++k) {
        const int64_t group = k / w.group_size;
        const double scaled = w.scale(n, group) * (w.code(n, k) - w.zero(n, group));
        double weight = scaled + w.minimum(n, group);
        if (options.mode == LinearQuantRefMode::kBf16) {
          // The product of two short numbers is exact here, so each step is rounded once.
          weight = RoundTo(DType::kFloat32, RoundTo(DType::kFloat32, scaled) + w.minimum(n, group));
          weight = RoundTo(DType::kBFloat16, weight);
        }
        const double value = a[static_cast<size_t>(k)];
        sum += value * weight;
        // Scale and minimum are added apart: where they cancel, their errors do not.
        magnitude += std::fabs(value) * (std::fabs(scaled) + std::fabs(w.minimum(n, group)));
        if (std::fabs(value) < kSmallestNormal || std::fabs(weight) < kSmallestNormal) {
          dropped += std::fabs(value * weight);
        }
      }
      const size_t at = y.At(i, j);
      y.value[at] = sum;
      y.magnitude[at] = magnitude;
      // Subnormal sums have an error of 2^-150 each; the product of two scales may be subnormal
      // and is multiplied by a group's integer sum, which is at most 127 * 255 a column.
      const double of_column = IsQuantized(options.mode) ? 2 * (127 * 255 + 4) : 2;
      y.absolute[at] = static_cast<double>(x.cols) * of_column * 0x1p-150;
      if (options.denormals_may_be_zero) {
        y.absolute[at] += dropped + static_cast<double>(2 * x.cols + 1) * kSmallestNormal;
      }
    }
  }
  return y;
}

double LinearQuantBound(LinearQuantRefMode mode, int64_t k, int64_t group_size) {
  if (!IsQuantized(mode)) return LinearBound(k) + 2;
  // LinearBound counts two roundings a term; a group has one product and up to two sums.
  return LinearBound((k + group_size - 1) / group_size * 2) + 2;
}

}  // namespace qwenjet::ops
