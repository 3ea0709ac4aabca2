// SPDX-License-Identifier: Apache-2.0
#include "ops/linear_quant/quant_pack.h"

#include <cstring>

#include "base/bf16.h"

namespace qwenjet::ops {
namespace {

using layout::kLineBytes;
using layout::kQuantStep;
using layout::kTileN;

constexpr uint32_t kEachByte = 0x01010101u;

// The words of a row in the lines of one step, from its 32 codes; a word is 4 columns.
void PackStep(int32_t bits, const uint8_t* codes, std::byte* out) {
  uint32_t c[8];
  std::memcpy(c, codes, sizeof(c));
  const auto put = [&](int line, uint32_t word) {
    std::memcpy(out + line * kLineBytes, &word, sizeof(word));
  };
  if (bits == 8) {
    for (int v = 0; v < 8; ++v) put(v, c[v]);
    return;
  }
  constexpr uint32_t kLow = 15 * kEachByte;
  for (int i = 0; i < 4; ++i) put(i, (c[2 * i] & kLow) | (c[2 * i + 1] & kLow) << 4);
  if (bits == 5) {
    uint32_t word = 0;
    for (int v = 0; v < 8; ++v) word |= (c[v] >> 4 & kEachByte) << v;
    put(4, word);
  }
  if (bits == 6) {
    for (int i = 0; i < 2; ++i) {
      uint32_t word = 0;
      for (int j = 0; j < 4; ++j) word |= (c[4 * i + j] >> 4 & 3 * kEachByte) << (2 * j);
      put(4 + i, word);
    }
  }
}

template <typename T>
void Put(std::byte* part, int64_t index, T value) {
  std::memcpy(part + index * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
}

// The scales or minimums of a row's groups, from a chunk's first on.
struct Numbers {
  const float* values;
  const float* super_values;
  const int8_t* sub_values;
};

Numbers From(const Numbers& of_rows, int64_t group, int64_t super) {
  Numbers n = of_rows;
  if (n.values != nullptr) n.values += group;
  if (n.super_values != nullptr) n.super_values += super;
  if (n.sub_values != nullptr) n.sub_values += group;
  return n;
}

void PackNumbers(layout::ScaleType type, int64_t groups, int64_t row, const Numbers& from,
                 std::byte* part) {
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t index = g * kTileN + row;
    switch (type) {
      case layout::ScaleType::kF16:
        Put(part, index, FloatToHalf(from.values[g]));
        break;
      case layout::ScaleType::kBF16:
        Put(part, index, ToBFloat16(from.values[g]));
        break;
      case layout::ScaleType::kF32:
        Put(part, index, from.values[g]);
        break;
      case layout::ScaleType::kTwoLevel:
        Put(part + kTileN * 2, index, from.sub_values[g]);
    }
  }
  if (type == layout::ScaleType::kTwoLevel) Put(part, row, FloatToHalf(*from.super_values));
}

void PackSteps(const layout::QuantWeight& w, int64_t columns, const uint8_t* codes,
               std::byte* out) {
  for (int64_t first = 0; first < columns; first += kQuantStep, out += w.StepBytes()) {
    if (columns - first >= kQuantStep) {
      PackStep(w.scheme.bits, codes + first, out);
      continue;
    }
    uint8_t part[kQuantStep] = {};
    std::memcpy(part, codes + first, static_cast<size_t>(columns - first));
    PackStep(w.scheme.bits, part, out);
  }
}

}  // namespace

void PackQuantBlock(const layout::QuantWeight& w, int64_t rows, const QuantRowPointers& from,
                    std::byte* block) {
  std::memset(block, 0, static_cast<size_t>(w.BlockBytes()));
  const int64_t groups = w.NumGroups(), supers = w.NumSuperGroups();
  const layout::ScaleType type = w.scheme.scale_type;
  for (int64_t chunk = 0; chunk < w.NumChunks(); ++chunk) {
    const int64_t first = chunk * w.ChunkColumns(), columns = w.ColumnsOf(chunk);
    const int64_t chunk_groups = w.GroupsOf(columns);
    std::byte* scales = block + chunk * w.ChunkBytes(w.ChunkColumns());
    std::byte* offsets = scales + w.ScalesBytes(columns);
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t group = row * groups + first / w.scheme.group_size;
      const int64_t super = row * supers + first / layout::kSuperGroup;
      PackNumbers(type, chunk_groups, row,
                  From({from.scales, from.super_scales, from.sub_scales}, group, super), scales);
      if (w.scheme.offset_type == layout::OffsetType::kMinimum) {
        PackNumbers(type, chunk_groups, row,
                    From({from.minimums, from.super_minimums, from.sub_minimums}, group, super),
                    offsets);
      }
      if (w.scheme.offset_type == layout::OffsetType::kZeroPoint) {
        for (int64_t g = 0; g < chunk_groups; ++g) {
          Put(offsets, g * kTileN + row, from.zeros[group + g]);
        }
      }
      PackSteps(w, columns, from.codes + row * w.k + first,
                scales + w.SideBytes(columns) + row * 4);
    }
  }
}

}  // namespace qwenjet::ops
