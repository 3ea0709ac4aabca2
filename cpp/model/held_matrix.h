// SPDX-License-Identifier: Apache-2.0
// model: a matrix of the graph as the CPU backend holds it.
#pragma once

#include <cstdint>
#include <vector>

#include "base/arena.h"
#include "layout/quant_weight.h"
#include "layout/tiled_weight.h"

namespace qwenjet::model {

// Some rows of a matrix and the memory that they own: one of the two weights has data.
struct HeldSegment {
  MemoryBlock memory;
  std::vector<int32_t> permutation;  // of a quantised weight; empty: none
  layout::TiledWeight tiled;
  layout::QuantWeight quant;

  bool is_quantized() const { return quant.data != nullptr; }
  int64_t rows() const { return is_quantized() ? quant.n : tiled.n; }
  int64_t SizeBytes() const {
    return memory.size_bytes() + static_cast<int64_t>(permutation.size() * sizeof(int32_t));
  }
};

// Segments follow each other by rows.
struct HeldMatrix {
  std::vector<HeldSegment> segments;
  int64_t rows = 0;

  int64_t SizeBytes() const {
    int64_t bytes = 0;
    for (const HeldSegment& segment : segments) bytes += segment.SizeBytes();
    return bytes;
  }
};

}  // namespace qwenjet::model
