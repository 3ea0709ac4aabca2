// SPDX-License-Identifier: Apache-2.0
// testing: a row-major matrix of doubles, the form in which oracles take their inputs. It knows
// nothing of tiles, pages or strides, so that an oracle cannot share a mistake with a layout.
#pragma once

#include <cstdint>
#include <vector>

#include "base/dtype.h"
#include "layout/tensor_view.h"

namespace qwenjet::testing {

struct Dense {
  int64_t rows = 0;
  int64_t cols = 0;
  std::vector<double> values;

  Dense() = default;
  Dense(int64_t num_rows, int64_t num_cols)
      : rows(num_rows), cols(num_cols), values(static_cast<size_t>(num_rows * num_cols)) {}

  double& operator()(int64_t row, int64_t col) {
    return values[static_cast<size_t>(row * cols + col)];
  }
  double operator()(int64_t row, int64_t col) const {
    return values[static_cast<size_t>(row * cols + col)];
  }
};

// One element, exactly.
double ElementOf(const layout::ConstMatrix& matrix, int64_t row, int64_t col);
void SetElement(const layout::Matrix& matrix, int64_t row, int64_t col, double value);
// The elements of a matrix, exactly.
Dense ToDense(const layout::ConstMatrix& matrix);

// `count` elements of a row from column `begin` on.
std::vector<double> RowPart(const Dense& dense, int64_t row, int64_t begin, int64_t count);

// x rounded to nearest, ties to even, in the number format; worked out on the double's own
// exponent, independently of base/bf16.h.
double RoundTo(DType dtype, double x);
// Half the distance between neighbours, relative: 2^-24 or 2^-8.
double UnitRoundoff(DType dtype);
// Half the distance between the smallest numbers of the format.
double SmallestHalfStep(DType dtype);

// 0, 1, .. count - 1.
std::vector<int64_t> AllOf(int64_t count);
// At most `most` of 0 .. count - 1, evenly spread, the first and the last among them.
std::vector<int64_t> SomeOf(int64_t count, int64_t most);

}  // namespace qwenjet::testing
