// SPDX-License-Identifier: Apache-2.0
// layout: single elements of a quantised weight, read from its tiles by the description of
// layout/quant_weight.h: for a row of an embedding, and for tests.
#pragma once

#include <cstring>

#include "base/bf16.h"
#include "layout/quant_weight.h"

namespace qwenjet::layout {

inline int32_t CodeOf(const QuantWeight& w, int64_t row, int64_t col) {
  const std::byte* step =
      w.Codes(row / kTileN) + col / kQuantStep * w.StepBytes() + row % kTileN * 4 + col % 4;
  const int64_t vector = col % kQuantStep / 4;
  const auto byte = [&](int64_t line) { return std::to_integer<int32_t>(step[line * kLineBytes]); };
  if (w.scheme.bits == 8) return byte(vector);
  const int32_t low = (byte(vector / 2) >> (vector % 2 * 4)) & 15;
  if (w.scheme.bits == 5) return low | ((byte(4) >> vector) & 1) << 4;
  if (w.scheme.bits == 6) return low | ((byte(4 + vector / 4) >> (vector % 4 * 2)) & 3) << 4;
  return low;
}

// A value of the scales' part, or of minimums (without their sign where there are two levels).
inline float GroupValueOf(const QuantWeight& w, const std::byte* part, int64_t lane,
                          int64_t group) {
  const auto half_at = [&](int64_t index) {
    uint16_t bits;
    std::memcpy(&bits, part + index * 2, sizeof(bits));
    return bits;
  };
  const int64_t index = group * kTileN + lane;
  switch (w.scheme.scale_type) {
    case ScaleType::kF16:
      return HalfToFloat(half_at(index));
    case ScaleType::kBF16:
      return ToFloat(BFloat16{half_at(index)});
    case ScaleType::kF32: {
      float value;
      std::memcpy(&value, part + index * 4, sizeof(value));
      return value;
    }
    case ScaleType::kTwoLevel: {
      const int64_t super = group * w.scheme.group_size / kSuperGroup;
      int8_t sub;
      std::memcpy(&sub, part + w.NumSuperGroups() * kTileN * 2 + index, sizeof(sub));
      return HalfToFloat(half_at(super * kTileN + lane)) * static_cast<float>(sub);
    }
  }
  return 0.0f;
}

inline float ScaleOf(const QuantWeight& w, int64_t row, int64_t group) {
  return GroupValueOf(w, w.Scales(row / kTileN), row % kTileN, group);
}

// The zero point of codes; 0 where there are minimums.
inline int32_t ZeroPointOf(const QuantWeight& w, int64_t row, int64_t group) {
  if (w.scheme.offset_type == OffsetType::kSymmetric) return w.scheme.SymmetricZero();
  if (w.scheme.offset_type == OffsetType::kMinimum) return 0;
  return std::to_integer<int32_t>(w.Offsets(row / kTileN)[group * kTileN + row % kTileN]);
}

// The number added after scaling; 0 where there is none.
inline float MinimumOf(const QuantWeight& w, int64_t row, int64_t group) {
  if (w.scheme.offset_type != OffsetType::kMinimum) return 0.0f;
  const float value = GroupValueOf(w, w.Offsets(row / kTileN), row % kTileN, group);
  return w.scheme.scale_type == ScaleType::kTwoLevel ? -value : value;
}

}  // namespace qwenjet::layout
