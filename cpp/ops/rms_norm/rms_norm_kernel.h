// SPDX-License-Identifier: Apache-2.0
// rms_norm on vectors: one row. The sum of squares runs in four accumulators of 16 lanes, so that
// the additions do not wait for each other; their order is fixed by the row length alone.
#pragma once

#include "ops/cpu/cpu_kernels.h"
#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

template <class V>
QJ_INLINE void StoreRounded(char* y, DType dtype, int64_t i, typename V::F value, int count) {
  if (dtype == DType::kFloat32) {
    auto* out = reinterpret_cast<float*>(y) + i;
    if (count == 16) return V::Store(out, value);
    return V::StoreN(out, value, count);
  }
  if (count == 16) return V::StoreBf16(y + i * 2, value);
  char rounded[32];
  V::StoreBf16(rounded, value);
  std::memcpy(y + i * 2, rounded, static_cast<size_t>(count) * 2);
}

template <class V>
QJ_INLINE typename V::F LoadPart(const float* p, int count) {
  return count == 16 ? V::Load(p) : V::LoadN(p, count);
}

template <class V>
QJ_INLINE float SumOfSquares(const float* x, int64_t size) {
  typename V::F sums[4] = {V::Zero(), V::Zero(), V::Zero(), V::Zero()};
  int64_t i = 0;
  for (; i + 64 <= size; i += 64) {
    for (int a = 0; a < 4; ++a) {
      const typename V::F v = V::Load(x + i + a * 16);
      sums[a] = V::Fma(v, v, sums[a]);
    }
  }
  for (; i < size; i += 16) {
    const int count = size - i < 16 ? static_cast<int>(size - i) : 16;
    const typename V::F v = LoadPart<V>(x + i, count);
    sums[0] = V::Fma(v, v, sums[0]);
  }
  return V::ReduceAdd(V::Add(V::Add(sums[0], sums[1]), V::Add(sums[2], sums[3])));
}

template <class V>
void RmsNormKernel(const cpu::NormRow& row) {
  if (row.delta != nullptr) {
    for (int64_t i = 0; i < row.size; i += 16) {
      const int count = row.size - i < 16 ? static_cast<int>(row.size - i) : 16;
      const auto sum = V::Add(LoadPart<V>(row.x + i, count), LoadPart<V>(row.delta + i, count));
      StoreRounded<V>(reinterpret_cast<char*>(row.x), DType::kFloat32, i, sum, count);
    }
  }
  const float mean = SumOfSquares<V>(row.x, row.size) / static_cast<float>(row.size);
  const auto scale = V::Set1(1.0f / __builtin_sqrtf(mean + row.eps));
  for (int64_t i = 0; i < row.size; i += 16) {
    const int count = row.size - i < 16 ? static_cast<int>(row.size - i) : 16;
    const auto scaled = V::Mul(LoadPart<V>(row.x + i, count), scale);
    StoreRounded<V>(row.y, row.y_dtype, i, V::Mul(scaled, LoadPart<V>(row.weight + i, count)),
                    count);
  }
}

}  // namespace
}  // namespace qwenjet::ops::simd
