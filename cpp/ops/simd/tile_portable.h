// SPDX-License-Identifier: Apache-2.0
// simd: AMX's tiles in portable code: registers of 16 rows of 64 bytes, and the instructions that
// linear uses, one function each (Intel SDM, TILELOADD, TILESTORED, TILEZERO, TDPBF16PS).
#pragma once

#include "ops/simd/vec_portable.h"

namespace qwenjet::ops::simd {
namespace {

struct PortableTiles {
  // Tiles 0-3 are accumulators, 4-5 hold A, 6-7 hold B, all 16 x 64 bytes.
  struct Registers {
    float acc[8][16][16];
    uint32_t data[8][16][16];
  };
  static QJ_INLINE Registers& State() {
    thread_local Registers registers;
    return registers;
  }

  // Always 16 rows; what is not asked for is computed all the same.
  static QJ_INLINE void Configure(int = 16) {}
  static QJ_INLINE void Release() {}
  template <int kTile>
  static QJ_INLINE void Zero() {
    std::memset(State().acc[kTile], 0, sizeof(State().acc[kTile]));
  }
  template <int kTile>
  static QJ_INLINE void LoadAcc(const float* p, int64_t stride_bytes) {
    for (int r = 0; r < 16; ++r) {
      std::memcpy(State().acc[kTile][r], reinterpret_cast<const char*>(p) + r * stride_bytes, 64);
    }
  }
  template <int kTile>
  static QJ_INLINE void StoreAcc(float* p, int64_t stride_bytes) {
    for (int r = 0; r < 16; ++r) {
      std::memcpy(reinterpret_cast<char*>(p) + r * stride_bytes, State().acc[kTile][r], 64);
    }
  }
  template <int kTile>
  static QJ_INLINE void Load(const char* p, int64_t stride_bytes = 64) {
    for (int r = 0; r < 16; ++r) std::memcpy(State().data[kTile][r], p + r * stride_bytes, 64);
  }
  // acc[m][n] += sum over 16 pairs of a[m][pair] . b[pair][n]; even and odd products are summed
  // apart, as the instruction does.
  template <int kAcc, int kA, int kB>
  static QJ_INLINE void Dot() {
    Registers& s = State();
    const auto half = [](uint32_t pair, bool odd) {
      const uint32_t bits = odd ? pair & 0xffff0000u : pair << 16;
      float value;
      std::memcpy(&value, &bits, 4);
      return value;
    };
    for (int m = 0; m < 16; ++m) {
      for (int n = 0; n < 16; ++n) {
        float even = 0.0f, odd = 0.0f;
        for (int k = 0; k < 16; ++k) {
          even += half(s.data[kA][m][k], false) * half(s.data[kB][k][n], false);
          odd += half(s.data[kA][m][k], true) * half(s.data[kB][k][n], true);
        }
        s.acc[kAcc][m][n] += even + odd;
      }
    }
  }
};

}  // namespace
}  // namespace qwenjet::ops::simd
