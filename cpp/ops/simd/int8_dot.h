// SPDX-License-Identifier: Apache-2.0
// simd: the product of half a step (layout/quant_weight.h), R rows of int8 x against C blocks of 16
// outputs: 4 lines of codes a block, x being 4 x R groups of 4 columns.
#pragma once

#include <cstdint>

#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

// Integer sums (below 2^22 either way) start from the bits of this float: its last place is 1, so
// the sum's bits are the float kIntegerBase + sum, and no conversion is needed.
inline constexpr float kIntegerBase = 12582912.0f;  // 1.5 * 2^23
inline constexpr int32_t kIntegerBaseBits = 0x4b400000;

// sum * scale, rounded once. `shift` is -kIntegerBase * scale, exact where scale has 22 significant
// bits or fewer.
template <class V>
QJ_INLINE typename V::F ScaledSum(typename V::Int8::I sum, typename V::F scale,
                                  typename V::F shift) {
  const typename V::F number = V::Int8::AsFloat(sum);
  if constexpr (V::kFuses) return V::Fma(number, scale, shift);
  return V::Mul(V::Sub(number, V::Set1(kIntegerBase)), scale);
}

template <class Q, int kBits, int R, int C>
QJ_INLINE void DotHalf(typename Q::I (&dot)[R][C], const typename Q::W (&lines)[C][4],
                       const char* x) {
  if constexpr (Q::kHasDot) {
    // Line by line: products that follow one another are independent, and blocks share columns.
    for (int j = 0; j < 4; ++j) {
      for (int r = 0; r < R; ++r) {
        const typename Q::W columns = Q::Columns(x + (j * R + r) * 4);
        for (int c = 0; c < C; ++c) dot[r][c] = Q::Dot(dot[r][c], lines[c][j], columns);
      }
    }
  } else {
    for (int r = 0; r < R; ++r) {
      for (int c = 0; c < C; ++c) {
        dot[r][c] = Q::template Dot4<kBits>(dot[r][c], lines[c], x + r * 4, R * 4);
      }
    }
  }
}

}  // namespace
}  // namespace qwenjet::ops::simd
