// SPDX-License-Identifier: Apache-2.0
// layout: a weight W [n, k] of a linear layer (or an embedding [vocab, hidden]) as the CPU kernels
// hold it. One layout serves the single-token path (streams a block of 16 outputs from front to
// back), the register-blocked path (a 64-byte line is one vector of 16 outputs) and AMX (16 lines
// are one B tile).
//
//   bfloat16: [n_blocks][k_padded / 2][16][2]   line = 16 outputs x 2 consecutive k
//   float32:  [n_blocks][k_padded][16]          line = 16 outputs x 1 k
//
// n is padded to 16 and k to 32 with zeros, so kernels need no edge cases on either.
#pragma once

#include <cstdint>

#include "base/bf16.h"
#include "base/dtype.h"

namespace qwenjet::layout {

inline constexpr int64_t kTileN = 16;
inline constexpr int64_t kTileK = 32;
inline constexpr int64_t kLineBytes = 64;

constexpr int64_t RoundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

struct TiledWeight {
  const void* data = nullptr;  // 64-byte aligned
  DType dtype = DType::kBFloat16;
  int64_t n = 0;
  int64_t k = 0;

  int64_t NumBlocks() const { return RoundUp(n, kTileN) / kTileN; }
  int64_t PaddedK() const { return RoundUp(k, kTileK); }
  // Lines in one block of 16 outputs.
  int64_t LinesPerBlock() const { return dtype == DType::kBFloat16 ? PaddedK() / 2 : PaddedK(); }
  int64_t BlockBytes() const { return LinesPerBlock() * kLineBytes; }
  int64_t SizeBytes() const { return NumBlocks() * BlockBytes(); }
  const char* Block(int64_t block) const {
    return static_cast<const char*>(data) + block * BlockBytes();
  }
};

// Element (row, col) of a bfloat16 weight is at this index from the start of the data.
constexpr int64_t TiledIndexBf16(int64_t row, int64_t col, int64_t k_padded) {
  return (row / kTileN) * k_padded * kTileN + (col / 2) * 2 * kTileN + (row % kTileN) * 2 + col % 2;
}
constexpr int64_t TiledIndexF32(int64_t row, int64_t col, int64_t k_padded) {
  return (row / kTileN) * k_padded * kTileN + col * kTileN + row % kTileN;
}

}  // namespace qwenjet::layout
