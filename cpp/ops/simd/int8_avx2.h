// SPDX-License-Identifier: Apache-2.0
// simd: products of bytes in two 256-bit registers, multiplied to 16 bits first. Members as in
// int8_portable.h.
#pragma once

#include <immintrin.h>

#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

template <class V>
struct Avx2Int8 {
  static constexpr bool kHasTable = false;
  static constexpr int kRows = 4;
  static constexpr bool kHasDot = false;

  using F = typename V::F;
  struct W {
    __m256i lo, hi;
  };
  using I = W;

  static QJ_INLINE W LoadLine(const void* p) {
    const auto* v = static_cast<const __m256i*>(p);
    return {_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1)};
  }
  static QJ_INLINE W Low4(W a) { return And(a, _mm256_set1_epi8(15)); }
  static QJ_INLINE W High4(W a) {
    return Low4({_mm256_srli_epi16(a.lo, 4), _mm256_srli_epi16(a.hi, 4)});
  }
  static QJ_INLINE W Or(W a, W b) {
    return {_mm256_or_si256(a.lo, b.lo), _mm256_or_si256(a.hi, b.hi)};
  }
  template <int kLeft, int kMask>
  static QJ_INLINE W Bits(W a) {
    if constexpr (kLeft > 0) a = {_mm256_slli_epi16(a.lo, kLeft), _mm256_slli_epi16(a.hi, kLeft)};
    if constexpr (kLeft < 0) a = {_mm256_srli_epi16(a.lo, -kLeft), _mm256_srli_epi16(a.hi, -kLeft)};
    return And(a, _mm256_set1_epi8(static_cast<char>(kMask)));
  }
  static QJ_INLINE I Set1(const int32_t* p) {
    return {_mm256_set1_epi32(*p), _mm256_set1_epi32(*p)};
  }
  // As in int8_avx512.h: 16 bits hold 8, 4 or 2 lines' sums for 4, 5 and 6 bits.
  template <int kBits>
  static constexpr int kBias = kBits == 8 ? 128 : 0;
  template <int kBits>
  static QJ_INLINE I Dot4(I acc, const W (&w)[4], const char* p, int64_t stride) {
    const __m256i ones = _mm256_set1_epi16(1);
    if constexpr (kBits == 8) {
      const __m256i sign = _mm256_set1_epi8(-128);
      for (int j = 0; j < 4; ++j) {
        const __m256i x = Columns(p + j * stride);
        acc.lo = _mm256_add_epi32(
            acc.lo, _mm256_madd_epi16(SignedPairs(_mm256_xor_si256(w[j].lo, sign), x), ones));
        acc.hi = _mm256_add_epi32(
            acc.hi, _mm256_madd_epi16(SignedPairs(_mm256_xor_si256(w[j].hi, sign), x), ones));
      }
      return acc;
    }
    W pairs[2];
    for (int half = 0; half < 2; ++half) {
      const __m256i x0 = Columns(p + 2 * half * stride), x1 = Columns(p + (2 * half + 1) * stride);
      const W& w0 = w[2 * half];
      const W& w1 = w[2 * half + 1];
      pairs[half].lo =
          _mm256_add_epi16(_mm256_maddubs_epi16(w0.lo, x0), _mm256_maddubs_epi16(w1.lo, x1));
      pairs[half].hi =
          _mm256_add_epi16(_mm256_maddubs_epi16(w0.hi, x0), _mm256_maddubs_epi16(w1.hi, x1));
    }
    if constexpr (kBits != 6) {
      pairs[0].lo = _mm256_add_epi16(pairs[0].lo, pairs[1].lo);
      pairs[0].hi = _mm256_add_epi16(pairs[0].hi, pairs[1].hi);
    }
    acc.lo = _mm256_add_epi32(acc.lo, _mm256_madd_epi16(pairs[0].lo, ones));
    acc.hi = _mm256_add_epi32(acc.hi, _mm256_madd_epi16(pairs[0].hi, ones));
    if constexpr (kBits == 6) {
      acc.lo = _mm256_add_epi32(acc.lo, _mm256_madd_epi16(pairs[1].lo, ones));
      acc.hi = _mm256_add_epi32(acc.hi, _mm256_madd_epi16(pairs[1].hi, ones));
    }
    return acc;
  }
  static QJ_INLINE F AsFloat(I a) { return {_mm256_castsi256_ps(a.lo), _mm256_castsi256_ps(a.hi)}; }
  template <int kColumn>
  static QJ_INLINE F Column(W a) {
    return ToFloat(And({_mm256_srli_epi32(a.lo, kColumn * 8), _mm256_srli_epi32(a.hi, kColumn * 8)},
                       _mm256_set1_epi32(255)));
  }
  static QJ_INLINE F LoadHalf(const void* p) {
    const auto* v = static_cast<const __m128i*>(p);
    return {_mm256_cvtph_ps(_mm_loadu_si128(v)), _mm256_cvtph_ps(_mm_loadu_si128(v + 1))};
  }
  static QJ_INLINE F LoadUint8(const void* p) {
    const __m128i bytes = _mm_loadu_si128(static_cast<const __m128i*>(p));
    return ToFloat(
        {_mm256_cvtepu8_epi32(bytes), _mm256_cvtepu8_epi32(_mm_unpackhi_epi64(bytes, bytes))});
  }
  static QJ_INLINE F LoadInt8(const void* p) {
    const __m128i bytes = _mm_loadu_si128(static_cast<const __m128i*>(p));
    return ToFloat(
        {_mm256_cvtepi8_epi32(bytes), _mm256_cvtepi8_epi32(_mm_unpackhi_epi64(bytes, bytes))});
  }
  static QJ_INLINE void StoreInt8(void* p, F x) {
    const __m256i words = _mm256_permute4x64_epi64(
        _mm256_packs_epi32(_mm256_cvtps_epi32(x.lo), _mm256_cvtps_epi32(x.hi)), 0xd8);
    _mm_storeu_si128(static_cast<__m128i*>(p), _mm_packs_epi16(_mm256_castsi256_si128(words),
                                                               _mm256_extracti128_si256(words, 1)));
  }
  // For finite values.
  static QJ_INLINE void StoreBf16Pairs(void* p, F even, F odd) {
    auto* v = static_cast<__m256i*>(p);
    _mm256_storeu_si256(v, Pairs(even.lo, odd.lo));
    _mm256_storeu_si256(v + 1, Pairs(even.hi, odd.hi));
  }

 private:
  static QJ_INLINE F ToFloat(I a) { return {_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)}; }
  static QJ_INLINE W And(W a, __m256i mask) {
    return {_mm256_and_si256(a.lo, mask), _mm256_and_si256(a.hi, mask)};
  }
  static QJ_INLINE __m256i Columns(const char* p) {
    int32_t columns;
    std::memcpy(&columns, p, 4);
    return _mm256_set1_epi32(columns);
  }
  static QJ_INLINE __m256i SignedPairs(__m256i code, __m256i x) {
    return _mm256_maddubs_epi16(_mm256_abs_epi8(code), _mm256_sign_epi8(x, code));
  }
  static QJ_INLINE __m256i Pairs(__m256 even, __m256 odd) {
    const __m256i upper = _mm256_set1_epi32(static_cast<int32_t>(0xffff0000u));
    return _mm256_or_si256(_mm256_srli_epi32(Rounded(even), 16),
                           _mm256_and_si256(Rounded(odd), upper));
  }
  static QJ_INLINE __m256i Rounded(__m256 x) {
    const __m256i bits = _mm256_castps_si256(x);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    return _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
  }
};

}  // namespace
}  // namespace qwenjet::ops::simd
