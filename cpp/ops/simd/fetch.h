// SPDX-License-Identifier: Apache-2.0
// simd: how far ahead a weight that one row streams from memory is fetched. The path avx512-bf16 is
// AMD's here, others are Intel's (base/cpu_features.h, BestIsa).
//
// Codes, Sapphire Rapids, one row, two threads, share of a plain read with 4, 6 and 8 bits: as
// below 97, 104, 96 %; first level alone, 4 KB ahead 59, 83, 89 %, 1 KB ahead 87, 81, 95 %; second
// level alone, 2 KB ahead 83, 81, 90 %; nothing 78, 66, 81 %. bf16, 4 KB ahead: 35 GB/s,
// nothing 30.
//
// Zen 4, all products of a decode step, where a plain read has 54 to 58 GB/s. Codes of 4 and 6
// bits: as below 40 GB/s, and 3 % more since locality 0 leaves the first level to x; Intel's
// distances 35, nothing 35, first level alone 37. bf16: nothing 58, 4 KB ahead 52, 2 KB 56. Where a
// plain read has 31 to 34 all have 92 % of it or more.
#pragma once

#include <cstdint>

#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

#if defined(__AVX512BF16__) && !defined(__AMX_TILE__)
inline constexpr int64_t kCodesFirstLevel = 512, kCodesSecondLevel = 2048, kBf16Ahead = 0;
inline constexpr int kCodesLocality = 0;
#else
inline constexpr int64_t kCodesFirstLevel = 2048, kCodesSecondLevel = 5120, kBf16Ahead = 4096;
inline constexpr int kCodesLocality = 3;
#endif

QJ_INLINE void FetchCodes(const char* line) {
  __builtin_prefetch(line + kCodesSecondLevel, 0, 2);
  __builtin_prefetch(line + kCodesFirstLevel, 0, kCodesLocality);
}

}  // namespace
}  // namespace qwenjet::ops::simd
