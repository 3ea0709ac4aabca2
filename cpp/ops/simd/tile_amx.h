// SPDX-License-Identifier: Apache-2.0
// simd: AMX's tiles, one instruction a function (Intel SDM, AMX). Permission to use them is asked
// for in base/cpu_features.cc. Written as assembly: the compilers' intrinsics take the tile's
// number as text, which a template parameter is not.
#pragma once

#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

struct AmxTiles {
  // LDTILECFG's 64 bytes. gcc 12 believes that the instruction reads 8 of them and drops the other
  // stores: volatile keeps them.
  // Tiles 0 to 5 have `rows` rows, 6 and 7, which hold B, 16.
  static QJ_INLINE void Configure(int rows = 16) {
    alignas(64) volatile uint8_t config[64];
    for (int i = 0; i < 64; ++i) config[i] = 0;
    config[0] = 1;  // palette
    for (int tile = 0; tile < 8; ++tile) {
      config[16 + 2 * tile] = 64;  // bytes a row
      config[48 + tile] = static_cast<uint8_t>(tile < 6 ? rows : 16);
    }
    asm volatile("ldtilecfg %0" : : "m"(config));
  }
  static QJ_INLINE void Release() { asm volatile("tilerelease"); }
  template <int kTile>
  static QJ_INLINE void Zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  template <int kTile>
  static QJ_INLINE void LoadAcc(const float* p, int64_t stride_bytes) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2"
                 :
                 : "r"(p), "r"(stride_bytes), "i"(kTile)
                 : "memory");
  }
  template <int kTile>
  static QJ_INLINE void StoreAcc(float* p, int64_t stride_bytes) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)"
                 :
                 : "r"(p), "r"(stride_bytes), "i"(kTile)
                 : "memory");
  }
  template <int kTile>
  static QJ_INLINE void Load(const char* p, int64_t stride_bytes = 64) {
    LoadAcc<kTile>(reinterpret_cast<const float*>(p), stride_bytes);
  }
  template <int kAcc, int kA, int kB>
  static QJ_INLINE void Dot() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kAcc), "i"(kA), "i"(kB));
  }
};

}  // namespace
}  // namespace qwenjet::ops::simd
