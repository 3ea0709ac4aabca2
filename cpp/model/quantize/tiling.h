// SPDX-License-Identifier: Apache-2.0
// quantize: float matrices put into the tile layout, so that the products of calibration run
// through the operator linear on the machine's fastest path.
#pragma once

#include <vector>

#include "base/arena.h"
#include "base/thread_pool.h"
#include "layout/tiled_weight.h"
#include "model/quantize/rounding.h"

namespace qwenjet::model::quantize {

// Rows of a bf16 matrix from first_row on, rounded; whole blocks, or the last ones.
void TileBf16Rows(const layout::TiledWeight& target, int64_t first_row,
                  const std::vector<const float*>& rows, ThreadPool& threads);

// A tiled matrix and its memory, which grows to the largest it has held.
class TileBuffer {
 public:
  // W[n, k] = data[n * row_stride + k * col_stride]. kOutOfHostMemory when memory runs out.
  Status FillFloat(const float* data, int64_t n, int64_t k, int64_t row_stride, int64_t col_stride,
                   ThreadPool& threads);
  // The matrices below each other, rounded to bf16.
  Status FillBf16(const std::vector<const FloatMatrix*>& parts, ThreadPool& threads);

  const layout::TiledWeight& tiled() const { return tiled_; }

 private:
  Status Reserve(DType dtype, int64_t n, int64_t k);

  GrowingBuffer buffer_;
  layout::TiledWeight tiled_;
};

}  // namespace qwenjet::model::quantize
