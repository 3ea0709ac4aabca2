// SPDX-License-Identifier: Apache-2.0
// linear on the CPU: what a task hands to the path's kernel; for linear and linear_quant.
#pragma once

#include <algorithm>

#include "base/check.h"
#include "layout/tensor_view.h"
#include "layout/tiled_weight.h"
#include "ops/cpu/cpu_backend.h"
#include "ops/swiglu/swiglu.h"

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
  panel.num_cols = static_cast<int32_t>(std::min(y.cols - first_col, num_blocks * layout::kTileN));
  panel.bias = bias == nullptr ? nullptr : bias + first_col;
  panel.y_dtype = y.dtype;
  panel.y_stride_bytes = y.row_stride * y_elem;
  panel.y = y.Row(first_row) + first_col * y_elem;
  return panel;
}

// How the columns of y are shared out among panels of tiles.
struct TilePanels {
  bool gated = false;
  int64_t blocks = 0;   // of y
  int64_t of_task = 0;  // blocks of y, with their second halves where it is gated

  TilePanels(const layout::Matrix& y, bool is_gated)
      : gated(is_gated),
        blocks(layout::RoundUp(y.cols, layout::kTileN) / layout::kTileN),
        of_task(is_gated ? kTileBlocks / 2 : kTileBlocks) {}
  int64_t NumTasks() const { return (blocks + of_task - 1) / of_task; }
  int64_t First(int64_t task) const { return task * of_task; }
  int64_t Count(int64_t task) const { return std::min(of_task, blocks - First(task)); }

  // All rows of x against the blocks of a task. The caller sets `w`, what lies between its blocks
  // if they are not where the weight has them, and `partial`.
  LinearPanel Panel(const PreparedX& x, const layout::TiledWeight& w, const float* bias,
                    const layout::Matrix& y, int64_t task) const {
    LinearPanel panel = PanelOf(x, w, bias, y, First(task), Count(task), 0, y.rows);
    panel.num_lines = w.LinesPerBlock();
    panel.gated = gated;
    panel.num_blocks *= gated ? 2 : 1;
    panel.w_pair_bytes = (gated ? 1 : 2) * w.BlockBytes();
    panel.w_block_bytes = (gated ? blocks : 1) * w.BlockBytes();
    return panel;
  }
};

// Whether a panel can gate as it goes: both halves are whole blocks.
inline bool CanGate(const layout::Matrix& y, const float* bias) {
  return y.cols % layout::kTileN == 0 && bias == nullptr;
}

// What is not gated as it goes: `product` into args.ungated, then swiglu.
template <class Args>
Status GateAfterwards(Backend& backend, const Args& args,
                      Status (*product)(Backend&, const Args&)) {
  Args ungated = args;
  ungated.y = args.ungated;
  ungated.ungated = {};
  QJ_RETURN_IF_ERROR(product(backend, ungated));
  return SwigluCpu(backend, {.gate_up = args.ungated, .y = args.y});
}

}  // namespace qwenjet::ops::cpu
