// SPDX-License-Identifier: Apache-2.0
// cpu: how fast a path's products run when nothing else is in the way: the limits that benchmarks
// divide by. Operands stay in registers or in the first-level cache.
#pragma once

#include "ops/simd/int8_dot.h"
#include "ops/simd/micro_kernel.h"

namespace qwenjet::ops::simd {
namespace {

inline constexpr int64_t kRateLines = 64;

// Reads a stretch (a multiple of 256 bytes) with four vectors in flight, in ascending order, which
// the hardware prefetchers follow; the sum keeps the loads from being dropped.
template <class V>
float ReadSum(const char* data, int64_t bytes) {
  typename V::F sums[4] = {V::Zero(), V::Zero(), V::Zero(), V::Zero()};
  for (int64_t i = 0; i < bytes; i += 256) {
    for (int s = 0; s < 4; ++s) {
      sums[s] = V::Add(sums[s], V::Load(reinterpret_cast<const float*>(data + i + s * 64)));
    }
  }
  return V::ReduceAdd(V::Add(V::Add(sums[0], sums[1]), V::Add(sums[2], sums[3])));
}

// One pass over 16 KB of B with the micro kernel's own shape; returns FLOP.
template <class V, class Mode>
QJ_INLINE double RatePasses(int64_t passes) {
  constexpr int kRows = Mode::template kRows<V>, kCols = Mode::template kCols<V>;
  alignas(64) static thread_local char a[kRows * 2048] = {};
  alignas(64) static thread_local char b[kCols * kRateLines * 64] = {};
  typename V::F acc[kRows][kCols];
  for (int r = 0; r < kRows; ++r) {
    for (int c = 0; c < kCols; ++c) acc[r][c] = V::Zero();
  }
  const char* blocks[kCols];
  for (int c = 0; c < kCols; ++c) blocks[c] = b + c * kRateLines * 64;
  for (int64_t pass = 0; pass < passes; ++pass) {
    MicroKernel<V, Mode, kRows, kCols>(a, 2048, blocks, 64, kRateLines, acc);
  }
  typename V::F total = V::Zero();
  for (int r = 0; r < kRows; ++r) {
    for (int c = 0; c < kCols; ++c) total = V::Add(total, acc[r][c]);
  }
  volatile float sink = V::ReduceAdd(total);
  (void)sink;
  return static_cast<double>(passes * kRateLines * kRows * kCols) * Mode::kFlopPerLine;
}

template <class V>
double FloatRate(int64_t passes) {
  return RatePasses<V, FloatMode>(passes);
}

template <class V>
double Bf16Rate(int64_t passes) {
  if constexpr (V::kHasDot) {
    return RatePasses<V, DotMode>(passes);
  } else {
    return RatePasses<V, FloatMode>(passes);  // bf16 is widened: float32 is the limit
  }
}

// Products of bytes as linear_quant multiplies 8-bit codes, groups left out. V is the path's
// QuantVec.
template <class V>
double Int8Rate(int64_t passes) {
  using Q = typename V::Int8;
  constexpr int R = Q::kRows, C = Q::kHasDot ? 2 : 1;
  constexpr int64_t kHalves = 32;
  alignas(64) static thread_local char x[kHalves * R * 16] = {};
  alignas(64) static thread_local char w[C * kHalves * 4 * 64] = {};
  typename Q::I dot[R][C];
  const int32_t zero = 0;
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) dot[r][c] = Q::Set1(&zero);
  }
  for (int64_t pass = 0; pass < passes; ++pass) {
    for (int64_t half = 0; half < kHalves; ++half) {
      typename Q::W lines[C][4];
      for (int c = 0; c < C; ++c) {
        const char* of_block = w + (c * kHalves + half) * 256;
        for (int j = 0; j < 4; ++j) lines[c][j] = Q::LoadLine(of_block + j * 64);
      }
      DotHalf<Q, 8, R, C>(dot, lines, x + half * R * 16);
    }
  }
  typename V::F total = V::Zero();
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) total = V::Add(total, Q::AsFloat(dot[r][c]));
  }
  volatile float sink = V::ReduceAdd(total);
  (void)sink;
  return static_cast<double>(passes * kHalves * R * C) * 4 * 64 * 2;
}

// The tile kernel's inner loop: four loads from the first-level cache, four products a step.
template <class T>
double TileRate(int64_t passes) {
  alignas(64) static thread_local char data[4 * 1024] = {};
  constexpr int64_t kSteps = 64;
  T::Configure();
  T::template Zero<0>();
  T::template Zero<1>();
  T::template Zero<2>();
  T::template Zero<3>();
  for (int64_t step = 0; step < passes * kSteps; ++step) {
    T::template Load<6>(data);
    T::template Load<4>(data + 1024);
    T::template Dot<0, 4, 6>();
    T::template Load<5>(data + 2048);
    T::template Dot<2, 5, 6>();
    T::template Load<7>(data + 3072);
    T::template Dot<1, 4, 7>();
    T::template Dot<3, 5, 7>();
  }
  T::Release();
  return static_cast<double>(passes * kSteps) * 4 * 2.0 * 16 * 16 * 32;
}

}  // namespace
}  // namespace qwenjet::ops::simd
