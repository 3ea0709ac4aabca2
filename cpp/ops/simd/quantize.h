// SPDX-License-Identifier: Apache-2.0
// simd: a vector of floats as integer codes and one scale.
#pragma once

#include <cmath>
#include <type_traits>

#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

// x = code * scale: scale = max|x| / 127 (int8) or / 32767 (int16) in float32, code = x / scale
// rounded to nearest even. Returns the scale: 0 where it would be below the normal range, NaN where
// x holds a NaN or an infinity; all codes are 0 then.
template <class V, class Int>
float QuantizeKernel(const float* x, Int* codes, int64_t count) {
  static_assert(std::is_same_v<Int, int8_t> || std::is_same_v<Int, int16_t>);
  using F = typename V::F;
  const auto load = [&](int64_t i) {
    return count - i < 16 ? V::LoadN(x + i, static_cast<int>(count - i)) : V::Load(x + i);
  };
  F largest = V::Zero(), odd = V::Zero();  // odd: 0, or NaN in a lane that met one or an infinity
  for (int64_t i = 0; i < count; i += 16) {
    const F v = load(i);
    largest = V::Max(largest, V::Max(v, V::Sub(V::Zero(), v)));
    odd = V::Fma(v, V::Zero(), odd);
  }
  const bool finite = V::ReduceAdd(odd) == 0.0f;
  const float scale = V::ReduceMax(largest) / (sizeof(Int) == 1 ? 127.0f : 32767.0f);
  if (!finite || scale < 0x1p-126f) {
    std::memset(codes, 0, static_cast<size_t>(count) * sizeof(Int));
    return finite ? 0.0f : NAN;
  }
  for (int64_t i = 0; i < count; i += 16) {
    const F code = V::Div(load(i), V::Set1(scale));
    Int rounded[16];
    if constexpr (sizeof(Int) == 1) {
      V::StoreInt8(rounded, code);
    } else {
      V::StoreInt16(rounded, code);
    }
    const int64_t part = count - i < 16 ? count - i : 16;
    std::memcpy(codes + i, rounded, static_cast<size_t>(part) * sizeof(Int));
  }
  return scale;
}

}  // namespace
}  // namespace qwenjet::ops::simd
