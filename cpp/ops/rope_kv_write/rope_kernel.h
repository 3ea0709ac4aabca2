// SPDX-License-Identifier: Apache-2.0
// rope_kv_write on vectors: one head of one token, normalised (if asked) and rotated.
#pragma once

#include "ops/rms_norm/rms_norm_kernel.h"

namespace qwenjet::ops::simd {
namespace {

template <class V>
void RopeHeadKernel(const cpu::RopeHead& head) {
  using F = typename V::F;
  float normed[512];  // the largest head_dim that validation lets through
  const float* x = head.x;
  if (head.norm != nullptr) {
    cpu::NormRow row;
    row.x = const_cast<float*>(head.x);  // not written: there is no delta
    row.weight = head.norm;
    row.eps = head.eps;
    row.size = head.head_dim;
    row.y = reinterpret_cast<char*>(normed);
    RmsNormKernel<V>(row);
    x = normed;
  }
  const int half = head.rotary_dim / 2;
  for (int j = 0; j < half; j += 16) {
    const int count = half - j < 16 ? half - j : 16;
    const F c = LoadPart<V>(head.cos + j, count), s = LoadPart<V>(head.sin + j, count);
    const F a = LoadPart<V>(x + j, count), b = LoadPart<V>(x + half + j, count);
    const F first = V::Sub(V::Mul(a, c), V::Mul(b, s));
    const F second = V::Add(V::Mul(b, c), V::Mul(a, s));
    V::StoreN(head.y + j, first, count);
    V::StoreN(head.y + half + j, second, count);
  }
  std::memcpy(head.y + head.rotary_dim, x + head.rotary_dim,
              sizeof(float) * static_cast<size_t>(head.head_dim - head.rotary_dim));
}

}  // namespace
}  // namespace qwenjet::ops::simd
