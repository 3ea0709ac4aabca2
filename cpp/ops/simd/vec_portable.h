// SPDX-License-Identifier: Apache-2.0
// simd: vectors of 16 floats on any processor, through the compiler's generic vectors. The kernels
// are templates over such a type; every path's type has these members. PortableDot adds a portable
// body of the bf16-dot instruction, so that the logic of that path is tested on any machine.
//
// Types live in an unnamed namespace on purpose: each path's object then owns its instantiations,
// and no copy compiled with wide flags can serve another object.
#pragma once

#include <cstdint>
#include <cstring>

namespace qwenjet::ops::simd {
namespace {

#define QJ_INLINE inline __attribute__((always_inline))

template <class V>
struct PortableInt8;

struct PortableVec {
  static constexpr int kInt8Rows = 2;
  static constexpr bool kHasInt8Dot = false;
  using Int8 = PortableInt8<PortableVec>;
  using QuantVec = PortableVec;  // whose kernels of linear_quant the path takes
  static constexpr bool kHasDot = false;
  static constexpr bool kFuses = false;  // whether Fma rounds once
  static constexpr int kRowsDot = 4, kColsDot = 1;
  static constexpr int kRowsF32 = 4, kColsF32 = 1;

  struct F {
    float v[16];
  };
  // 16 lines of two bf16, as loaded.
  struct Pairs {
    uint32_t v[16];
  };

  static QJ_INLINE F Zero() { return Set1(0.0f); }
  static QJ_INLINE F Set1(float x) {
    F r;
    for (float& e : r.v) e = x;
    return r;
  }
  static QJ_INLINE F Load(const float* p) {
    F r;
    std::memcpy(&r, p, sizeof(r));
    return r;
  }
  static QJ_INLINE void Store(float* p, F x) { std::memcpy(p, &x, sizeof(x)); }
  static QJ_INLINE F LoadN(const float* p, int n) {
    F r = Zero();
    std::memcpy(&r, p, sizeof(float) * static_cast<size_t>(n));
    return r;
  }
  static QJ_INLINE void StoreN(float* p, F x, int n) {
    std::memcpy(p, &x, sizeof(float) * static_cast<size_t>(n));
  }
  static QJ_INLINE F Add(F a, F b) {
    for (int i = 0; i < 16; ++i) a.v[i] += b.v[i];
    return a;
  }
  static QJ_INLINE F Sub(F a, F b) {
    for (int i = 0; i < 16; ++i) a.v[i] -= b.v[i];
    return a;
  }
  static QJ_INLINE F Mul(F a, F b) {
    for (int i = 0; i < 16; ++i) a.v[i] *= b.v[i];
    return a;
  }
  static QJ_INLINE F Div(F a, F b) {
    for (int i = 0; i < 16; ++i) a.v[i] /= b.v[i];
    return a;
  }
  // a * b + c; without a hardware instruction the product is rounded first.
  static QJ_INLINE F Fma(F a, F b, F c) {
    for (int i = 0; i < 16; ++i) c.v[i] += a.v[i] * b.v[i];
    return c;
  }
  // Where an operand is NaN the result is the second operand, as on x86.
  static QJ_INLINE F Max(F a, F b) {
    for (int i = 0; i < 16; ++i) a.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i];
    return a;
  }
  static QJ_INLINE F Min(F a, F b) {
    for (int i = 0; i < 16; ++i) a.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i];
    return a;
  }
  static QJ_INLINE F Round(F a) {
    for (float& e : a.v) {
      // Adding and taking away 1.5 * 2^23 rounds to nearest even for |e| < 2^22.
      const float shifted = e + 12582912.0f;
      e = shifted - 12582912.0f;
    }
    return a;
  }
  // x * 2^n for integral n in [-126, 127].
  static QJ_INLINE F Scale2(F x, F n) {
    for (int i = 0; i < 16; ++i) {
      const uint32_t bits = static_cast<uint32_t>(static_cast<int32_t>(n.v[i]) + 127) << 23;
      float power;
      std::memcpy(&power, &bits, 4);
      x.v[i] *= power;
    }
    return x;
  }
  static QJ_INLINE uint32_t Greater(F a, F b) {
    uint32_t bits = 0;
    for (int i = 0; i < 16; ++i) bits |= (a.v[i] > b.v[i] ? 1u : 0u) << i;
    return bits;
  }
  // Lane i is a's where bit i is set, else b's.
  static QJ_INLINE F Select(uint32_t bits, F a, F b) {
    for (int i = 0; i < 16; ++i) b.v[i] = ((bits >> i) & 1u) != 0 ? a.v[i] : b.v[i];
    return b;
  }
  static QJ_INLINE float ReduceAdd(F x) {
    for (int half = 8; half >= 1; half /= 2) {
      for (int i = 0; i < half; ++i) x.v[i] += x.v[i + half];
    }
    return x.v[0];
  }
  static QJ_INLINE float ReduceMax(F x) {
    for (int half = 8; half >= 1; half /= 2) {
      for (int i = 0; i < half; ++i) x.v[i] = x.v[i] > x.v[i + half] ? x.v[i] : x.v[i + half];
    }
    return x.v[0];
  }

