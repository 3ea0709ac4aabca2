// SPDX-License-Identifier: Apache-2.0
// simd: functions on vectors of 16 floats, written once for every path.
#pragma once

#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

// exp(x - n ln 2) for n = x / ln 2 rounded: Cody and Waite reduction to r, |r| <= ln 2 / 2, and a
// degree-6 polynomial for exp(r) (relative error 2e-8, coefficients as in Moshier's Cephes
// library).
template <class V>
QJ_INLINE typename V::F ReducedExp(typename V::F x, typename V::F n) {
  using F = typename V::F;
  F r = V::Fma(n, V::Set1(-0.693359375f), x);
  r = V::Fma(n, V::Set1(2.12194440e-4f), r);
  F p = V::Set1(1.9875691500e-4f);
  p = V::Fma(p, r, V::Set1(1.3981999507e-3f));
  p = V::Fma(p, r, V::Set1(8.3334519073e-3f));
  p = V::Fma(p, r, V::Set1(4.1665795894e-2f));
  p = V::Fma(p, r, V::Set1(1.6666665459e-1f));
  p = V::Fma(p, r, V::Set1(5.0000001201e-1f));
  return V::Fma(V::Mul(r, r), p, V::Add(r, V::Set1(1.0f)));
}

// exp(x) within 2 ulp for x in [-87.3, 88.7]; below it 0, above it +inf, NaN stays NaN.
template <class V>
QJ_INLINE typename V::F Exp(typename V::F x) {
  using F = typename V::F;
  const F lowest = V::Set1(-87.33654f), highest = V::Set1(88.722839f);
  const uint32_t under = V::Greater(lowest, x), over = V::Greater(x, highest);
  // The second operand of Min and Max passes a NaN on.
  const F clamped = V::Max(lowest, V::Min(highest, x));
  const F n = V::Round(V::Mul(clamped, V::Set1(1.44269504f)));
  const F p = ReducedExp<V>(clamped, n);
  // 2^n in two factors: n reaches 128.
  const F half = V::Round(V::Mul(n, V::Set1(0.5f)));
  F y = V::Scale2(V::Scale2(p, half), V::Sub(n, half));
  y = V::Select(under, V::Zero(), y);
  return V::Select(over, V::Set1(__builtin_inff()), y);
}

// The same for x <= 0, which can neither overflow nor need 2^n in two factors.
template <class V>
QJ_INLINE typename V::F ExpOfNonPositive(typename V::F x) {
  using F = typename V::F;
  const F lowest = V::Set1(-87.33654f);
  const uint32_t under = V::Greater(lowest, x);
  const F clamped = V::Max(lowest, x);
  const F n = V::Round(V::Mul(clamped, V::Set1(1.44269504f)));
  return V::Select(under, V::Zero(), V::Scale2(ReducedExp<V>(clamped, n), n));
}

}  // namespace
}  // namespace qwenjet::ops::simd
