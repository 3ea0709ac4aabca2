// SPDX-License-Identifier: Apache-2.0
// format: internal: the pieces of GGUF blocks that both of their readers take apart: dequant.cc
// (to float32) and gguf_quant.cc (to the canonical form). Layouts: quant-formats, section 6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bf16.h"

namespace qwenjet::format {

inline constexpr size_t kSmallBlock = 32;   // elements of Q4_0 .. Q8_0
inline constexpr size_t kSuperBlock = 256;  // elements of Q4_K .. Q6_K

inline uint16_t LoadHalf(const std::byte* bytes) {
  uint16_t half;
  std::memcpy(&half, bytes, sizeof(half));
  return half;
}

inline float LoadHalfAsFloat(const std::byte* bytes) { return HalfToFloat(LoadHalf(bytes)); }

// Bytes of a block, copied out so that loops over them vectorise whatever their alignment.
template <size_t kCount>
struct BlockBytes {
  explicit BlockBytes(const std::byte* src) { std::memcpy(at, src, kCount); }
  uint8_t operator[](size_t i) const { return at[i]; }
  uint8_t at[kCount];
};

// The 6-bit scales and minimums of the 8 sub-blocks of Q4_K and Q5_K, from their 12 bytes.
struct SubScales {
  explicit SubScales(const std::byte* src) {
    const BlockBytes<12> sc(src);
    for (size_t j = 0; j < 4; ++j) {
      scale[j] = sc[j] & 63;
      minimum[j] = sc[j + 4] & 63;
      scale[j + 4] = static_cast<uint8_t>((sc[j + 8] & 15) | (sc[j] >> 6) << 4);
      minimum[j + 4] = static_cast<uint8_t>((sc[j + 8] >> 4) | (sc[j + 4] >> 6) << 4);
    }
  }
  uint8_t scale[8];
  uint8_t minimum[8];
};

}  // namespace qwenjet::format
