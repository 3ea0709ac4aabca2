// SPDX-License-Identifier: Apache-2.0
// simd: the register-blocked matrix product under linear and attention. R rows of A times C blocks
// of 16 columns of B; B is read by lines of 64 bytes (layout/tiled_weight.h, layout/kv_page.h), a
// line being 16 columns x 2 k in bf16 or 16 columns x 1 k in float32; int8 codes have lines of 32
// bytes, 16 columns x 2 k:
//
//            B[c]: line 0, line 1, ...           accumulators stay in registers;
//   A row -> acc[r][c] += a(r, line) * line      A is broadcast from memory
//
// Each accumulator adds its products in ascending k, whatever R and C are, so a row's result does
// not depend on the blocking.
#pragma once

#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

// bf16 A and B through the bf16-dot instruction.
struct DotMode {
  template <class V>
  using Acc = typename V::F;
  static constexpr bool kIsCodes = false;
  static constexpr bool kIsInteger = false;
  static constexpr int64_t kLineBytes = 64;
  static constexpr int64_t kLineSteps = 2;  // k of a line
  static constexpr int64_t kABytesPerLine = 4;
  static constexpr double kFlopPerLine = 64.0;  // of one row
  template <class V>
  static constexpr int kRows = V::kRowsDot;
  template <class V>
  static constexpr int kCols = V::kColsDot;

  template <class V, int R, int C>
  static QJ_INLINE void Line(const char* a, int64_t a_stride, const char* const (&b)[C],
                             int64_t offset, typename V::F (&acc)[R][C]) {
    typename V::Pairs w[C];
    for (int c = 0; c < C; ++c) w[c] = V::LoadPairs(b[c] + offset);
    for (int r = 0; r < R; ++r) {
      const typename V::Pairs x = V::BroadcastPair(a + r * a_stride);
      for (int c = 0; c < C; ++c) acc[r][c] = V::Dot(acc[r][c], w[c], x);
    }
  }
};

// float32 A, bf16 B: B is widened exactly in registers.
struct WidenMode {
  template <class V>
  using Acc = typename V::F;
  static constexpr bool kIsCodes = false;
  static constexpr bool kIsInteger = false;
  static constexpr int64_t kLineBytes = 64;
  static constexpr int64_t kLineSteps = 2;
  static constexpr int64_t kABytesPerLine = 8;
  static constexpr double kFlopPerLine = 64.0;
  template <class V>
  static constexpr int kRows = V::kRowsF32;
  template <class V>
  static constexpr int kCols = V::kColsF32;

  template <class V, int R, int C>
  static QJ_INLINE void Line(const char* a, int64_t a_stride, const char* const (&b)[C],
                             int64_t offset, typename V::F (&acc)[R][C]) {
    typename V::F even[C], odd[C];
    for (int c = 0; c < C; ++c) {
      const typename V::Pairs w = V::LoadPairs(b[c] + offset);
      even[c] = V::Even(w);
      odd[c] = V::Odd(w);
    }
    for (int r = 0; r < R; ++r) {
      float x[2];
      std::memcpy(x, a + r * a_stride, sizeof(x));
      for (int c = 0; c < C; ++c) acc[r][c] = V::Fma(even[c], V::Set1(x[0]), acc[r][c]);
      for (int c = 0; c < C; ++c) acc[r][c] = V::Fma(odd[c], V::Set1(x[1]), acc[r][c]);
    }
  }
};

// float32 A and B.
struct FloatMode {
  template <class V>
  using Acc = typename V::F;
  static constexpr bool kIsCodes = false;
  static constexpr bool kIsInteger = false;
  static constexpr int64_t kLineBytes = 64;
  static constexpr int64_t kLineSteps = 1;
  static constexpr int64_t kABytesPerLine = 4;
  static constexpr double kFlopPerLine = 32.0;
  template <class V>
  static constexpr int kRows = V::kRowsF32;
  template <class V>
  static constexpr int kCols = V::kColsF32;

