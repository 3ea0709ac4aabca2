// SPDX-License-Identifier: Apache-2.0
// linear on the CPU: outputs are cut into panels of 64, one task each, which take every row. Where
// the path multiplies bf16 by converting, x is widened once; an odd K gets a zero beside it, since
// weights are read by pairs.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "ops/cpu/cpu_backend.h"
#include "ops/linear/linear.h"
#include "ops/linear/linear_panel.h"

namespace qwenjet::ops::cpu {
namespace {

constexpr int64_t kPanelBlocks = 4;
constexpr int64_t kPanelCols = kPanelBlocks * layout::kTileN;
// Rows a task takes at once: their partial sums (128 KB) share the second-level cache with x.
constexpr int64_t kMaxRows = 512;
// Below this a tile is mostly padding, and streaming the weights decides.
constexpr int64_t kMinTileRows = 5;

// Scratch bytes for a copy of x; 0 where x is used as it is.
int64_t CopyBytes(const LinearArgs& args, DType dtype) {
  const int64_t even_k = layout::RoundUp(args.x.cols, 2);
  if (dtype == args.x.dtype && even_k == args.x.cols) return 0;
  return args.x.rows * layout::RoundUp(even_k * static_cast<int64_t>(SizeOf(dtype)), 64);
}

PreparedX Prepare(Backend& backend, const LinearArgs& args, DType dtype, std::byte* scratch) {
  const int64_t elem = static_cast<int64_t>(SizeOf(args.x.dtype));
  if (scratch == nullptr) {
    return {static_cast<const char*>(args.x.data), args.x.row_stride * elem, dtype};
  }
  const CpuKernels& kernels = KernelsOf(backend);
  const int64_t k = args.x.cols, out_elem = static_cast<int64_t>(SizeOf(dtype));
  const int64_t stride = layout::RoundUp(layout::RoundUp(k, 2) * out_elem, 64);
  auto* copy = reinterpret_cast<char*>(scratch);
  backend.threads().Parallel(args.x.rows, [&](int64_t row, int) {
    char* out = copy + row * stride;
    if (dtype == args.x.dtype) {
      std::memcpy(out, args.x.Row(row), static_cast<size_t>(k * elem));
    } else {
      kernels.widen(args.x.Row(row), reinterpret_cast<float*>(out), k);
    }
    if (k % 2 != 0) std::memset(out + k * out_elem, 0, static_cast<size_t>(out_elem));
  });
  return {copy, stride, dtype};
}

Status ByTiles(Backend& backend, const LinearArgs& args) {
  const CpuKernels& kernels = KernelsOf(backend);
  const int64_t rows = args.x.rows, padded_rows = layout::RoundUp(rows, 16);
  const int64_t packed_bytes = padded_rows * args.w.PaddedK() * 2;
  std::byte* scratch =
      backend.Scratch(packed_bytes + backend.threads().num_threads() * kTilePartialBytes);
  if (scratch == nullptr) return OutOfScratch("linear");
  auto* packed = reinterpret_cast<char*>(scratch);
  const int64_t x_stride = args.x.row_stride * 2;
  backend.threads().Parallel(padded_rows / 16, [&](int64_t i, int) {
    kernels.pack_rows(args.x.Row(i * 16), x_stride, std::min<int64_t>(16, rows - i * 16),
                      args.x.cols, packed + i * 16 * args.w.PaddedK() * 2);
  });
  const PreparedX x{packed, args.w.PaddedK() * 2, DType::kBFloat16};
  const TilePanels panels(args.y, args.ungated.data != nullptr);
  backend.threads().Parallel(panels.NumTasks(), [&](int64_t task, int thread) {
    LinearPanel panel = panels.Panel(x, args.w, args.bias, args.y, task);
    panel.w = args.w.Block(panels.First(task));
    panel.partial = reinterpret_cast<float*>(scratch + packed_bytes + thread * kTilePartialBytes);
    kernels.tile_panel(panel);
  });
  return OkStatus();
}

}  // namespace

Status LinearCpu(Backend& backend, const LinearArgs& args) {
  const CpuKernels& kernels = KernelsOf(backend);
  const bool both_bf16 = args.x.dtype == DType::kBFloat16 && args.w.dtype == DType::kBFloat16;
  const bool gated = args.ungated.data != nullptr;
  if (both_bf16 && kernels.tile_panel != nullptr && args.x.rows >= kMinTileRows && args.w.k > 0 &&
      (!gated || CanGate(args.y, args.bias))) {
    return ByTiles(backend, args);
  }
  if (gated) return GateAfterwards(backend, args, LinearCpu);
  const DType dtype = both_bf16 && kernels.uses_dot ? DType::kBFloat16 : DType::kFloat32;
  const int64_t copy_bytes = CopyBytes(args, dtype);
  const int64_t chunk = std::min(args.x.rows, kMaxRows);
  const int64_t partial_bytes = chunk * kPanelCols * 4;
  std::byte* scratch =
      backend.Scratch(copy_bytes + backend.threads().num_threads() * partial_bytes);
  if (scratch == nullptr) return OutOfScratch("linear");
  const PreparedX x = Prepare(backend, args, dtype, copy_bytes > 0 ? scratch : nullptr);

  const int64_t blocks = args.w.NumBlocks(), panels = (blocks + kPanelBlocks - 1) / kPanelBlocks;
  const int64_t chunks = (args.x.rows + chunk - 1) / chunk;
  backend.threads().Parallel(panels * chunks, [&](int64_t task, int thread) {
    const int64_t first_block = task % panels * kPanelBlocks, first_row = task / panels * chunk;
    LinearPanel panel = PanelOf(x, args.w, args.bias, args.y, first_block,
                                std::min(kPanelBlocks, blocks - first_block), first_row,
                                std::min(chunk, args.x.rows - first_row));
    panel.w = args.w.Block(first_block);
    panel.partial = reinterpret_cast<float*>(scratch + copy_bytes + thread * partial_bytes);
    kernels.linear_panel(panel);
  });
  return OkStatus();
}

}  // namespace qwenjet::ops::cpu
