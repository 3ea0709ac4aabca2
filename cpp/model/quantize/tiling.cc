// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/tiling.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "model/weight_tiling.h"

namespace qwenjet::model::quantize {

using layout::kTileN;

void TileBf16Rows(const layout::TiledWeight& target, int64_t first_row,
                  const std::vector<const float*>& rows, ThreadPool& threads) {
  QJ_DCHECK(first_row % kTileN == 0);
  const auto num_rows = static_cast<int64_t>(rows.size());
  threads.Parallel((num_rows + kTileN - 1) / kTileN, [&](int64_t block, int) {
    char* lines = const_cast<char*>(target.Block(first_row / kTileN + block));
    std::memset(lines, 0, static_cast<size_t>(target.BlockBytes()));
    const int64_t count = std::min(kTileN, num_rows - block * kTileN);
    for (int64_t row = 0; row < count; ++row) {
      TileFloats({rows[static_cast<size_t>(block * kTileN + row)], static_cast<size_t>(target.k)},
                 row, DType::kBFloat16, lines);
    }
  });
}

Status TileBuffer::Reserve(DType dtype, int64_t n, int64_t k) {
  tiled_ = {.data = nullptr, .dtype = dtype, .n = n, .k = k};
  tiled_.data = buffer_.Reserve(std::max<int64_t>(1, tiled_.SizeBytes()));
  if (tiled_.data != nullptr) return OkStatus();
  return Error(StatusCode::kOutOfHostMemory, "quantize: expected ", tiled_.SizeBytes(),
               " bytes for a matrix of calibration, got none");
}

Status TileBuffer::FillFloat(const float* data, int64_t n, int64_t k, int64_t row_stride,
                             int64_t col_stride, ThreadPool& threads) {
  QJ_RETURN_IF_ERROR(Reserve(DType::kFloat32, n, k));
  threads.Parallel(tiled_.NumBlocks(), [&](int64_t block, int) {
    char* lines = const_cast<char*>(tiled_.Block(block));
    std::memset(lines, 0, static_cast<size_t>(tiled_.BlockBytes()));
    auto* out = reinterpret_cast<float*>(lines);
    const int64_t count = std::min(kTileN, n - block * kTileN);
    for (int64_t row = 0; row < count; ++row) {
      const float* in = data + (block * kTileN + row) * row_stride;
      for (int64_t col = 0; col < k; ++col) out[col * kTileN + row] = in[col * col_stride];
    }
  });
  return OkStatus();
}

Status TileBuffer::FillBf16(const std::vector<const FloatMatrix*>& parts, ThreadPool& threads) {
  std::vector<const float*> rows;
  for (const FloatMatrix* part : parts) {
    for (int64_t row = 0; row < part->rows; ++row) rows.push_back(part->Row(row));
  }
  const int64_t k = parts.front()->cols;
  QJ_RETURN_IF_ERROR(Reserve(DType::kBFloat16, static_cast<int64_t>(rows.size()), k));
  TileBf16Rows(tiled_, 0, rows, threads);
  return OkStatus();
}

}  // namespace qwenjet::model::quantize
