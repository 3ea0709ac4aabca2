// SPDX-License-Identifier: Apache-2.0
// simd: the integer half of a vector type, for products with quantised weights. W is a line of 64
// unsigned bytes, 16 lanes x 4 columns; I is 16 int32. The wrapper of each path has these members.
// Here they are not inlined: the compiler would unroll them thousands of times, for minutes.
#pragma once

#include "base/bf16.h"
#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

template <class V>
struct PortableInt8 {
  static constexpr bool kHasTable = false;
  static constexpr int kRows = V::kInt8Rows;       // rows of x that share an unpacked line
  static constexpr bool kHasDot = V::kHasInt8Dot;  // Dot, a line at a time; else Dot4
  // Either gives sum (code - kBias<bits>) x.
  template <int kBits>
  static constexpr int kBias = 0;

  using F = typename V::F;
  struct W {
    uint8_t v[64];
  };
  struct I {
    int32_t v[16];
  };

  static QJ_INLINE W LoadLine(const void* p) {
    W r;
    std::memcpy(&r, p, sizeof(r));
    return r;
  }
  static QJ_INLINE void StoreLine(void* p, W a) { std::memcpy(p, &a, sizeof(a)); }
  static __attribute__((noinline)) W Low4(W a) {
    for (uint8_t& e : a.v) e = e & 15;
    return a;
  }
  static __attribute__((noinline)) W High4(W a) {
    for (uint8_t& e : a.v) e = static_cast<uint8_t>(e >> 4);
    return a;
  }
  static __attribute__((noinline)) W Or(W a, W b) {
    for (int i = 0; i < 64; ++i) a.v[i] = a.v[i] | b.v[i];
    return a;
  }
  // The bits of `kMask` of each byte after it is shifted by kLeft (right, where negative).
  template <int kLeft, int kMask>
  static __attribute__((noinline)) W Bits(W a) {
    for (uint8_t& e : a.v) {
      e = static_cast<uint8_t>((kLeft >= 0 ? e << (kLeft & 7) : e >> (-kLeft & 7)) & kMask);
    }
    return a;
  }
  static QJ_INLINE I Set1(const int32_t* p) {
    I r;
    for (int32_t& e : r.v) e = *p;
    return r;
  }
  // 4 signed columns, for all lanes.
  static __attribute__((noinline)) W Columns(const char* p) {
    W r;
    for (int i = 0; i < 64; ++i) std::memcpy(&r.v[i], p + i % 4, 1);
    return r;
  }
  static __attribute__((noinline)) I Dot(I acc, W w, W columns) {
    for (int i = 0; i < 64; ++i) {
      acc.v[i / 4] += int32_t{w.v[i]} * static_cast<int8_t>(columns.v[i]);
    }
    return acc;
  }
  // acc + the products of four lines and 4 x 4 signed columns, at p, p + stride, ...
  template <int kBits>
  static __attribute__((noinline)) I Dot4(I acc, const W (&w)[4], const char* p, int64_t stride) {
    for (int j = 0; j < 4; ++j) acc = Dot(acc, w[j], Columns(p + j * stride));
    return acc;
  }
  // The bits as they are.
  static __attribute__((noinline)) F AsFloat(I a) {
    F r;
    static_assert(sizeof(r) == sizeof(a));
    std::memcpy(&r, &a, sizeof(r));
    return r;
  }
  // Column kColumn of a line's lanes.
  template <int kColumn>
  static __attribute__((noinline)) F Column(W a) {
    F r;
    for (int i = 0; i < 16; ++i) r.v[i] = a.v[i * 4 + kColumn];
    return r;
  }
  static __attribute__((noinline)) F LoadHalf(const void* p) {
    uint16_t half[16];
    std::memcpy(half, p, sizeof(half));
    F r;
    for (int i = 0; i < 16; ++i) r.v[i] = HalfToFloat(half[i]);
    return r;
  }
  static __attribute__((noinline)) F LoadUint8(const void* p) {
    uint8_t bytes[16];
    std::memcpy(bytes, p, sizeof(bytes));
    F r;
    for (int i = 0; i < 16; ++i) r.v[i] = bytes[i];
    return r;
  }
  static __attribute__((noinline)) F LoadInt8(const void* p) {
    int8_t bytes[16];
    std::memcpy(bytes, p, sizeof(bytes));
    F r;
    for (int i = 0; i < 16; ++i) r.v[i] = bytes[i];
    return r;
  }
  // 16 integral values of -128 .. 127.
  static __attribute__((noinline)) void StoreInt8(void* p, F x) {
    int8_t bytes[16];
    for (int i = 0; i < 16; ++i) bytes[i] = static_cast<int8_t>(x.v[i]);
    std::memcpy(p, bytes, sizeof(bytes));
  }
  // Lines of 16 outputs x 2 columns in bf16, from the columns.
  static __attribute__((noinline)) void StoreBf16Pairs(void* p, F even, F odd) {
    uint16_t low[16], high[16], both[32];
    V::StoreBf16(low, even);
    V::StoreBf16(high, odd);
    for (int i = 0; i < 16; ++i) {
      both[2 * i] = low[i];
      both[2 * i + 1] = high[i];
    }
    std::memcpy(p, both, sizeof(both));
  }
};

}  // namespace
}  // namespace qwenjet::ops::simd
