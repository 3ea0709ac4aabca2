// SPDX-License-Identifier: Apache-2.0
// linear_quant for many rows of int8 x: blocks of the weight are unpacked once, into bytes and
// floats that stay in the second-level cache, and meet one tile of rows after another.
//
//   a block: [k / 4, rounded up to 32 columns][16 outputs][4 codes]  scales [G][16]
//            offsets [G][16]
//
// in float32; an offset is the negative zero point or the minimum. Two blocks at a time share the
// loads of x, which else bound the products, and a gate and what it gates are such a pair. Float
// sums are in memory, read and written once a group, for the integer sums of both take the
// registers. (Emerald Rapids, groups of 32, one thread: 500 GOP/s of 703, where unpacking one block
// for each tile of 12 rows gave 350.)
#pragma once

#include "ops/linear_quant/linear_quant_kernel.h"
#include "ops/swiglu/swiglu_kernel.h"

namespace qwenjet::ops::simd {
namespace {

// The parts of a block.
struct WideBlock {
  char* codes;
  float* scales;
  float* offsets;

  QJ_INLINE WideBlock(const layout::QuantWeight& w, const char* block)
      : codes(const_cast<char*>(block)),
        scales(
            reinterpret_cast<float*>(codes + w.NumSteps() * layout::kQuantStep * layout::kTileN)),
        offsets(scales + w.NumGroups() * layout::kTileN) {}
};

template <class V, int kBits>
void WidenBits(const layout::QuantWeight& w, int64_t block, char* out) {
  const WideBlock to(w, out);
  char* codes = to.codes;
  int64_t group = 0;
  for (int64_t i = 0; i < w.NumChunks(); ++i) {
    const int64_t columns = w.ColumnsOf(i), groups = w.GroupsOf(columns);
    const auto* chunk = reinterpret_cast<const char*>(w.Chunk(block, i));
    const ChunkSide<V> side(w, chunk, columns);
    for (int64_t g = 0; g < groups; ++g, ++group) {
      V::Store(to.scales + group * layout::kTileN, side.scales.At(g));
      V::Store(to.offsets + group * layout::kTileN, side.OffsetAt(g));
    }
    const char* step = chunk + w.SideBytes(columns);
    for (int64_t s = 0; s < w.NumStepsOf(columns); ++s, step += kBits * 64, codes += 512) {
      typename V::Int8::W lines[4];
      FetchHalf<kBits, 0>(step);
      UnpackHalf<V, kBits, 0>(step, lines);
      for (int j = 0; j < 4; ++j) V::Int8::StoreLine(codes + j * 64, lines[j]);
      FetchHalf<kBits, 1>(step);
      UnpackHalf<V, kBits, 1>(step, lines);
      for (int j = 0; j < 4; ++j) V::Int8::StoreLine(codes + (4 + j) * 64, lines[j]);
    }
  }
}

template <class V>
void WidenBlockKernel(const layout::QuantWeight& w, int64_t block, char* out) {
  WithBits(w.scheme.bits, [&]<int kBits>() { WidenBits<V, kBits>(w, block, out); });
}

// Groups [first, end) of two blocks and a tile of R rows; sums [R][2][16].
template <class V, int R>
QJ_INLINE void WideStretch(const layout::QuantWeight& w, const char* tile, int64_t first,
                           int64_t end, const WideBlock (&blocks)[2], float* sums) {
  using Q = typename V::Int8;
  using F = typename V::F;
  const int64_t size = w.scheme.group_size;
  const layout::OffsetType offset_type = w.scheme.offset_type;
  RowValues<R> values(tile + w.NumSteps() * layout::kQuantStep * R, w.NumGroups(), first);
  const char* x = tile + first * size * R;
  const char* codes[2];
  for (int c = 0; c < 2; ++c) codes[c] = blocks[c].codes + first * size * layout::kTileN;
  // Halves of steps; the last group may end early.
  int64_t left = (layout::RoundUp(w.k, 16) - first * size) / 16;
  for (int64_t g = first; g < end; ++g, left -= size / 16) {
    GroupSums<V, R, 2> group(values);
    for (int64_t half = left < size / 16 ? left : size / 16; half > 0; --half) {
      typename Q::W lines[2][4];
      for (int c = 0; c < 2; ++c) {
        for (int j = 0; j < 4; ++j) lines[c][j] = Q::LoadLine(codes[c] + j * 64);
        codes[c] += 256;
      }
      DotHalf<Q, 8, R, 2>(group.dot, lines, x);
      x += R * 16;
    }
    F scale[2], offset[2];
    for (int c = 0; c < 2; ++c) {
      scale[c] = V::Load(blocks[c].scales + g * layout::kTileN);
      offset[c] = V::Load(blocks[c].offsets + g * layout::kTileN);
    }
    group.AddTo(values, scale, offset, offset_type, [&](int r, int c, F a, F b) {
      float* sum = sums + (r * 2 + c) * 16;
      V::Store(sum, V::Fma(a, b, V::Load(sum)));
    });
    values.Next();
  }
}

// y of blocks `block` and block + 1, or of one that is gated.
template <class V, int R>
QJ_INLINE void StoreWide(const cpu::LinearQuantPanel& p, int64_t row, int64_t block,
                         const float* sums) {
  using F = typename V::F;
  const int64_t cols = p.gated ? p.w->n / 2 : p.w->n;
  const bool has_second = !p.gated && block + 1 < p.first_block + p.num_blocks;
  const cpu::LinearPanel out = OutputsOf(p, block, cols);
  const cpu::LinearPanel second = OutputsOf(p, block + 1, cols);
  ForRowsOfY<V, R, 2>(
      p, row, [&](int r, int c) { return V::Load(sums + (r * 2 + c) * 16); },
      [&](int64_t y_row, const F(&sum)[2]) {
        StoreOutput<V>(out, y_row, 0, p.gated ? Gated<V>(sum[0], sum[1]) : sum[0]);
        if (has_second) StoreOutput<V>(second, y_row, 0, sum[1]);
      });
}

// All tiles of rows, each of kRows, against the panel's blocks, in stretches of columns that keep x
// in the first-level cache.
template <class V>
void WidePanelKernel(const cpu::LinearQuantPanel& p) {
  constexpr int R = V::Int8::kRows;
  const layout::QuantWeight& w = *p.w;
  alignas(64) float sums[cpu::kMaxQuantBlocks][R * layout::kTileN];
  const int64_t groups = w.NumGroups(), stretch = kStretchColumns<R> / w.scheme.group_size;
  const int64_t num_wide = p.gated ? 2 * p.num_blocks : p.num_blocks;
  const auto block_at = [&](int64_t b) { return WideBlock(w, p.wide + b * p.wide_block_bytes); };
  for (int64_t row = 0; row < p.rows; row += R) {
    const char* tile = p.x + row / R * p.x_tile_bytes;
    for (int64_t first = 0; first == 0 || first < groups; first += stretch) {
      const int64_t end = groups - first < stretch ? groups : first + stretch;
      for (int64_t b = 0; b < num_wide; b += 2) {
        if (first == 0) std::memset(sums[b], 0, 2 * sizeof(sums[b]));
        // A last block without a second one is taken twice.
        WideStretch<V, R>(w, tile, first, end,
                          {block_at(b), block_at(b + 1 < num_wide ? b + 1 : b)}, sums[b]);
        if (end == groups) StoreWide<V, R>(p, row, p.first_block + (p.gated ? b / 2 : b), sums[b]);
      }
    }
  }
}

}  // namespace
}  // namespace qwenjet::ops::simd
