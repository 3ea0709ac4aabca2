// SPDX-License-Identifier: Apache-2.0
// linear on the CPU: what a task hands to the path's kernel; for linear and linear_quant.
#pragma once

#include <algorithm>

#include "layout/tensor_view.h"
#include "layout/tiled_weight.h"
#include "ops/cpu/cpu_kernels.h"

namespace qwenjet::ops::cpu {

// x as the kernels want it: the dtype of the path's product, K even.
struct PreparedX {
  const char* data;
  int64_t stride_bytes;
  DType dtype;
};

// Rows [first_row, first_row + rows) against blocks of a weight of w's type and shape. The caller
// sets `w` and `partial`, which are where it has them.
inline LinearPanel PanelOf(const PreparedX& x, const layout::TiledWeight& w, const float* bias,
                           const layout::Matrix& y, int64_t first_block, int64_t num_blocks,
                           int64_t first_row, int64_t rows) {
  LinearPanel panel;
  const int64_t first_col = first_block * layout::kTileN;
  const auto y_elem = static_cast<int64_t>(SizeOf(y.dtype));
  panel.x = x.data + first_row * x.stride_bytes;
  panel.x_stride_bytes = x.stride_bytes;
  panel.x_dtype = x.dtype;
  panel.rows = rows;
  panel.w_block_bytes = w.BlockBytes();
  panel.num_lines = w.dtype == DType::kBFloat16 ? (w.k + 1) / 2 : w.k;
  panel.w_dtype = w.dtype;
  panel.num_blocks = static_cast<int32_t>(num_blocks);
  panel.num_cols = static_cast<int32_t>(std::min(w.n - first_col, num_blocks * layout::kTileN));
  panel.bias = bias == nullptr ? nullptr : bias + first_col;
  panel.y_dtype = y.dtype;
  panel.y_stride_bytes = y.row_stride * y_elem;
  panel.y = y.Row(first_row) + first_col * y_elem;
  return panel;
}

}  // namespace qwenjet::ops::cpu
