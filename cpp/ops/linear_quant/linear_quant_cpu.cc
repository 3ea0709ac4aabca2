// SPDX-License-Identifier: Apache-2.0
// linear_quant on the CPU, in one of three ways. Int8: x is quantised once, in tiles of rows (two
// for one of x with int16 activations), and panels of the weight meet all tiles. Exact: panels are
// dequantised and multiplied by operator linear's kernel. Tiles (AMX): the same with its tile
// kernel and bf16.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/cpu_features.h"
#include "ops/cpu/cpu_backend.h"
#include "ops/linear/linear_panel.h"
#include "ops/linear_quant/linear_quant.h"

namespace qwenjet::ops::cpu {
namespace {

using layout::kTileN;
using layout::RoundUp;

// With fewer rows dequantising is not paid back. (Sapphire Rapids, 6144 x 1024, 4 bits: 16 rows
// take 0.39 ms as tiles, 8 rows 0.14 ms in int8.)
constexpr int64_t kMinTileRows = 24;
// Packed weights of a task of the int8 way: they stay in the second-level cache while x passes.
constexpr int64_t kTaskBytes = 64 << 10;
// Unpacked ones: that part of the cache. (Emerald Rapids, 2 MB, two threads, Qwen3-0.6B in Q4_0,
// prefill of 512: 641 and 633 tokens/s with a half, 584 and 542 with a fifth.) Where they meet a
// few tiles, threads end together.
constexpr int64_t kCacheParts = 2;
constexpr int64_t kFewRowsWideBytes = 128 << 10;
// Where the weight passes once: threads end together.
constexpr int64_t kStreamBytes = 20 << 10;
// The dequantised panel of a thread.
constexpr int64_t kPanelBytes = 512 << 10;
constexpr int64_t kMaxRows = 512;  // as operator linear's

int64_t ElementBytes(DType dtype) { return static_cast<int64_t>(SizeOf(dtype)); }

// Row `row` of x in the order of the weight's columns: x itself, or a copy in `copy`.
const char* OrderedRow(const LinearQuantArgs& args, int64_t row, char* copy) {
  const char* x = args.x.Row(row);
  const int32_t* permutation = args.w.permutation;
  if (permutation == nullptr) return x;
  if (args.x.dtype == DType::kFloat32) {
    for (int64_t c = 0; c < args.w.k; ++c) {
      std::memcpy(copy + c * 4, x + int64_t{permutation[c]} * 4, 4);
    }
  } else {
    for (int64_t c = 0; c < args.w.k; ++c) {
      std::memcpy(copy + c * 2, x + int64_t{permutation[c]} * 2, 2);
    }
  }
  return copy;
}

int64_t OrderedRowBytes(const LinearQuantArgs& args) {
  return args.w.permutation == nullptr ? 0 : RoundUp(args.w.k * ElementBytes(args.x.dtype), 64);
}

// ---- int8 ----------------------------------------------------------------------------------

int64_t TileBytes(const layout::QuantWeight& w, int64_t rows) {
  return RoundUp(rows * (w.NumSteps() * layout::kQuantStep + kQuantValues * 4 * w.NumGroups()), 64);
}

// Of an unpacked block (wide_kernel.h).
int64_t WideBlockBytes(const layout::QuantWeight& w) {
  return kTileN * (w.NumSteps() * layout::kQuantStep + 2 * 4 * w.NumGroups());
}

// Rows of tiles for a row of x.
int32_t TermsOf(const LinearQuantArgs& args) {
  return args.activations == Activations::kInt16 ? 2 : 1;
}

int64_t TileRowsOf(const LinearQuantArgs& args) { return args.x.rows * TermsOf(args); }

// A tile of `size` rows, of which there may be fewer.
void QuantizeTile(Backend& backend, const LinearQuantArgs& args, int64_t first_row, int64_t size,
                  char* tile, char* row_copy) {
  const CpuKernels& kernels = KernelsOf(backend);
  const int64_t rows = std::min(size, TileRowsOf(args) - first_row);
  const int32_t terms = TermsOf(args);
  const int64_t code_bytes = args.w.NumSteps() * layout::kQuantStep * size;
  const int64_t value_bytes = args.w.NumGroups() * size * 4;
  if (rows < size) {
    std::memset(tile, 0, static_cast<size_t>(code_bytes + kQuantValues * value_bytes));
  }
  for (int64_t r = 0; r < rows; r += terms) {
    QuantizedRow row;
    row.x = OrderedRow(args, (first_row + r) / terms, row_copy);
    row.terms = terms;
    row.x_dtype = args.x.dtype;
    row.k = args.w.k;
    row.scheme = args.w.scheme;
    row.codes = tile + r * 4;
    row.code_stride = size * 4;
    row.scales = reinterpret_cast<float*>(tile + code_bytes) + r;
    row.shifts = reinterpret_cast<float*>(tile + code_bytes + value_bytes) + r;
    row.starts = reinterpret_cast<int32_t*>(tile + code_bytes + 2 * value_bytes) + r;
    row.sums = reinterpret_cast<float*>(tile + code_bytes + 3 * value_bytes) + r;
    row.value_stride = size;
    kernels.quantize_row(row);
  }
}

// Whether blocks are unpacked before they meet x: they meet more than two tiles.
bool Widens(const CpuKernels& kernels, const LinearQuantArgs& args) {
  return kernels.wide_panel != nullptr && args.activations != Activations::kExact &&
         TileRowsOf(args) > 2 * kernels.quant_tile_rows;
}

// Blocks of a task of at most `fit` bytes: as many as let the thread with most of them end first.
int64_t TaskBlocks(int64_t blocks, int64_t block_bytes, int64_t fit, int64_t step, int64_t most,
                   int64_t threads) {
  int64_t best = step, shortest = INT64_MAX;
  for (int64_t size = step; size <= most; size += step) {
    if (size > step && size * block_bytes > fit) break;
    const int64_t tasks = (blocks + size - 1) / size;
    const int64_t longest = (tasks + threads - 1) / threads * size;
    if (longest > shortest) continue;
    best = size;
    shortest = longest;
  }
  return best;
}

// x in tiles, in scratch memory.
struct QuantizedX {
  const char* data = nullptr;
  int64_t tile_bytes = 0;
};

// `extra` bytes of scratch follow, at *after. No data where scratch cannot grow.
QuantizedX QuantizeX(Backend& backend, const LinearQuantArgs& args, bool whole_tiles, int64_t extra,
                     char** after) {
  const int64_t rows = TileRowsOf(args), tile_rows = KernelsOf(backend).quant_tile_rows;
  const int64_t tiles = (rows + tile_rows - 1) / tile_rows;
  const int64_t tile_bytes = TileBytes(args.w, tile_rows), copy_bytes = OrderedRowBytes(args);
  std::byte* scratch =
      backend.Scratch(tiles * tile_bytes + backend.threads().num_threads() * copy_bytes + extra);
  if (scratch == nullptr) return {};
  auto* x = reinterpret_cast<char*>(scratch);
  char* copies = x + tiles * tile_bytes;
  *after = copies + backend.threads().num_threads() * copy_bytes;
  backend.threads().Parallel(tiles, [&](int64_t tile, int thread) {
    const int64_t first = tile * tile_rows;
    const int64_t size =
        whole_tiles ? tile_rows : QuantTileRows(static_cast<int>(tile_rows), rows - first);
    QuantizeTile(backend, args, first, size, x + tile * tile_bytes, copies + thread * copy_bytes);
  });
  return {x, tile_bytes};
}

LinearQuantPanel PanelOf(const LinearQuantArgs& args, const QuantizedX& x, int64_t first,
                         int64_t count) {
  LinearQuantPanel panel;
  panel.w = &args.w;
  panel.first_block = first;
  panel.num_blocks = count;
  panel.x = x.data;
  panel.x_tile_bytes = x.tile_bytes;
  panel.rows = TileRowsOf(args);
  panel.terms = TermsOf(args);
  panel.bias = args.bias;
  panel.y = args.y.Row(0);
  panel.y_stride_bytes = args.y.row_stride * ElementBytes(args.y.dtype);
  panel.y_dtype = args.y.dtype;
  return panel;
}

Status ByInt8(Backend& backend, const LinearQuantArgs& args) {
  const CpuKernels& kernels = KernelsOf(backend);
  char* after = nullptr;
  const QuantizedX x = QuantizeX(backend, args, false, 0, &after);
  if (x.data == nullptr) return OutOfScratch("linear_quant");
  const int64_t fit = TileRowsOf(args) <= 2 * kernels.quant_tile_rows ? kStreamBytes : kTaskBytes;
  const int64_t blocks = args.w.NumBlocks();
  const int64_t of_task =
      std::clamp<int64_t>(fit / std::max<int64_t>(args.w.BlockBytes(), 1), 1, kMaxQuantBlocks);
  backend.threads().Parallel((blocks + of_task - 1) / of_task, [&](int64_t task, int) {
    const int64_t first = task * of_task;
    kernels.linear_quant_panel(PanelOf(args, x, first, std::min(of_task, blocks - first)));
  });
  return OkStatus();
}

// The same with unpacked panels, gated where y is.
Status ByWideInt8(Backend& backend, const LinearQuantArgs& args) {
  const CpuKernels& kernels = KernelsOf(backend);
  const bool gated = args.ungated.data != nullptr;
  const int64_t halves = gated ? 2 : 1, blocks = args.w.NumBlocks() / halves;
  const int64_t block_bytes = WideBlockBytes(args.w);
  const int64_t threads = backend.threads().num_threads();
  const int64_t fit = TileRowsOf(args) <= 4 * kernels.quant_tile_rows
                          ? kFewRowsWideBytes
                          : SecondLevelCacheBytes() / kCacheParts;
  const int64_t of_task = TaskBlocks(blocks, halves * block_bytes, fit, gated ? 1 : 2,
                                     kMaxQuantBlocks / halves, threads);
  const int64_t panel_bytes = of_task * halves * block_bytes;
  char* panels = nullptr;
  const QuantizedX x = QuantizeX(backend, args, true, threads * panel_bytes, &panels);
  if (x.data == nullptr) return OutOfScratch("linear_quant");
  backend.threads().Parallel((blocks + of_task - 1) / of_task, [&](int64_t task, int thread) {
    const int64_t first = task * of_task, count = std::min(of_task, blocks - first);
    LinearQuantPanel panel = PanelOf(args, x, first, count);
    char* wide = panels + thread * panel_bytes;
    // Neighbouring blocks one after another: the weight is fetched ahead.
    for (int64_t half = 0; half < halves; ++half) {
      for (int64_t b = 0; b < count; ++b) {
        kernels.widen_block(args.w, half * blocks + first + b,
                            wide + (b * halves + half) * block_bytes);
      }
    }
    panel.wide = wide;
    panel.wide_block_bytes = block_bytes;
    panel.gated = gated;
    kernels.wide_panel(panel);
  });
  return OkStatus();
}

// ---- dequantised panels --------------------------------------------------------------------

int64_t PreparedBytes(const LinearQuantArgs& args, DType dtype) {
  const bool as_it_is =
      dtype == args.x.dtype && args.x.cols % 2 == 0 && args.w.permutation == nullptr;
  return as_it_is ? 0 : args.x.rows * RoundUp(RoundUp(args.x.cols, 2) * ElementBytes(dtype), 64);
}

// x in the weight's order. `copy` holds PreparedBytes; `row_copies` OrderedRowBytes a thread.
PreparedX Prepare(Backend& backend, const LinearQuantArgs& args, DType dtype, char* copy,
                  char* row_copies) {
  const int64_t elem = ElementBytes(dtype), k = args.x.cols;
  if (PreparedBytes(args, dtype) == 0) {
    return {static_cast<const char*>(args.x.data), args.x.row_stride * elem, dtype};
  }
  const CpuKernels& kernels = KernelsOf(backend);
  const int64_t stride = RoundUp(RoundUp(k, 2) * elem, 64);
  backend.threads().Parallel(args.x.rows, [&](int64_t row, int thread) {
    const char* from = OrderedRow(args, row, row_copies + thread * OrderedRowBytes(args));
    char* out = copy + row * stride;
    if (dtype == args.x.dtype) {
      std::memcpy(out, from, static_cast<size_t>(k * elem));
    } else if (dtype == DType::kFloat32) {
      kernels.widen(from, reinterpret_cast<float*>(out), k);
    } else {
      kernels.narrow(reinterpret_cast<const float*>(from), out, k);
    }
    if (k % 2 != 0) std::memset(out + k * elem, 0, static_cast<size_t>(elem));
  });
  return {copy, stride, dtype};
}

// The weight as operator linear's kernels would hold it; there is no such memory.
layout::TiledWeight Dequantised(const layout::QuantWeight& w, DType dtype) {
  layout::TiledWeight tiled;
  tiled.dtype = dtype;
  tiled.n = w.n;
  tiled.k = w.k;
  return tiled;
}

Status ByPanels(Backend& backend, const LinearQuantArgs& args) {
  const CpuKernels& kernels = KernelsOf(backend);
  const DType dtype =
      args.x.dtype == DType::kBFloat16 && kernels.uses_dot ? DType::kBFloat16 : DType::kFloat32;
  const layout::TiledWeight tiled = Dequantised(args.w, dtype);
  const int64_t rows = args.x.rows, chunk = std::min(rows, kMaxRows);
  const int64_t blocks = tiled.NumBlocks();
  const int64_t panel_blocks =
      std::clamp<int64_t>(kPanelBytes / std::max<int64_t>(tiled.BlockBytes(), 1), 1, 4);
  const int64_t threads = backend.threads().num_threads();
  const int64_t x_bytes = PreparedBytes(args, dtype), copy_bytes = OrderedRowBytes(args);
  const int64_t panel_bytes = panel_blocks * tiled.BlockBytes(), partial_bytes = chunk * 64 * 4;
  std::byte* scratch =
      backend.Scratch(x_bytes + threads * (copy_bytes + panel_bytes + partial_bytes));
  if (scratch == nullptr) return OutOfScratch("linear_quant");
  auto* x_copy = reinterpret_cast<char*>(scratch);
  char* of_threads = x_copy + x_bytes + threads * copy_bytes;
  const PreparedX x = Prepare(backend, args, dtype, x_copy, x_copy + x_bytes);
  backend.threads().Parallel(
      (blocks + panel_blocks - 1) / panel_blocks, [&](int64_t task, int thread) {
        char* w = of_threads + thread * (panel_bytes + partial_bytes);
        const int64_t first = task * panel_blocks, count = std::min(panel_blocks, blocks - first);
        for (int64_t b = 0; b < count; ++b) {
          kernels.dequantize_block(args.w, first + b, dtype, w + b * tiled.BlockBytes());
        }
        for (int64_t row = 0; row < rows; row += chunk) {
          LinearPanel panel =
              PanelOf(x, tiled, args.bias, args.y, first, count, row, std::min(chunk, rows - row));
          panel.w = w;
          panel.partial = reinterpret_cast<float*>(w + panel_bytes);
          kernels.linear_panel(panel);
        }
      });
  return OkStatus();
}

Status ByTiles(Backend& backend, const LinearQuantArgs& args) {
  const CpuKernels& kernels = KernelsOf(backend);
  const layout::TiledWeight tiled = Dequantised(args.w, DType::kBFloat16);
  const int64_t rows = args.x.rows, padded_rows = RoundUp(rows, 16);
  const int64_t threads = backend.threads().num_threads();
  const int64_t x_bytes = PreparedBytes(args, DType::kBFloat16);
  const int64_t copy_bytes = OrderedRowBytes(args);
  const int64_t packed_bytes = padded_rows * tiled.PaddedK() * 2;
  const int64_t panel_bytes = kTileBlocks * tiled.BlockBytes();
  std::byte* scratch = backend.Scratch(x_bytes + packed_bytes +
                                       threads * (copy_bytes + panel_bytes + kTilePartialBytes));
  if (scratch == nullptr) return OutOfScratch("linear_quant");
  auto* packed = reinterpret_cast<char*>(scratch);
  char* x_copy = packed + packed_bytes;
  char* of_threads = x_copy + x_bytes + threads * copy_bytes;
  const PreparedX plain = Prepare(backend, args, DType::kBFloat16, x_copy, x_copy + x_bytes);
  backend.threads().Parallel(padded_rows / 16, [&](int64_t i, int) {
    kernels.pack_rows(plain.data + i * 16 * plain.stride_bytes, plain.stride_bytes,
                      std::min<int64_t>(16, rows - i * 16), args.x.cols,
                      packed + i * 16 * tiled.PaddedK() * 2);
  });
  const PreparedX x{packed, tiled.PaddedK() * 2, DType::kBFloat16};
  const TilePanels panels(args.y, args.ungated.data != nullptr);
  backend.threads().Parallel(panels.NumTasks(), [&](int64_t task, int thread) {
    char* w = of_threads + thread * (panel_bytes + kTilePartialBytes);
    const int64_t first = panels.First(task), count = panels.Count(task);
    // Neighbouring blocks one after another: the weight is fetched ahead.
    for (int half = 0; half < (panels.gated ? 2 : 1); ++half) {
      for (int64_t b = 0; b < count; ++b) {
        const int64_t slot = panels.gated ? 2 * b + half : b;
        kernels.dequantize_block(args.w, half * panels.blocks + first + b, DType::kBFloat16,
                                 w + slot * tiled.BlockBytes());
      }
    }
    LinearPanel panel = panels.Panel(x, tiled, args.bias, args.y, task);
    panel.w = w;
    panel.w_block_bytes = tiled.BlockBytes();
    panel.w_pair_bytes = 2 * tiled.BlockBytes();
    panel.partial = reinterpret_cast<float*>(w + panel_bytes);
    kernels.tile_panel(panel);
  });
  return OkStatus();
}

}  // namespace

Status LinearQuantCpu(Backend& backend, const LinearQuantArgs& args) {
  const bool gated = args.ungated.data != nullptr;
  const bool tiles = args.activations != Activations::kExact && args.w.k > 0 &&
                     args.x.rows >= kMinTileRows && KernelsOf(backend).tile_panel != nullptr;
  if (tiles && (!gated || CanGate(args.y, args.bias))) return ByTiles(backend, args);
  const bool widens = Widens(KernelsOf(backend), args);
  if (widens && (!gated || CanGate(args.y, args.bias))) return ByWideInt8(backend, args);
  if (gated) return GateAfterwards(backend, args, LinearQuantCpu);
  return args.activations == Activations::kExact ? ByPanels(backend, args) : ByInt8(backend, args);
}

}  // namespace qwenjet::ops::cpu
