// SPDX-License-Identifier: Apache-2.0
// simd: functions on vectors of 16 floats, written once for every path.
#pragma once

#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

// exp(x) within 2 ulp for x in [-87.3, 88.7]; below it 0, above it +inf, NaN stays NaN.
// Cody and Waite reduction x = n ln 2 + r, |r| <= ln 2 / 2, and a degree-6 polynomial for exp(r)
// (relative error 2e-8, coefficients as in Moshier's Cephes library).
template <class V>
QJ_INLINE typename V::F Exp(typename V::F x) {
  using F = typename V::F;
  const F lowest = V::Set1(-87.33654f), highest = V::Set1(88.722839f);
  const uint32_t under = V::Greater(lowest, x), over = V::Greater(x, highest);
  // The second operand of Min and Max passes a NaN on.
  const F clamped = V::Max(lowest, V::Min(highest, x));
  F n = V::Round(V::Mul(clamped, V::Set1(1.44269504f)));
  F r = V::Fma(n, V::Set1(-0.693359375f), clamped);
  r = V::Fma(n, V::Set1(2.12194440e-4f), r);
  F p = V::Set1(1.9875691500e-4f);
  p = V::Fma(p, r, V::Set1(1.3981999507e-3f));
  p = V::Fma(p, r, V::Set1(8.3334519073e-3f));
  p = V::Fma(p, r, V::Set1(4.1665795894e-2f));
  p = V::Fma(p, r, V::Set1(1.6666665459e-1f));
  p = V::Fma(p, r, V::Set1(5.0000001201e-1f));
  p = V::Fma(V::Mul(r, r), p, V::Add(r, V::Set1(1.0f)));
  // 2^n in two factors: n reaches 128.
  const F half = V::Round(V::Mul(n, V::Set1(0.5f)));
  F y = V::Scale2(V::Scale2(p, half), V::Sub(n, half));
  y = V::Select(under, V::Zero(), y);
  return V::Select(over, V::Set1(__builtin_inff()), y);
}

}  // namespace
}  // namespace qwenjet::ops::simd
