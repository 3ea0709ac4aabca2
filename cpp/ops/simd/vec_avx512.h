// SPDX-License-Identifier: Apache-2.0
// simd: 16 floats in one 512-bit register (AVX-512 F, BW, VL, DQ), and the bf16-dot instruction
// where the file is compiled with it. Members as in vec_portable.h.
#pragma once

#include <immintrin.h>

#include "ops/simd/int8_avx512.h"
#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

struct Avx512Vec {
  static constexpr bool kHasDot = false;
  static constexpr bool kFuses = true;
  static constexpr int kRowsDot = 6, kColsDot = 4;
  static constexpr int kRowsF32 = 12, kColsF32 = 2;  // 24 accumulators of 32 registers

  using F = __m512;
  using Pairs = __m512i;
  using Int8 = Avx512Int8;
  using QuantVec = Avx512Vec;

  static QJ_INLINE F Zero() { return _mm512_setzero_ps(); }
  static QJ_INLINE F Set1(float x) { return _mm512_set1_ps(x); }
  static QJ_INLINE F Load(const float* p) { return _mm512_loadu_ps(p); }
  static QJ_INLINE void Store(float* p, F x) { _mm512_storeu_ps(p, x); }
  static QJ_INLINE F LoadN(const float* p, int n) { return _mm512_maskz_loadu_ps(FirstN(n), p); }
  static QJ_INLINE void StoreN(float* p, F x, int n) { _mm512_mask_storeu_ps(p, FirstN(n), x); }
  static QJ_INLINE F Add(F a, F b) { return _mm512_add_ps(a, b); }
  static QJ_INLINE F Sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static QJ_INLINE F Mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static QJ_INLINE F Div(F a, F b) { return _mm512_div_ps(a, b); }
  static QJ_INLINE F Fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static QJ_INLINE F Max(F a, F b) { return _mm512_max_ps(a, b); }
  static QJ_INLINE F Min(F a, F b) { return _mm512_min_ps(a, b); }
  static QJ_INLINE F Round(F a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static QJ_INLINE F Scale2(F x, F n) { return _mm512_scalef_ps(x, n); }
  static QJ_INLINE uint32_t Greater(F a, F b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
  static QJ_INLINE F Select(uint32_t bits, F a, F b) {
    return _mm512_mask_blend_ps(static_cast<__mmask16>(bits), b, a);
  }
  static QJ_INLINE float ReduceAdd(F x) { return _mm512_reduce_add_ps(x); }
  static QJ_INLINE float ReduceMax(F x) { return _mm512_reduce_max_ps(x); }

  static QJ_INLINE Pairs LoadPairs(const void* p) { return _mm512_loadu_si512(p); }
  static QJ_INLINE Pairs BroadcastPair(const void* p) {
    int32_t pair;
    std::memcpy(&pair, p, 4);
    return _mm512_set1_epi32(pair);
  }
  static QJ_INLINE F Even(Pairs x) { return _mm512_castsi512_ps(_mm512_slli_epi32(x, 16)); }
  static QJ_INLINE F Odd(Pairs x) {
    return _mm512_castsi512_ps(
        _mm512_and_si512(x, _mm512_set1_epi32(static_cast<int32_t>(0xffff0000u))));
  }
  static QJ_INLINE F LoadBf16(const void* p) {
    const __m256i half = _mm256_loadu_si256(static_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
  }
  static QJ_INLINE void StoreBf16(void* p, F x) {
    const __m512i bits = _mm512_castps_si512(x);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded =
        _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
    const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    const __m512i chosen = _mm512_mask_blend_epi32(nan, rounded, quiet);
    _mm256_storeu_si256(static_cast<__m256i*>(p),
                        _mm512_cvtepi32_epi16(_mm512_srli_epi32(chosen, 16)));
  }

  static QJ_INLINE void StoreProbabilityBf16(void* p, F x) { StoreBf16(p, x); }

  // Not __m512i: sums in a type of 64-bit elements are copied around every dot instruction, and
  // gcc 12 then runs out of registers (half the speed).
  using I = int32_t __attribute__((vector_size(64)));
  static QJ_INLINE I ZeroInt() { return I{}; }
  static QJ_INLINE F FromInt(I x) { return _mm512_cvtepi32_ps((__m512i)x); }
  static QJ_INLINE Pairs LoadCodes(const void* p) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  }
  static QJ_INLINE I DotInt(I acc, Pairs a, Pairs b) {
#if defined(__AVX512VNNI__)
    return (I)_mm512_dpwssd_epi32((__m512i)acc, a, b);
#else
    return acc + (I)_mm512_madd_epi16(a, b);
#endif
  }
  static QJ_INLINE F EvenInt(Pairs x) {
    return _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_slli_epi32(x, 16), 16));
  }
  static QJ_INLINE F OddInt(Pairs x) { return _mm512_cvtepi32_ps(_mm512_srai_epi32(x, 16)); }
  static QJ_INLINE void StoreInt16(void* p, F x) {
    _mm256_storeu_si256(static_cast<__m256i*>(p), _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(x)));
  }
  static QJ_INLINE void StoreInt8(void* p, F x) {
    _mm_storeu_si128(static_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(x)));
  }

 private:
  static QJ_INLINE __mmask16 FirstN(int n) { return static_cast<__mmask16>((1u << n) - 1u); }
};

#if defined(__AVX512BF16__)
struct Avx512DotVec : Avx512Vec {
  static constexpr bool kHasDot = true;

  static QJ_INLINE void StoreProbabilityBf16(void* p, F x) {
    _mm256_storeu_si256(static_cast<__m256i*>(p), (__m256i)_mm512_cvtneps_pbh(x));
  }
  static QJ_INLINE F Dot(F acc, Pairs a, Pairs b) {
    return _mm512_dpbf16_ps(acc, (__m512bh)a, (__m512bh)b);
  }
};
#endif

}  // namespace
}  // namespace qwenjet::ops::simd
