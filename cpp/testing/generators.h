// SPDX-License-Identifier: Apache-2.0
// testing: seeded inputs of the kinds that find mistakes, and weights put into the tile layout
// element by element from the layout's index formula (not by the product's packing code).
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/bf16.h"
#include "layout/tiled_weight.h"
#include "testing/guarded_matrix.h"

namespace qwenjet::testing {

// splitmix64 (Steele, Lea and Flood, OOPSLA 2014): the same numbers on every machine.
class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int64_t Below(int64_t limit) {
    return static_cast<int64_t>(Next() % static_cast<uint64_t>(limit));
  }
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  // About normal: the sum of four uniform numbers, of mean 0 and variance 1.
  double Normal() {
    const uint64_t z = Next();
    const uint64_t sum = (z & 0xffffu) + (z >> 16 & 0xffffu) + (z >> 32 & 0xffffu) + (z >> 48);
    return (static_cast<double>(sum) - 131070.0) * (1.7320508075688772 / 65536);
  }

 private:
  uint64_t state_;
};

enum class Values {
  kNormal,
  kAlternating,    // about 1, the sign changes with the column: sums cancel against kOffset
  kOffset,         // about 1, all positive
  kOutliers,       // one in 64 is a thousand times larger
  kDenormals,      // half of them subnormal
  kSmallIntegers,  // -4 .. 4: sums of a few thousand products are exact in any order
};

inline double Draw(Values values, int64_t col, Rng& rng) {
  switch (values) {
    case Values::kNormal:
      return rng.Normal();
    case Values::kAlternating:
      return (col % 2 == 0 ? 1 : -1) * (1 + rng.Normal() / 16);
    case Values::kOffset:
      return 1 + rng.Normal() / 16;
    case Values::kOutliers:
      return rng.Normal() * (rng.Below(64) == 0 ? 1000 : 1);
    case Values::kDenormals:
      return rng.Normal() * (rng.Below(2) == 0 ? 0x1p-128 : 1);
    case Values::kSmallIntegers:
      return static_cast<double>(rng.Below(9) - 4);
  }
  return 0;
}

// A number near x that the format holds.
inline double Representable(DType dtype, double x) {
  const auto number = static_cast<float>(x);
  return static_cast<double>(dtype == DType::kFloat32 ? number : ToFloat(ToBFloat16(number)));
}

inline void Fill(GuardedMatrix& matrix, Values values, Rng& rng) {
  for (int64_t row = 0; row < matrix.rows(); ++row) {
    for (int64_t col = 0; col < matrix.cols(); ++col) {
      matrix.Set(row, col, Representable(matrix.dtype(), Draw(values, col, rng)));
    }
  }
}

inline GuardedMatrix Filled(DType dtype, int64_t rows, int64_t cols, Values values, Rng& rng,
                            Placement placement = {}) {
  GuardedMatrix matrix(dtype, rows, cols, placement);
  Fill(matrix, values, rng);
  return matrix;
}

inline std::vector<float> RandomVector(int64_t count, Values values, Rng& rng) {
  std::vector<float> result(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    result[static_cast<size_t>(i)] = static_cast<float>(Draw(values, i, rng));
  }
  return result;
}

inline std::vector<double> Widened(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

// Owned memory on a 64-byte line, of exactly the given size (rounded up to a line).
class AlignedBytes {
 public:
  explicit AlignedBytes(int64_t size_bytes)
      : data_(static_cast<char*>(
            std::aligned_alloc(64, static_cast<size_t>(layout::RoundUp(size_bytes + 1, 64))))) {}
  char* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(char* data) const { std::free(data); }
  };
  std::unique_ptr<char, Free> data_;
};

// A weight in the tile layout, padding zero as the layout demands.
struct TiledBuffer {
  AlignedBytes memory;
  layout::TiledWeight view;

  TiledBuffer(DType dtype, const layout::ConstMatrix& row_major) : memory(0) {
    view.dtype = dtype;
    view.n = row_major.rows;
    view.k = row_major.cols;
    memory = AlignedBytes(view.SizeBytes());
    view.data = memory.data();
    std::fill_n(memory.data(), view.SizeBytes(), char{0});
    for (int64_t row = 0; row < view.n; ++row) {
      for (int64_t col = 0; col < view.k; ++col) {
        const auto value = static_cast<float>(ElementOf(row_major, row, col));
        if (dtype == DType::kBFloat16) {
          reinterpret_cast<BFloat16*>(
              memory.data())[layout::TiledIndexBf16(row, col, view.PaddedK())] = ToBFloat16(value);
        } else {
          reinterpret_cast<float*>(memory.data())[layout::TiledIndexF32(row, col, view.PaddedK())] =
              value;
        }
      }
    }
  }
};

}  // namespace qwenjet::testing