  template <class V, int R, int C>
  static QJ_INLINE void Line(const char* a, int64_t a_stride, const char* const (&b)[C],
                             int64_t offset, typename V::F (&acc)[R][C]) {
    typename V::F w[C];
    for (int c = 0; c < C; ++c) w[c] = V::Load(reinterpret_cast<const float*>(b[c] + offset));
    for (int r = 0; r < R; ++r) {
      float x;
      std::memcpy(&x, a + r * a_stride, sizeof(x));
      for (int c = 0; c < C; ++c) acc[r][c] = V::Fma(w[c], V::Set1(x), acc[r][c]);
    }
  }
};

// int16 A, int8 B: codes of both, summed exactly in int32.
struct CodeMode {
  template <class V>
  using Acc = typename V::I;
  static constexpr bool kIsCodes = true;
  static constexpr bool kIsInteger = true;
  static constexpr int64_t kLineBytes = 32;
  static constexpr int64_t kLineSteps = 2;
  static constexpr int64_t kABytesPerLine = 4;
  template <class V>
  static constexpr int kRows = V::kRowsDot;
  template <class V>
  static constexpr int kCols = V::kColsDot;

  template <class V, int R, int C>
  static QJ_INLINE void Line(const char* a, int64_t a_stride, const char* const (&b)[C],
                             int64_t offset, typename V::I (&acc)[R][C]) {
    typename V::Pairs w[C];
    for (int c = 0; c < C; ++c) w[c] = V::LoadCodes(b[c] + offset);
    for (int r = 0; r < R; ++r) {
      const typename V::Pairs x = V::BroadcastPair(a + r * a_stride);
      for (int c = 0; c < C; ++c) acc[r][c] = V::DotInt(acc[r][c], w[c], x);
    }
  }
};

// float32 A, int8 B: codes become floats in registers.
struct CodeFloatMode {
  template <class V>
  using Acc = typename V::F;
  static constexpr bool kIsCodes = true;
  static constexpr bool kIsInteger = false;
  static constexpr int64_t kLineBytes = 32;
  static constexpr int64_t kLineSteps = 2;
  static constexpr int64_t kABytesPerLine = 8;
  template <class V>
  static constexpr int kRows = V::kRowsF32;
  template <class V>
  static constexpr int kCols = V::kColsF32;

  template <class V, int R, int C>
  static QJ_INLINE void Line(const char* a, int64_t a_stride, const char* const (&b)[C],
                             int64_t offset, typename V::F (&acc)[R][C]) {
    typename V::F even[C], odd[C];
    for (int c = 0; c < C; ++c) {
      const typename V::Pairs w = V::LoadCodes(b[c] + offset);
      even[c] = V::EvenInt(w);
      odd[c] = V::OddInt(w);
    }
    for (int r = 0; r < R; ++r) {
      float x[2];
      std::memcpy(x, a + r * a_stride, sizeof(x));
      for (int c = 0; c < C; ++c) acc[r][c] = V::Fma(even[c], V::Set1(x[0]), acc[r][c]);
      for (int c = 0; c < C; ++c) acc[r][c] = V::Fma(odd[c], V::Set1(x[1]), acc[r][c]);
    }
  }
};

// `ahead`, if not 0, is the distance from B to memory of the same size and shape that is wanted
// next; it is fetched into the second-level cache line by line as B is used.
template <class V, class Mode, int R, int C>
QJ_INLINE void MicroKernel(const char* a, int64_t a_stride, const char* const (&b)[C],
                           int64_t line_stride, int64_t num_lines,
                           typename Mode::template Acc<V> (&acc)[R][C], int64_t ahead = 0) {
  for (int64_t line = 0; line < num_lines; ++line) {
    const int64_t offset = line * line_stride;
    if (ahead != 0) {
      // Two lines of codes share one of the cache.
      constexpr int kStep = Mode::kLineBytes == 64 ? 1 : 2;
      for (int c = 0; c < C; c += kStep) __builtin_prefetch(b[c] + offset + ahead, 0, 2);
    }
    Mode::template Line<V, R, C>(a + line * Mode::kABytesPerLine, a_stride, b, offset, acc);
  }
}

// Calls f.template operator()<n>() for the n in [1, Most] that equals count.
template <int Most, class Functor>
QJ_INLINE void WithCount(int count, Functor&& f) {
  if constexpr (Most > 1) {
    if (count < Most) return WithCount<Most - 1>(count, f);
  }
  f.template operator()<Most>();
}

}  // namespace
}  // namespace qwenjet::ops::simd
