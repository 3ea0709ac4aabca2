// SPDX-License-Identifier: Apache-2.0
// quantize: from float weights to codes with a scale a group: the scheme, the search for each
// group's scale, and rounding to it. Codes are unsigned, w = scale * (code - zero), with zero
// 2^(bits - 1) where the scheme is symmetric: the stored form of compressed-tensors' pack-quantized
// (spec quant-formats, section 4).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "format/tensor_info.h"

namespace qwenjet::model::quantize {

struct Scheme {
  int32_t bits = 4;          // 4 or 8
  int64_t group_size = 128;  // columns; 0: the whole row
  bool asymmetric = false;   // a zero point a group
  // BF16, F16 or F32: what a scale is rounded to before codes are chosen for it.
  format::TensorEncoding scale_encoding = format::TensorEncoding::kBF16;

  int64_t GroupSize(int64_t k) const { return group_size == 0 ? k : group_size; }
  float MaxCode() const { return static_cast<float>((1 << bits) - 1); }
  float SymmetricZero() const { return static_cast<float>(1 << (bits - 1)); }
};

// A row-major float matrix.
struct FloatMatrix {
  int64_t rows = 0;
  int64_t cols = 0;
  std::vector<float> values;

  FloatMatrix() = default;
  FloatMatrix(int64_t num_rows, int64_t num_cols)
      : rows(num_rows), cols(num_cols), values(static_cast<size_t>(num_rows * num_cols)) {}
  float* Row(int64_t row) { return values.data() + row * cols; }
  const float* Row(int64_t row) const { return values.data() + row * cols; }
};

struct GroupScale {
  float scale = 1.0f;
  float zero = 0.0f;  // an integer in [0, MaxCode()]
};

// A quantised weight [n, k].
struct Codes {
  int64_t n = 0;
  int64_t k = 0;
  int64_t num_groups = 0;          // of a row
  std::vector<uint8_t> codes;      // [n][k]
  std::vector<GroupScale> groups;  // [n][num_groups]

  const GroupScale& GroupOf(int64_t row, int64_t col, int64_t group_size) const {
    return groups[static_cast<size_t>(row * num_groups + col / group_size)];
  }
};

// x in the number format of stored scales, round to nearest even.
float RoundScale(format::TensorEncoding encoding, float x);

// The scale, of a grid from the group's own range (symmetric: a little more) down to half of it
// with 4 bits and to nine tenths with 8, that has the least sum of importance * (w - rounded w)^2.
// All zeros give scale 1 and the code of zero.
GroupScale SearchScale(std::span<const float> w, std::span<const float> importance,
                       const Scheme& scheme);
// The scale of the group's whole range: no search.
GroupScale RangeScale(std::span<const float> w, const Scheme& scheme);

// x rounded to an integer of [0, max_code], ties to even.
inline float NearestCode(float x, float max_code) {
  const float inside = x < 0.0f ? 0.0f : (x > max_code ? max_code : x);
  // Adding 1.5 * 2^23 leaves no bits below one: round to nearest even without a call.
  return (inside + 12582912.0f) - 12582912.0f;
}
// The code nearest to w, and what it stands for.
inline float CodeOf(float w, const GroupScale& group, float max_code) {
  return NearestCode(w / group.scale + group.zero, max_code);
}
inline float ValueOf(float code, const GroupScale& group) {
  return (code - group.zero) * group.scale;
}

enum class ScaleChoice { kRange, kSearch };

// Scales of every group of w; codes are left zero. importance [w.cols] weighs the columns.
Codes ChooseScales(const FloatMatrix& w, std::span<const float> importance, const Scheme& scheme,
                   ScaleChoice choice, ThreadPool& threads);
// Fills the codes with the nearest ones.
void RoundToNearest(const FloatMatrix& w, const Scheme& scheme, Codes& codes, ThreadPool& threads);
// What the codes stand for, in place of w's values.
void Dequantize(const Codes& codes, const Scheme& scheme, FloatMatrix& w, ThreadPool& threads);

}  // namespace qwenjet::model::quantize
