// SPDX-License-Identifier: Apache-2.0
// testing: a matrix between guard regions. Everything that is not an element - guards and the
// padding of rows - holds a NaN of a known pattern, which shows when it is read (results become
// NaN) and when it is written (the pattern is gone). Elements start out as the same NaN.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "layout/tensor_view.h"
#include "testing/dense.h"

namespace qwenjet::testing {

// A quiet NaN as bf16, and as float32 when repeated.
inline constexpr uint16_t kPoison = 0x7fd5;

// Where the elements lie: `shift` elements off a 64-byte line, rows `padding` elements apart.
struct Placement {
  int64_t shift = 0;
  int64_t padding = 0;
};

class GuardedMatrix {
 public:
  GuardedMatrix(DType dtype, int64_t rows, int64_t cols, Placement placement = {})
      : dtype_(dtype), rows_(rows), cols_(cols), placement_(placement) {
    halves_ = static_cast<int64_t>(SizeOf(dtype)) / 2;
    const int64_t elems = rows * Stride() + placement.shift + 2 * kGuardElems;
    memory_.resize(static_cast<size_t>(elems * halves_) + kLineHalves);
    const auto address = reinterpret_cast<uintptr_t>(memory_.data()) / 2 % kLineHalves;
    first_ = static_cast<int64_t>((kLineHalves - address) % kLineHalves) +
             (kGuardElems + placement.shift) * halves_;
    Poison();
  }
  GuardedMatrix(const GuardedMatrix&) = delete;
  GuardedMatrix& operator=(const GuardedMatrix&) = delete;
  GuardedMatrix(GuardedMatrix&&) = default;  // the heap block, and so its alignment, moves along

  layout::Matrix view() { return {memory_.data() + first_, dtype_, rows_, cols_, Stride()}; }
  layout::ConstMatrix view() const {
    return {memory_.data() + first_, dtype_, rows_, cols_, Stride()};
  }
  DType dtype() const { return dtype_; }
  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }

  void Poison() { std::fill(memory_.begin(), memory_.end(), kPoison); }
  double Get(int64_t row, int64_t col) const { return ElementOf(view(), row, col); }
  void Set(int64_t row, int64_t col, double value) { SetElement(view(), row, col, value); }

  // Whether everything outside the elements is as it was.
  bool GuardsIntact() const {
    for (int64_t i = 0; i < static_cast<int64_t>(memory_.size()); ++i) {
      const int64_t offset = i - first_;
      const int64_t row_halves = Stride() * halves_;
      const bool inside =
          offset >= 0 && offset < rows_ * row_halves && offset % row_halves < cols_ * halves_;
      if (!inside && memory_[static_cast<size_t>(i)] != kPoison) return false;
    }
    return true;
  }

 private:
  static constexpr int64_t kGuardElems = 64;
  static constexpr size_t kLineHalves = 32;

  int64_t Stride() const { return cols_ + placement_.padding; }

  DType dtype_;
  int64_t rows_;
  int64_t cols_;
  Placement placement_;
  int64_t halves_ = 1;  // 16-bit words an element
  int64_t first_ = 0;
  std::vector<uint16_t> memory_;
};

}  // namespace qwenjet::testing
