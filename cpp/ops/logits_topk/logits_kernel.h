// SPDX-License-Identifier: Apache-2.0
// logits_topk on vectors: the three passes over a stretch of a row. A mask word covers 32 logits.
#pragma once

#include "ops/cpu/cpu_kernels.h"
#include "ops/simd/math.h"

namespace qwenjet::ops::simd {
namespace {

// 16 scaled logits from index i; what lies past the end or outside the mask is -inf.
template <class V>
QJ_INLINE typename V::F ScaledLogits(const cpu::LogitSpan& s, int64_t i) {
  const typename V::F lowest = V::Set1(-__builtin_inff());
  const int count = s.count - i < 16 ? static_cast<int>(s.count - i) : 16;
  uint32_t bits = (1u << count) - 1u;
  if (s.mask != nullptr) bits &= s.mask[i / 32] >> (i % 32);
  const typename V::F x = count == 16 ? V::Load(s.logits + i) : V::LoadN(s.logits + i, count);
  return V::Select(bits, V::Mul(x, V::Set1(s.scale)), lowest);
}

template <class V>
float LogitMaxKernel(const cpu::LogitSpan& s) {
  typename V::F largest = V::Set1(-__builtin_inff());
  // Max takes its second operand where the first is NaN.
  for (int64_t i = 0; i < s.count; i += 16) largest = V::Max(ScaledLogits<V>(s, i), largest);
  return V::ReduceMax(largest);
}

template <class V>
float LogitSumExpKernel(const cpu::LogitSpan& s, float max) {
  typename V::F sum = V::Zero();
  for (int64_t i = 0; i < s.count; i += 16) {
    sum = V::Add(sum, Exp<V>(V::Sub(ScaledLogits<V>(s, i), V::Set1(max))));
  }
  return V::ReduceAdd(sum);
}

template <class V>
int32_t LogitAboveKernel(const cpu::LogitSpan& s, float threshold, int64_t begin, int32_t* indices,
                         int32_t capacity, int64_t* end) {
  int32_t found = 0;
  int64_t i = begin;
  for (; i < s.count && found + 16 <= capacity; i += 16) {
    uint32_t bits = V::Greater(ScaledLogits<V>(s, i), V::Set1(threshold));
    for (; bits != 0; bits &= bits - 1) {
      indices[found++] = static_cast<int32_t>(i + __builtin_ctz(bits));
    }
  }
  *end = i < s.count ? i : s.count;
  return found;
}

}  // namespace
}  // namespace qwenjet::ops::simd
