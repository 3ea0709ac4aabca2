// SPDX-License-Identifier: Apache-2.0
// linear on tiles: 32 rows x 32 outputs in four accumulators, fed by two tiles of x and two of w.
//
//            w0   w1        k advances by 32 a step: 4 loads of 1 KB, 4 products
//   x0  ->  acc0 acc1       x is packed so that a tile is 1 KB in one piece (rows of a power of two
//   x1  ->  acc2 acc3       bytes apart would fall into the same cache sets)
//
// k goes in stretches of 512: the 32 rows of x (32 KB) then stay in the first-level cache while the
// panel's outputs pass; accumulators wait in a float32 scratch in between.
#pragma once

#include "ops/cpu/rate_kernel.h"
#include "ops/linear/linear_kernel.h"

namespace qwenjet::ops::simd {
namespace {

inline constexpr int64_t kTileStretch = 16;     // steps of 32 k
inline constexpr int64_t kPartialStride = 128;  // floats: the panel's outputs

// rows of bf16 x, at most 16, into [k / 32][16][32]; missing rows and k are zero.
inline void PackRows(const char* x, int64_t x_stride_bytes, int64_t rows, int64_t k, char* packed) {
  const int64_t steps = (k + 31) / 32;
  for (int64_t step = 0; step < steps; ++step) {
    const int64_t count = k - step * 32 < 32 ? k - step * 32 : 32;
    for (int64_t row = 0; row < 16; ++row) {
      char* to = packed + step * 1024 + row * 64;
      if (row >= rows || count < 32) std::memset(to, 0, 64);
      if (row >= rows) continue;
      std::memcpy(to, x + row * x_stride_bytes + step * 64, static_cast<size_t>(count) * 2);
    }
  }
}

// Row tiles kRowTiles (1, 2) x column tiles kColTiles (1, 2), steps [0, steps).
template <class T, int kRowTiles, int kColTiles>
QJ_INLINE void TileBlock(const char* x, int64_t x_tile_stride, const char* w, int64_t w_block_bytes,
                         int64_t steps, float* partial, bool first) {
  constexpr int64_t kStride = kPartialStride * 4;
  if (first) {
    T::template Zero<0>();
    if constexpr (kColTiles == 2) T::template Zero<1>();
    if constexpr (kRowTiles == 2) T::template Zero<2>();
    if constexpr (kRowTiles == 2 && kColTiles == 2) T::template Zero<3>();
  } else {
    T::template LoadAcc<0>(partial, kStride);
    if constexpr (kColTiles == 2) T::template LoadAcc<1>(partial + 16, kStride);
    if constexpr (kRowTiles == 2) T::template LoadAcc<2>(partial + 16 * kPartialStride, kStride);
    if constexpr (kRowTiles == 2 && kColTiles == 2) {
      T::template LoadAcc<3>(partial + 16 * kPartialStride + 16, kStride);
    }
  }
  for (int64_t step = 0; step < steps; ++step) {
    T::template Load<6>(w + step * 1024);
    T::template Load<4>(x + step * 1024);
    T::template Dot<0, 4, 6>();
    if constexpr (kRowTiles == 2) {
      T::template Load<5>(x + x_tile_stride + step * 1024);
      T::template Dot<2, 5, 6>();
    }
    if constexpr (kColTiles == 2) {
      T::template Load<7>(w + w_block_bytes + step * 1024);
      T::template Dot<1, 4, 7>();
    }
    if constexpr (kRowTiles == 2 && kColTiles == 2) T::template Dot<3, 5, 7>();
  }
  T::template StoreAcc<0>(partial, kStride);
  if constexpr (kColTiles == 2) T::template StoreAcc<1>(partial + 16, kStride);
  if constexpr (kRowTiles == 2) T::template StoreAcc<2>(partial + 16 * kPartialStride, kStride);
  if constexpr (kRowTiles == 2 && kColTiles == 2) {
    T::template StoreAcc<3>(partial + 16 * kPartialStride + 16, kStride);
  }
}

// p.x is packed (PackRows); p.num_blocks <= 8; p.partial is [rows rounded up to 16][128].
template <class T, class V>
void TilePanelKernel(const cpu::LinearPanel& p) {
  const int64_t steps = p.num_lines / 16, row_tiles = (p.rows + 15) / 16;
  const int64_t x_tile_stride = p.x_stride_bytes * 16;
  T::Configure();
  for (int64_t step = 0; step < steps; step += kTileStretch) {
    const int64_t count = steps - step < kTileStretch ? steps - step : kTileStretch;
    for (int64_t tile = 0; tile < row_tiles; tile += 2) {
      const char* x = p.x + tile * x_tile_stride + step * 1024;
      for (int block = 0; block < p.num_blocks; block += 2) {
        const char* w = p.w + block * p.w_block_bytes + step * 1024;
        float* partial = p.partial + tile * 16 * kPartialStride + block * 16;
        WithCount<2>(row_tiles - tile < 2 ? 1 : 2, [&]<int R>() {
          WithCount<2>(p.num_blocks - block < 2 ? 1 : 2, [&]<int C>() {
            TileBlock<T, R, C>(x, x_tile_stride, w, p.w_block_bytes, count, partial, step == 0);
          });
        });
      }
    }
  }
  T::Release();
  for (int64_t row = 0; row < p.rows; ++row) {
    for (int block = 0; block < p.num_blocks; ++block) {
      StoreOutput<V>(p, row, block, V::Load(p.partial + row * kPartialStride + block * 16));
    }
  }
}

template <class T, class V>
void AddTiles(cpu::CpuKernels& kernels) {
  kernels.pack_rows = [](const char* x, int64_t stride, int64_t rows, int64_t k, char* packed) {
    PackRows(x, stride, rows, k, packed);
  };
  kernels.tile_panel = TilePanelKernel<T, V>;
  kernels.bf16_rate = TileRate<T>;
}

}  // namespace
}  // namespace qwenjet::ops::simd
