// SPDX-License-Identifier: Apache-2.0
// linear on tiles: 32 rows x 32 outputs in four accumulators, fed by two tiles of x and two of w.
//
//            w0   w1        k advances by 32 a step: 4 loads of 1 KB, 4 products
//   x0  ->  acc0 acc1       x is packed so that a tile is 1 KB in one piece (rows of a power of two
//   x1  ->  acc2 acc3       bytes apart would fall into the same cache sets)
//
// 32 rows pass over the whole panel, which stays in the second-level cache, before the next 32 do.
// k goes in stretches of 256: x (16 KB) stays in the first-level cache while the panel's outputs
// pass; accumulators wait in a float32 scratch in between. x itself comes from the third level and
// is fetched two stretches ahead. (Sapphire Rapids, one of two threads, of 3.2 TFLOP/s: tiles in
// the first-level cache 2.8; 64 rows 1.8; 512 rows with k of 1024 and 3072 1.5 and 1.6, without the
// fetching 1.4 and 1.3, in stretches of 512 1.1 and 1.1.)
#pragma once

#include "ops/cpu/rate_kernel.h"
#include "ops/linear/linear_kernel.h"
#include "ops/simd/tile_block.h"
#include "ops/swiglu/swiglu_kernel.h"

namespace qwenjet::ops::simd {
namespace {

inline constexpr int64_t kTileStretch = 8;                        // steps of 32 k
inline constexpr int64_t kPartialStride = cpu::kTileBlocks * 16;  // floats

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

// What a block of products fetches meanwhile into the second-level cache: so many lines a step of
// two streams.
struct TileAhead {
  const char* first;
  const char* second;
};

// R x C tiles over steps [0, steps).
template <class T, int R, int C, int kAheadLines>
QJ_INLINE void TileStretch(const char* x, int64_t x_tile_stride, const char* w,
                           int64_t w_block_bytes, int64_t steps, float* partial, bool first,
                           const TileAhead& ahead) {
  using Tiles = TileBlock<T, R, C>;
  if (first) {
    Tiles::Zero();
  } else {
    Tiles::LoadAcc(partial, partial + 16, kPartialStride * 4);
  }
  for (int64_t step = 0; step < steps; ++step) {
    for (int i = 0; i < kAheadLines; ++i) {
      __builtin_prefetch(ahead.first + (step * kAheadLines + i) * 64, 0, 2);
      __builtin_prefetch(ahead.second + (step * kAheadLines + i) * 64, 0, 2);
    }
    Tiles::Dot(x + step * 1024, x + x_tile_stride + step * 1024, 64, w + step * 1024,
               w + w_block_bytes + step * 1024, 64);
  }
  Tiles::StoreAcc(partial, partial + 16, kPartialStride * 4);
}

// Rows [row, row + rows) of C blocks, from `partial`.
template <class V, int C>
QJ_INLINE void StoreTiles(const cpu::LinearPanel& p, int64_t row, int64_t rows, int block,
                          const float* partial) {
  for (int64_t r = 0; r < rows; ++r, partial += kPartialStride) {
    if (C == 2 && p.gated) {
      const auto value = Gated<V>(V::Load(partial), V::Load(partial + 16));
      StoreOutput<V>(p, row + r, block / 2, value);
      continue;
    }
    for (int c = 0; c < C; ++c) StoreOutput<V>(p, row + r, block + c, V::Load(partial + c * 16));
  }
}

// p.x is packed (PackRows).
template <class T, class V>
void TilePanelKernel(const cpu::LinearPanel& p) {
  const int64_t steps = p.num_lines / 16, x_tile_stride = p.x_stride_bytes * 16;
  T::Configure();
  for (int64_t row = 0; row < p.rows; row += 32) {
    const int64_t rows = p.rows - row < 32 ? p.rows - row : 32;
    for (int64_t step = 0; step < steps; step += kTileStretch) {
      const int64_t count = steps - step < kTileStretch ? steps - step : kTileStretch;
      const bool last = step + count == steps;
      const char* x = p.x + row * p.x_stride_bytes + step * 1024;
      for (int block = 0; block < p.num_blocks; block += 2) {
        const char* w = p.w + block / 2 * p.w_pair_bytes + step * 1024;
        float* partial = p.partial + block * 16;
        WithCount<2>(rows > 16 ? 2 : 1, [&]<int R>() {
          WithCount<2>(p.num_blocks - block < 2 ? 1 : 2, [&]<int C>() {
            if (p.rows <= 32) {
              // The weight passes once, from memory: its next stretch.
              const char* next = w + kTileStretch * 1024;
              TileStretch<T, R, C, 16>(x, x_tile_stride, w, p.w_block_bytes, count, partial,
                                       step == 0, {next, next + (C - 1) * p.w_block_bytes});
            } else {
              // A part of x, two stretches on.
              const char* next = x + (2 * kTileStretch + block) * 1024;
              TileStretch<T, R, C, 4>(x, x_tile_stride, w, p.w_block_bytes, count, partial,
                                      step == 0, {next, next + (R - 1) * x_tile_stride});
            }
            if (last) StoreTiles<V, C>(p, row, rows, block, partial);
          });
        });
      }
    }
  }
  T::Release();
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
