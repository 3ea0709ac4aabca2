// SPDX-License-Identifier: Apache-2.0
// layout: a quantised weight W [n, k] as the CPU kernels hold it: the canonical form that every
// stored format becomes. w = scale * (code - zero) or scale * code + minimum, with unsigned codes
// of 4, 5, 6 or 8 bits and one scale a group of `group_size` neighbouring columns of a row.
//
// Outputs go in blocks of 16. A block is one piece of memory, cut into chunks of 256 columns (512
// for groups of 64 and 128 of one level), the last of as many as are left, and those into steps of
// 32:
//
//   [scales of its groups] [offsets of its groups] to 64 bytes  [steps][16 outputs x 32 columns]
//
// so that the single-token path is one stream from front to back. (Measured on Zen 4, one row, 4
// bits, share of a plain read: all scales behind all codes 60 %, behind each chunk 73 %, before
// each chunk 82 %, and 90 % where 4 KB ahead are prefetched.)
//
// Codes of a step are lines of 64 bytes, a line being 16 outputs x 4 bytes, which is what an
// int8 dot product takes (16 lanes x 4 columns); "vector v" holds columns 4v .. 4v + 3, v < 8:
//
//   8 bits   8 lines: line v is vector v
//   4 bits   4 lines: the low halves of line i are vector 2i, the high halves vector 2i + 1
//   5 bits   as 4 bits, and a fifth line whose bit v is bit 4 of vector v
//   6 bits   as 4 bits, and a fifth and sixth line: bits 2j, 2j + 1 of line 4 + i are bits 4, 5 of
//            vector 4i + j
//
// Scales of a group are 16 values (one an output) of `scale_type`. Two-level scales are f16 values
// of 256 columns times int8 values of a group: a chunk has first the f16 values, [16], then the
// int8 values, [groups][16]. Offsets have the same shape: uint8 zero points [groups][16]; minimums
// of the scale's type; for two levels f16 and then int8, minimum = -(f16 * int8). Padding (outputs
// to 16, columns to 32) has code 0 and, by a scale, zero point and minimum of 0, no effect.
#pragma once

#include <cstddef>
#include <cstdint>

#include "layout/tiled_weight.h"

namespace qwenjet::layout {

inline constexpr int64_t kQuantStep = 32;    // columns
inline constexpr int64_t kSuperGroup = 256;  // columns of a first-level scale

enum class ScaleType : int32_t { kF16, kBF16, kF32, kTwoLevel };
enum class OffsetType : int32_t {
  kSymmetric,  // zero point 2^(bits - 1)
  kZeroPoint,  // an integer from 0 to 2^bits - 1 a group
  kMinimum     // a number a group, added after scaling
};

struct QuantScheme {
  int32_t bits = 4;         // 4, 5, 6, 8
  int32_t group_size = 32;  // 16, 32, 64, 128; a larger stored group repeats its scale
  ScaleType scale_type = ScaleType::kF16;
  OffsetType offset_type = OffsetType::kSymmetric;

  bool operator==(const QuantScheme&) const = default;
  constexpr int32_t SymmetricZero() const { return 1 << (bits - 1); }
};

constexpr int64_t ScaleBytes(ScaleType type) {
  switch (type) {
    case ScaleType::kF16:
    case ScaleType::kBF16:
      return 2;
    case ScaleType::kF32:
      return 4;
    case ScaleType::kTwoLevel:
      return 1;  // of a group; 2 more of a super group
  }
  return 0;
}

struct QuantWeight {
  const std::byte* data = nullptr;  // 64-byte aligned
  QuantScheme scheme;
  int64_t n = 0;
  int64_t k = 0;
  // Column c of the weight multiplies column permutation[c] of x; null: the same column.
  const int32_t* permutation = nullptr;

  int64_t NumBlocks() const { return RoundUp(n, kTileN) / kTileN; }
  int64_t NumSteps() const { return NumStepsOf(k); }
  int64_t NumGroups() const { return GroupsOf(k); }
  int64_t NumSuperGroups() const { return RoundUp(k, kSuperGroup) / kSuperGroup; }
  // 256, 320, 384 or 512.
  int64_t StepBytes() const { return int64_t{scheme.bits} * kTileN * kQuantStep / 8; }

  int64_t ChunkColumns() const {
    const bool two = scheme.scale_type == ScaleType::kTwoLevel;
    return scheme.group_size >= 64 && !two ? 2 * kSuperGroup : kSuperGroup;
  }
  int64_t NumChunks() const { return RoundUp(k, ChunkColumns()) / ChunkColumns(); }
  int64_t ColumnsOf(int64_t chunk) const {
    const int64_t left = k - chunk * ChunkColumns();
    return left < ChunkColumns() ? left : ChunkColumns();
  }
  // Parts of a chunk of so many columns.
  int64_t GroupsOf(int64_t columns) const {
    return RoundUp(columns, scheme.group_size) / scheme.group_size;
  }
  int64_t NumStepsOf(int64_t columns) const { return RoundUp(columns, kQuantStep) / kQuantStep; }
  int64_t ScalesBytes(int64_t columns) const {
    const bool two = scheme.scale_type == ScaleType::kTwoLevel;
    return (GroupsOf(columns) * ScaleBytes(scheme.scale_type) + (two ? 2 : 0)) * kTileN;
  }
  int64_t OffsetsBytes(int64_t columns) const {
    switch (scheme.offset_type) {
      case OffsetType::kSymmetric:
        return 0;
      case OffsetType::kZeroPoint:
        return GroupsOf(columns) * kTileN;
      case OffsetType::kMinimum:
        return ScalesBytes(columns);
    }
    return 0;
  }
  // Where the codes begin.
  int64_t SideBytes(int64_t columns) const {
    return RoundUp(ScalesBytes(columns) + OffsetsBytes(columns), kLineBytes);
  }
  int64_t ChunkBytes(int64_t columns) const {
    return SideBytes(columns) + NumStepsOf(columns) * StepBytes();
  }
  int64_t BlockBytes() const {
    const int64_t columns = ChunkColumns(), rest = k % columns;
    return k / columns * ChunkBytes(columns) + (rest == 0 ? 0 : ChunkBytes(rest));
  }
  int64_t SizeBytes() const { return NumBlocks() * BlockBytes(); }

  const std::byte* Chunk(int64_t block, int64_t chunk) const {
    return data + block * BlockBytes() + chunk * ChunkBytes(ChunkColumns());
  }
};

}  // namespace qwenjet::layout
