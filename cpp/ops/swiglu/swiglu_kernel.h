// SPDX-License-Identifier: Apache-2.0
// swiglu on vectors: one row.
#pragma once

#include "ops/rms_norm/rms_norm_kernel.h"
#include "ops/simd/math.h"

namespace qwenjet::ops::simd {
namespace {

template <class V>
void SwigluKernel(const cpu::SwigluRow& row) {
  using F = typename V::F;
  const F one = V::Set1(1.0f);
  for (int64_t i = 0; i < row.size; i += 16) {
    const int count = row.size - i < 16 ? static_cast<int>(row.size - i) : 16;
    const F gate = LoadPart<V>(row.gate + i, count);
    // For gate below -88.7 the exponential is +inf and the quotient -0, as it should be.
    const F silu = V::Div(gate, V::Add(one, Exp<V>(V::Sub(V::Zero(), gate))));
    StoreRounded<V>(row.y, row.y_dtype, i, V::Mul(silu, LoadPart<V>(row.up + i, count)), count);
  }
}

}  // namespace
}  // namespace qwenjet::ops::simd
