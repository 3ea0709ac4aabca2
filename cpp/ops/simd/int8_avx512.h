// SPDX-License-Identifier: Apache-2.0
// simd: products of bytes in 512-bit registers, with the VNNI instruction where the file is
// compiled with it, else by multiplying to 16 bits first. Members as in int8_portable.h.
#pragma once

#include <immintrin.h>

#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

struct Avx512Int8 {
#if defined(__AVX512VNNI__)
  // 8 rows against two blocks (wide_kernel.h): 16 integer sums, 8 lines and a group of columns: 25
  // of 32 registers.
  static constexpr int kRows = 8;
  static constexpr bool kHasDot = true;
#else
  // 12 integer and 12 float sums, 4 unpacked lines and a scale: 29 of 32 registers.
  static constexpr int kRows = 12;
  static constexpr bool kHasDot = false;
#endif

  using F = __m512;
  using W = __m512i;
  using I = __m512i;

  static QJ_INLINE W LoadLine(const void* p) { return _mm512_loadu_si512(p); }
  static QJ_INLINE void StoreLine(void* p, W a) { _mm512_storeu_si512(p, a); }
  static QJ_INLINE W Low4(W a) { return _mm512_and_si512(a, _mm512_set1_epi8(15)); }
  static QJ_INLINE W High4(W a) { return Low4(_mm512_srli_epi16(a, 4)); }
  static QJ_INLINE W Or(W a, W b) { return _mm512_or_si512(a, b); }
  template <int kLeft, int kMask>
  static QJ_INLINE W Bits(W a) {
    const W shifted = kLeft > 0   ? _mm512_slli_epi16(a, kLeft > 0 ? kLeft : 0)
                      : kLeft < 0 ? _mm512_srli_epi16(a, kLeft < 0 ? -kLeft : 0)
                                  : a;
    return _mm512_and_si512(shifted, _mm512_set1_epi8(static_cast<char>(kMask)));
  }
  static QJ_INLINE I Set1(const int32_t* p) { return _mm512_set1_epi32(*p); }
  static QJ_INLINE W Columns(const char* p) {
    int32_t columns;
    std::memcpy(&columns, p, 4);
    return _mm512_set1_epi32(columns);
  }
#if defined(__AVX512VNNI__)
  template <int kBits>
  static constexpr int kBias = 0;
  static QJ_INLINE I Dot(I acc, W w, W columns) { return _mm512_dpbusd_epi32(acc, w, columns); }
#else
  // A pair of products fits 16 bits for codes up to 6 bits, and so do the sums of 8, 4 or 2 lines
  // for 4, 5 and 6 bits. 8-bit codes become signed; the sign moves to x, |w| <= 128 is unsigned.
  template <int kBits>
  static constexpr int kBias = kBits == 8 ? 128 : 0;
  template <int kBits>
  static QJ_INLINE I Dot4(I acc, const W (&w)[4], const char* p, int64_t stride) {
    const __m512i ones = _mm512_set1_epi16(1);
    if constexpr (kBits == 8) {
      for (int j = 0; j < 4; ++j) {
        const W code = _mm512_xor_si512(w[j], _mm512_set1_epi8(-128));
        const W x = Columns(p + j * stride);
        const W signed_x =
            _mm512_mask_sub_epi8(x, _mm512_movepi8_mask(code), _mm512_setzero_si512(), x);
        const __m512i pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(code), signed_x);
        acc = _mm512_add_epi32(acc, _mm512_madd_epi16(pairs, ones));
      }
      return acc;
    }
    __m512i pairs[2];
    for (int half = 0; half < 2; ++half) {
      pairs[half] = _mm512_add_epi16(
          _mm512_maddubs_epi16(w[2 * half], Columns(p + 2 * half * stride)),
          _mm512_maddubs_epi16(w[2 * half + 1], Columns(p + (2 * half + 1) * stride)));
    }
    if constexpr (kBits == 6) {
      acc = _mm512_add_epi32(acc, _mm512_madd_epi16(pairs[0], ones));
      return _mm512_add_epi32(acc, _mm512_madd_epi16(pairs[1], ones));
    }
    return _mm512_add_epi32(acc, _mm512_madd_epi16(_mm512_add_epi16(pairs[0], pairs[1]), ones));
  }
#endif
  static QJ_INLINE F AsFloat(I a) { return _mm512_castsi512_ps(a); }
  template <int kColumn>
  static QJ_INLINE F Column(W a) {
    const __m512i column =
        _mm512_and_si512(_mm512_srli_epi32(a, kColumn * 8), _mm512_set1_epi32(255));
    return _mm512_cvtepi32_ps(column);
  }
  // table[bits kShift .. kShift + 3 of each 32-bit word].
  static constexpr bool kHasTable = true;
  template <int kShift>
  static QJ_INLINE F TableAt(F table, W words) {
    return _mm512_permutexvar_ps(_mm512_srli_epi32(words, kShift), table);
  }
  static QJ_INLINE F LoadHalf(const void* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  }
  static QJ_INLINE F LoadUint8(const void* p) {
    return _mm512_cvtepi32_ps(
        _mm512_cvtepu8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p))));
  }
  static QJ_INLINE F LoadInt8(const void* p) {
    return _mm512_cvtepi32_ps(
        _mm512_cvtepi8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p))));
  }
  static QJ_INLINE void StoreInt8(void* p, F x) {
    _mm_storeu_si128(static_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(x)));
  }
#if defined(__AVX512BF16__)
  static QJ_INLINE void StoreBf16Pairs(void* p, F even, F odd) {
    alignas(64) static constexpr int16_t kInterleaved[32] = {
        0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
        8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    const auto both = (__m512i)_mm512_cvtne2ps_pbh(odd, even);
    _mm512_storeu_si512(p, _mm512_permutexvar_epi16(_mm512_load_si512(kInterleaved), both));
  }
#else
  // For finite values.
  static QJ_INLINE void StoreBf16Pairs(void* p, F even, F odd) {
    const __m512i upper = _mm512_set1_epi32(static_cast<int32_t>(0xffff0000u));
    _mm512_storeu_si512(p, _mm512_or_si512(_mm512_srli_epi32(Rounded(even), 16),
                                           _mm512_and_si512(Rounded(odd), upper)));
  }
#endif

 private:
  // The upper half is x in bf16.
  [[maybe_unused]] static QJ_INLINE __m512i Rounded(F x) {
    const __m512i bits = _mm512_castps_si512(x);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    return _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  }
};

}  // namespace
}  // namespace qwenjet::ops::simd
