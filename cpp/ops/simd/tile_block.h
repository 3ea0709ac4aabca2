// SPDX-License-Identifier: Apache-2.0
// simd: products of R x C tiles (1 or 2 each way) for linear and attention. Accumulators are tiles
// 0 to 3, [row tile][column tile] in pairs; A passes through tiles 4 and 5, B through 6 and 7.
#pragma once

#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

template <class T, int R, int C>
struct TileBlock {
  static QJ_INLINE void Zero() {
    T::template Zero<0>();
    if constexpr (C == 2) T::template Zero<1>();
    if constexpr (R == 2) T::template Zero<2>();
    if constexpr (R == 2 && C == 2) T::template Zero<3>();
  }
  // `first` and `second` are the first row of the two columns of tiles; strides are in bytes.
  static QJ_INLINE void LoadAcc(const float* first, const float* second, int64_t stride) {
    T::template LoadAcc<0>(first, stride);
    if constexpr (C == 2) T::template LoadAcc<1>(second, stride);
    if constexpr (R == 2) T::template LoadAcc<2>(first + 4 * stride, stride);
    if constexpr (R == 2 && C == 2) T::template LoadAcc<3>(second + 4 * stride, stride);
  }
  static QJ_INLINE void StoreAcc(float* first, float* second, int64_t stride) {
    T::template StoreAcc<0>(first, stride);
    if constexpr (C == 2) T::template StoreAcc<1>(second, stride);
    if constexpr (R == 2) T::template StoreAcc<2>(first + 4 * stride, stride);
    if constexpr (R == 2 && C == 2) T::template StoreAcc<3>(second + 4 * stride, stride);
  }
  // Adds a product of 32 k: A's two tiles of 16 rows, B's two tiles of 16 columns.
  static QJ_INLINE void Dot(const char* a0, const char* a1, int64_t a_stride, const char* b0,
                            const char* b1, int64_t b_stride) {
    T::template Load<6>(b0, b_stride);
    T::template Load<4>(a0, a_stride);
    T::template Dot<0, 4, 6>();
    if constexpr (R == 2) {
      T::template Load<5>(a1, a_stride);
      T::template Dot<2, 5, 6>();
    }
    if constexpr (C == 2) {
      T::template Load<7>(b1, b_stride);
      T::template Dot<1, 4, 7>();
      if constexpr (R == 2) T::template Dot<3, 5, 7>();
    }
  }
};

}  // namespace
}  // namespace qwenjet::ops::simd
