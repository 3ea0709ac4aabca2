// SPDX-License-Identifier: Apache-2.0
// swiglu on vectors: one row.
#pragma once

#include "ops/rms_norm/rms_norm_kernel.h"
#include "ops/simd/math.h"

namespace qwenjet::ops::simd {
namespace {

template <class V>
QJ_INLINE typename V::F Gated(typename V::F gate, typename V::F up) {
  // For gate below -88.7 the exponential is +inf and the quotient -0, as it should be.
  const auto silu = V::Div(gate, V::Add(V::Set1(1.0f), Exp<V>(V::Sub(V::Zero(), gate))));
  return V::Mul(silu, up);
}

template <class V>
void SwigluKernel(const cpu::SwigluRow& row) {
  for (int64_t i = 0; i < row.size; i += 16) {
    const int count = row.size - i < 16 ? static_cast<int>(row.size - i) : 16;
    const auto gate = LoadPart<V>(row.gate + i, count), up = LoadPart<V>(row.up + i, count);
    StoreRounded<V>(row.y, row.y_dtype, i, Gated<V>(gate, up), count);
  }
}

}  // namespace
}  // namespace qwenjet::ops::simd
