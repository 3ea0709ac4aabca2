// SPDX-License-Identifier: Apache-2.0
#include "ops/linear_quant/quant_pack.h"

#include <algorithm>
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

// One of the parts of numbers: scales or minimums.
struct Numbers {
  const float* values;
  const float* super_values;
  const int8_t* sub_values;
};

void PackNumbers(const layout::QuantWeight& w, int64_t row, const Numbers& from, std::byte* part) {
  const int64_t groups = w.NumGroups(), supers = w.NumSuperGroups();
  if (w.scheme.scale_type == layout::ScaleType::kTwoLevel) {
    for (int64_t s = 0; s < supers; ++s) {
      Put(part, s * kTileN + row, FloatToHalf(from.super_values[row * supers + s]));
    }
    std::byte* subs = part + supers * kTileN * 2;
    for (int64_t g = 0; g < groups; ++g) {
      Put(subs, g * kTileN + row, from.sub_values[row * groups + g]);
    }
    return;
  }
  for (int64_t g = 0; g < groups; ++g) {
    const float value = from.values[row * groups + g];
    const int64_t index = g * kTileN + row;
    switch (w.scheme.scale_type) {
      case layout::ScaleType::kF16:
        Put(part, index, FloatToHalf(value));
        break;
      case layout::ScaleType::kBF16:
        Put(part, index, ToBFloat16(value));
        break;
      default:
        Put(part, index, value);
    }
  }
}

}  // namespace

void PackQuantBlock(const layout::QuantWeight& w, int64_t rows, const QuantRowPointers& from,
                    std::byte* block) {
  std::memset(block, 0, static_cast<size_t>(w.BlockBytes()));
  std::byte* scales = block + w.CodesBytes();
  std::byte* offsets = scales + w.ScalesBytes();
  const int64_t groups = w.NumGroups();
  for (int64_t row = 0; row < rows; ++row) {
    const uint8_t* codes = from.codes + row * w.k;
    for (int64_t step = 0; step < w.NumSteps(); ++step) {
      std::byte* out = block + step * w.StepBytes() + row * 4;
      const int64_t first = step * kQuantStep, count = std::min(kQuantStep, w.k - first);
      if (count == kQuantStep) {
        PackStep(w.scheme.bits, codes + first, out);
        continue;
      }
      uint8_t part[kQuantStep] = {};
      std::memcpy(part, codes + first, static_cast<size_t>(count));
      PackStep(w.scheme.bits, part, out);
    }
    PackNumbers(w, row, {from.scales, from.super_scales, from.sub_scales}, scales);
    if (w.scheme.offset_type == layout::OffsetType::kMinimum) {
      PackNumbers(w, row, {from.minimums, from.super_minimums, from.sub_minimums}, offsets);
    }
    if (w.scheme.offset_type == layout::OffsetType::kZeroPoint) {
      for (int64_t g = 0; g < groups; ++g) {
        Put(offsets, g * kTileN + row, from.zeros[row * groups + g]);
      }
    }
  }
}

}  // namespace qwenjet::ops