  static QJ_INLINE Pairs LoadPairs(const void* p) {
    Pairs r;
    std::memcpy(&r, p, sizeof(r));
    return r;
  }
  static QJ_INLINE Pairs BroadcastPair(const void* p) {
    uint32_t pair;
    std::memcpy(&pair, p, 4);
    Pairs r;
    for (uint32_t& e : r.v) e = pair;
    return r;
  }
  static QJ_INLINE F Even(Pairs x) {
    F r;
    for (int i = 0; i < 16; ++i) x.v[i] <<= 16;
    std::memcpy(&r, &x, sizeof(r));
    return r;
  }
  static QJ_INLINE F Odd(Pairs x) {
    F r;
    for (int i = 0; i < 16; ++i) x.v[i] &= 0xffff0000u;
    std::memcpy(&r, &x, sizeof(r));
    return r;
  }
  static QJ_INLINE F LoadBf16(const void* p) {
    uint16_t half[16];
    std::memcpy(half, p, sizeof(half));
    F r;
    for (int i = 0; i < 16; ++i) {
      const uint32_t bits = static_cast<uint32_t>(half[i]) << 16;
      std::memcpy(&r.v[i], &bits, 4);
    }
    return r;
  }
  // Rounds to nearest even; a NaN stays a quiet NaN.
  static QJ_INLINE void StoreBf16(void* p, F x) {
    uint16_t half[16];
    for (int i = 0; i < 16; ++i) {
      uint32_t bits;
      std::memcpy(&bits, &x.v[i], 4);
      const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
      const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
      half[i] = static_cast<uint16_t>(nan ? (bits >> 16) | 0x40u : rounded);
    }
    std::memcpy(p, half, sizeof(half));
  }

  // As StoreBf16, but a number below the normal range may become 0.
  static QJ_INLINE void StoreProbabilityBf16(void* p, F x) { StoreBf16(p, x); }

  // Integers: sums of 16 lanes, and lanes of two int16 (Pairs) that int8 codes are widened to.
  struct I {
    int32_t v[16];
  };
  static QJ_INLINE I ZeroInt() { return {}; }
  static QJ_INLINE F FromInt(I x) {
    F r;
    for (int i = 0; i < 16; ++i) r.v[i] = static_cast<float>(x.v[i]);
    return r;
  }
  // 32 int8 as 16 pairs.
  static QJ_INLINE Pairs LoadCodes(const void* p) {
    int8_t codes[32];
    std::memcpy(codes, p, sizeof(codes));
    Pairs r;
    for (int i = 0; i < 16; ++i) {
      const auto low = static_cast<uint16_t>(codes[2 * i]);
      const auto high = static_cast<uint16_t>(codes[2 * i + 1]);
      r.v[i] = low | (static_cast<uint32_t>(high) << 16);
    }
    return r;
  }
  // acc + the sum of the pair's products; the caller sees to it that nothing overflows.
  static QJ_INLINE I DotInt(I acc, Pairs a, Pairs b) {
    for (int i = 0; i < 16; ++i) {
      acc.v[i] += Low(a.v[i]) * Low(b.v[i]) + High(a.v[i]) * High(b.v[i]);
    }
    return acc;
  }
  static QJ_INLINE F EvenInt(Pairs x) {
    F r;
    for (int i = 0; i < 16; ++i) r.v[i] = static_cast<float>(Low(x.v[i]));
    return r;
  }
  static QJ_INLINE F OddInt(Pairs x) {
    F r;
    for (int i = 0; i < 16; ++i) r.v[i] = static_cast<float>(High(x.v[i]));
    return r;
  }
  // Round to nearest even; the rounded numbers fit. A NaN gives any code.
  static QJ_INLINE void StoreInt16(void* p, F x) { StoreInts<int16_t>(p, x); }
  static QJ_INLINE void StoreInt8(void* p, F x) { StoreInts<int8_t>(p, x); }

 private:
  static QJ_INLINE int32_t Low(uint32_t pair) { return static_cast<int16_t>(pair & 0xffffu); }
  static QJ_INLINE int32_t High(uint32_t pair) { return static_cast<int16_t>(pair >> 16); }
  template <class Int>
  static QJ_INLINE void StoreInts(void* p, F x) {
    x = Round(x);
    Int codes[16];
    for (int i = 0; i < 16; ++i) {
      codes[i] = x.v[i] == x.v[i] ? static_cast<Int>(x.v[i]) : Int{0};
    }
    std::memcpy(p, codes, sizeof(codes));
  }
};

// The avx512-vnni path with portable bodies.
struct PortableVnniVec : PortableVec {
  static constexpr bool kHasInt8Dot = true;
  using Int8 = PortableInt8<PortableVnniVec>;
  using QuantVec = PortableVnniVec;
};

// The avx512-bf16 path with portable bodies.
struct PortableDotVec : PortableVec {
  static constexpr bool kHasDot = true;
  static constexpr int kRowsDot = 6, kColsDot = 4;
  static constexpr int kRowsF32 = 12, kColsF32 = 2;

  static QJ_INLINE F Dot(F acc, Pairs a, Pairs b) {
    acc = Fma(Odd(a), Odd(b), acc);
    return Fma(Even(a), Even(b), acc);
  }
};

}  // namespace
}  // namespace qwenjet::ops::simd
