// SPDX-License-Identifier: Apache-2.0
// layout: single elements of a quantised weight, read from its tiles by the description of
// layout/quant_weight.h: for a row of an embedding, and for tests.
#pragma once

#include <cstring>

#include "base/bf16.h"
#include "layout/quant_weight.h"

namespace qwenjet::layout {

inline int32_t CodeOf(const QuantWeight& w, int64_t row, int64_t col) {
  const int64_t chunk = col / w.ChunkColumns(), in_chunk = col % w.ChunkColumns();
  const std::byte* step = w.Chunk(row / kTileN, chunk) + w.SideBytes(w.ColumnsOf(chunk)) +
                          in_chunk / kQuantStep * w.StepBytes() + row % kTileN * 4 + col % 4;
  const int64_t vector = col % kQuantStep / 4;
  const auto byte = [&](int64_t line) { return std::to_integer<int32_t>(step[line * kLineBytes]); };
  if (w.scheme.bits == 8) return byte(vector);
  const int32_t low = (byte(vector / 2) >> (vector % 2 * 4)) & 15;
  if (w.scheme.bits == 5) return low | ((byte(4) >> vector) & 1) << 4;
  if (w.scheme.bits == 6) return low | ((byte(4 + vector / 4) >> (vector % 4 * 2)) & 3) << 4;
  return low;
}

// Where the values of a group are.
struct GroupPlace {
  const std::byte* chunk;
  int64_t columns;   // of the chunk
  int64_t in_chunk;  // index of the group
};

inline GroupPlace PlaceOf(const QuantWeight& w, int64_t row, int64_t group) {
  const int64_t groups = w.ChunkColumns() / w.scheme.group_size, chunk = group / groups;
  return {w.Chunk(row / kTileN, chunk), w.ColumnsOf(chunk), group % groups};
}

// A value of a chunk's scales, or of its minimums (without their sign where there are two levels).
inline float GroupValueOf(const QuantWeight& w, const std::byte* part, const GroupPlace& place,
                          int64_t lane) {
  const auto half_at = [&](int64_t index) {
    uint16_t bits;
    std::memcpy(&bits, part + index * 2, sizeof(bits));
    return bits;
  };
  const int64_t index = place.in_chunk * kTileN + lane;
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
      int8_t sub;
      std::memcpy(&sub, part + kTileN * 2 + index, sizeof(sub));
      return HalfToFloat(half_at(lane)) * static_cast<float>(sub);
    }
  }
  return 0.0f;
}

inline float ScaleOf(const QuantWeight& w, int64_t row, int64_t group) {
  const GroupPlace place = PlaceOf(w, row, group);
  return GroupValueOf(w, place.chunk, place, row % kTileN);
}

// The zero point of codes; 0 where there are minimums.
inline int32_t ZeroPointOf(const QuantWeight& w, int64_t row, int64_t group) {
  if (w.scheme.offset_type == OffsetType::kSymmetric) return w.scheme.SymmetricZero();
  if (w.scheme.offset_type == OffsetType::kMinimum) return 0;
  const GroupPlace place = PlaceOf(w, row, group);
  const std::byte* zeros = place.chunk + w.ScalesBytes(place.columns);
  return std::to_integer<int32_t>(zeros[place.in_chunk * kTileN + row % kTileN]);
}

// The number added after scaling; 0 where there is none.
inline float MinimumOf(const QuantWeight& w, int64_t row, int64_t group) {
  if (w.scheme.offset_type != OffsetType::kMinimum) return 0.0f;
  const GroupPlace place = PlaceOf(w, row, group);
  const float value =
      GroupValueOf(w, place.chunk + w.ScalesBytes(place.columns), place, row % kTileN);
  return w.scheme.scale_type == ScaleType::kTwoLevel ? -value : value;
}

}  // namespace qwenjet::layout
