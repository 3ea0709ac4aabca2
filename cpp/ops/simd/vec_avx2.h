// SPDX-License-Identifier: Apache-2.0
// simd: 16 floats as two 256-bit registers, with AVX2 and FMA. Members as in vec_portable.h.
#pragma once

#include <immintrin.h>

#include "ops/simd/int8_avx2.h"
#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

struct Avx2Vec {
  static constexpr bool kHasDot = false;
  static constexpr bool kFuses = true;
  static constexpr int kRowsDot = 4, kColsDot = 1;
  static constexpr int kRowsF32 = 4, kColsF32 = 1;  // 8 accumulators of 16 registers

  struct F {
    __m256 lo, hi;
  };
  struct Pairs {
    __m256i lo, hi;
  };
  using Int8 = Avx2Int8<Avx2Vec>;
  using QuantVec = Avx2Vec;

  static QJ_INLINE F Zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
  static QJ_INLINE F Set1(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
  static QJ_INLINE F Load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
  static QJ_INLINE void Store(float* p, F x) {
    _mm256_storeu_ps(p, x.lo);
    _mm256_storeu_ps(p + 8, x.hi);
  }
  static QJ_INLINE F LoadN(const float* p, int n) {
    float buffer[16] = {};
    std::memcpy(buffer, p, sizeof(float) * static_cast<size_t>(n));
    return Load(buffer);
  }
  static QJ_INLINE void StoreN(float* p, F x, int n) {
    float buffer[16];
    Store(buffer, x);
    std::memcpy(p, buffer, sizeof(float) * static_cast<size_t>(n));
  }
  static QJ_INLINE F Add(F a, F b) {
    return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)};
  }
  static QJ_INLINE F Sub(F a, F b) {
    return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)};
  }
  static QJ_INLINE F Mul(F a, F b) {
    return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)};
  }
  static QJ_INLINE F Div(F a, F b) {
    return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)};
  }
  static QJ_INLINE F Fma(F a, F b, F c) {
    return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
  }
  static QJ_INLINE F Max(F a, F b) {
    return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)};
  }
  static QJ_INLINE F Min(F a, F b) {
    return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)};
  }
  static QJ_INLINE F Round(F a) {
    constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
    return {_mm256_round_ps(a.lo, kNearest), _mm256_round_ps(a.hi, kNearest)};
  }
  static QJ_INLINE F Scale2(F x, F n) {
    return {_mm256_mul_ps(x.lo, Power2(n.lo)), _mm256_mul_ps(x.hi, Power2(n.hi))};
  }
  static QJ_INLINE uint32_t Greater(F a, F b) {
    const auto lo =
        static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a.lo, b.lo, _CMP_GT_OQ)));
    const auto hi =
        static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a.hi, b.hi, _CMP_GT_OQ)));
    return lo | (hi << 8);
  }
  static QJ_INLINE F Select(uint32_t bits, F a, F b) {
    return {_mm256_blendv_ps(b.lo, a.lo, MaskOf(bits)),
            _mm256_blendv_ps(b.hi, a.hi, MaskOf(bits >> 8))};
  }
  static QJ_INLINE float ReduceAdd(F x) {
    const __m256 s8 = _mm256_add_ps(x.lo, x.hi);
    const __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    const __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_add_ss(s2, _mm_shuffle_ps(s2, s2, 1)));
  }
  static QJ_INLINE float ReduceMax(F x) {
    const __m256 s8 = _mm256_max_ps(x.lo, x.hi);
    const __m128 s4 = _mm_max_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    const __m128 s2 = _mm_max_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_max_ss(s2, _mm_shuffle_ps(s2, s2, 1)));
  }

  static QJ_INLINE Pairs LoadPairs(const void* p) {
    const auto* v = static_cast<const __m256i*>(p);
    return {_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1)};
  }
  static QJ_INLINE Pairs BroadcastPair(const void* p) {
    int32_t pair;
    std::memcpy(&pair, p, 4);
    return {_mm256_set1_epi32(pair), _mm256_set1_epi32(pair)};
  }
  static QJ_INLINE F Even(Pairs x) {
    return {_mm256_castsi256_ps(_mm256_slli_epi32(x.lo, 16)),
            _mm256_castsi256_ps(_mm256_slli_epi32(x.hi, 16))};
  }
  static QJ_INLINE F Odd(Pairs x) {
    const __m256i upper = _mm256_set1_epi32(static_cast<int32_t>(0xffff0000u));
    return {_mm256_castsi256_ps(_mm256_and_si256(x.lo, upper)),
            _mm256_castsi256_ps(_mm256_and_si256(x.hi, upper))};
  }
  static QJ_INLINE F LoadBf16(const void* p) {
    const auto* v = static_cast<const __m128i*>(p);
    return {Widen(_mm_loadu_si128(v)), Widen(_mm_loadu_si128(v + 1))};
  }
  static QJ_INLINE void StoreBf16(void* p, F x) {
    // packus keeps 128-bit halves apart; the permutation puts them in order.
    const __m256i packed = _mm256_packus_epi32(Narrow(x.lo), Narrow(x.hi));
    _mm256_storeu_si256(static_cast<__m256i*>(p), _mm256_permute4x64_epi64(packed, 0xd8));
  }

  static QJ_INLINE void StoreProbabilityBf16(void* p, F x) { StoreBf16(p, x); }

  using I = Pairs;
  static QJ_INLINE I ZeroInt() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
  static QJ_INLINE F FromInt(I x) { return {_mm256_cvtepi32_ps(x.lo), _mm256_cvtepi32_ps(x.hi)}; }
  static QJ_INLINE Pairs LoadCodes(const void* p) {
    const auto* v = static_cast<const __m128i*>(p);
    return {_mm256_cvtepi8_epi16(_mm_loadu_si128(v)), _mm256_cvtepi8_epi16(_mm_loadu_si128(v + 1))};
  }
  static QJ_INLINE I DotInt(I acc, Pairs a, Pairs b) {
    return {_mm256_add_epi32(acc.lo, _mm256_madd_epi16(a.lo, b.lo)),
            _mm256_add_epi32(acc.hi, _mm256_madd_epi16(a.hi, b.hi))};
  }
  static QJ_INLINE F EvenInt(Pairs x) {
    return FromInt({_mm256_srai_epi32(_mm256_slli_epi32(x.lo, 16), 16),
                    _mm256_srai_epi32(_mm256_slli_epi32(x.hi, 16), 16)});
  }
  static QJ_INLINE F OddInt(Pairs x) {
    return FromInt({_mm256_srai_epi32(x.lo, 16), _mm256_srai_epi32(x.hi, 16)});
  }
  static QJ_INLINE void StoreInt16(void* p, F x) {
    _mm256_storeu_si256(static_cast<__m256i*>(p), ToInt16(x));
  }
  static QJ_INLINE void StoreInt8(void* p, F x) {
    const __m256i codes = ToInt16(x);
    _mm_storeu_si128(static_cast<__m128i*>(p), _mm_packs_epi16(_mm256_castsi256_si128(codes),
                                                               _mm256_extracti128_si256(codes, 1)));
  }

 private:
  static QJ_INLINE __m256i ToInt16(F x) {
    const __m256i packed = _mm256_packs_epi32(_mm256_cvtps_epi32(x.lo), _mm256_cvtps_epi32(x.hi));
    return _mm256_permute4x64_epi64(packed, 0xd8);  // as in StoreBf16
  }
  static QJ_INLINE __m256 Power2(__m256 n) {
    const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
  }
  static QJ_INLINE __m256 MaskOf(uint32_t bits) {
    const __m256i lane_bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i all = _mm256_set1_epi32(static_cast<int32_t>(bits));
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(all, lane_bit), lane_bit));
  }
  static QJ_INLINE __m256 Widen(__m128i half) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
  }
  // bf16 bits in the low half of each 32-bit lane.
  static QJ_INLINE __m256i Narrow(__m256 x) {
    const __m256i bits = _mm256_castps_si256(x);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded = _mm256_srli_epi32(
        _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
    const __m256i quiet = _mm256_or_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(0x40));
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    return _mm256_blendv_epi8(rounded, quiet, nan);
  }
};

}  // namespace
}  // namespace qwenjet::ops::simd
