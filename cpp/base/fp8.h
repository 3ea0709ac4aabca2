// SPDX-License-Identifier: Apache-2.0
// base: the 8-bit floats of checkpoints, as bit patterns: e4m3 ("fn": no infinity, NaN is 0x7f and
// 0xff, at most 448) and the scale type e8m0 (a power of two).
#pragma once

#include <bit>
#include <cstdint>

namespace qwenjet {

// Exact. Without branches, so that a loop over it is vectorised.
constexpr float E4M3ToFloat(uint8_t code) {
  const uint32_t magnitude = code & 0x7fu;
  const uint32_t normal = (magnitude << 20) + (120u << 23);  // exponent bias 127 for 7
  // With an exponent of 0 that is 2^-7 (1 + m/8); the value is m 2^-9.
  const float subnormal =
      std::bit_cast<float>(normal + (1u << 23)) - std::bit_cast<float>(121u << 23);
  // Masks, not ?: as in format/dequant.cc.
  const uint32_t is_subnormal = 0u - static_cast<uint32_t>(magnitude < 8);
  const uint32_t is_nan = 0u - static_cast<uint32_t>(magnitude == 0x7f);
  const uint32_t bits = (std::bit_cast<uint32_t>(subnormal) & is_subnormal) |
                        (normal & ~is_subnormal) | (0x7fc00000u & is_nan);
  return std::bit_cast<float>(bits | (uint32_t{code} & 0x80u) << 24);
}

// 2^(code - 127), exact; 0xff is NaN.
constexpr float E8M0ToFloat(uint8_t code) {
  if (code == 0xff) return std::bit_cast<float>(0x7fc00000u);
  return std::bit_cast<float>(code == 0 ? 0x00400000u : uint32_t{code} << 23);
}

}  // namespace qwenjet
