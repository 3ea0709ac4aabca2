// SPDX-License-Identifier: Apache-2.0
#include "testing/dense.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/bf16.h"

namespace qwenjet::testing {

double ElementOf(const layout::ConstMatrix& matrix, int64_t row, int64_t col) {
  const char* at = matrix.Row(row) + col * static_cast<int64_t>(SizeOf(matrix.dtype));
  if (matrix.dtype == DType::kFloat32) {
    float value = 0;
    std::memcpy(&value, at, sizeof value);
    return static_cast<double>(value);
  }
  BFloat16 value{};
  std::memcpy(&value, at, sizeof value);
  return static_cast<double>(ToFloat(value));
}

void SetElement(const layout::Matrix& matrix, int64_t row, int64_t col, double value) {
  char* at = matrix.Row(row) + col * static_cast<int64_t>(SizeOf(matrix.dtype));
  auto number = static_cast<float>(value);
  if (matrix.dtype == DType::kFloat32) {
    std::memcpy(at, &number, sizeof number);
    return;
  }
  // A double that is no float32 number must not be rounded twice.
  if (static_cast<double>(number) != value) {
    number = static_cast<float>(RoundTo(DType::kBFloat16, value));
  }
  const BFloat16 half = ToBFloat16(number);
  std::memcpy(at, &half, sizeof half);
}

Dense ToDense(const layout::ConstMatrix& matrix) {
  Dense dense(matrix.rows, matrix.cols);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    for (int64_t col = 0; col < matrix.cols; ++col) dense(row, col) = ElementOf(matrix, row, col);
  }
  return dense;
}

std::vector<double> RowPart(const Dense& dense, int64_t row, int64_t begin, int64_t count) {
  const auto first = dense.values.begin() + row * dense.cols + begin;
  return {first, first + count};
}

double RoundTo(DType dtype, double x) {
  if (!std::isfinite(x) || x == 0.0) return x;
  const int precision = dtype == DType::kFloat32 ? 24 : 8;
  int exponent = 0;
  std::frexp(x, &exponent);
  const int last_bit = std::max(exponent - precision, -125 - precision);
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(x, -last_bit)), last_bit);
  return std::fabs(rounded) >= 0x1p128 ? std::copysign(INFINITY, x) : rounded;
}

double UnitRoundoff(DType dtype) { return dtype == DType::kFloat32 ? 0x1p-24 : 0x1p-8; }

double SmallestHalfStep(DType dtype) { return dtype == DType::kFloat32 ? 0x1p-150 : 0x1p-134; }

std::vector<int64_t> AllOf(int64_t count) {
  std::vector<int64_t> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), int64_t{0});
  return all;
}

std::vector<int64_t> SomeOf(int64_t count, int64_t most) {
  if (count <= most) return AllOf(count);
  std::vector<int64_t> some;
  for (int64_t i = 0; i < most; ++i) some.push_back(i * (count - 1) / (most - 1));
  return some;
}

}  // namespace qwenjet::testing
