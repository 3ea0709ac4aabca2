// SPDX-License-Identifier: Apache-2.0
// layout: a matrix of activations in memory that somebody else owns. Rows are contiguous.
#pragma once

#include <cstdint>

#include "base/dtype.h"

namespace qwenjet::layout {

struct ConstMatrix {
  const void* data = nullptr;
  DType dtype = DType::kFloat32;
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t row_stride = 0;  // elements between the starts of two rows, >= cols

  const char* Row(int64_t row) const {
    return static_cast<const char*>(data) + row * row_stride * static_cast<int64_t>(SizeOf(dtype));
  }
};

struct Matrix {
  void* data = nullptr;
  DType dtype = DType::kFloat32;
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t row_stride = 0;

  char* Row(int64_t row) const {
    return static_cast<char*>(data) + row * row_stride * static_cast<int64_t>(SizeOf(dtype));
  }
  operator ConstMatrix() const { return {data, dtype, rows, cols, row_stride}; }  // NOLINT
};

}  // namespace qwenjet::layout
