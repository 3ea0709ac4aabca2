// SPDX-License-Identifier: Apache-2.0
// linear_quant on vectors: 16 outputs x R rows of int8 x, over all columns.
//
//   line of codes -> 4 vectors of bytes -> R integer sums, of one group of columns
//   end of group:    R float sums += (integer sum + offset) * (scale of w * scale of x)
//
// Both kinds of sums stay in registers. The weight is fetched into the second-level cache 5 KB and
// into the first 2 KB ahead. (Sapphire Rapids, one row from memory, two threads, share of a plain
// read with 4, 6 and 8 bits: 97, 104, 96 %; first level alone, 4 KB ahead 59, 83, 89 %, 1 KB ahead
// 87, 81, 95 %; second level alone, 2 KB ahead 83, 81, 90 %; nothing 78, 66, 81 %.)
// Lines are unpacked again for every tile of rows, on the units that the products leave idle; x is
// interleaved so that a tile is one stream.
#pragma once

#include "ops/linear/linear_kernel.h"

namespace qwenjet::ops::simd {
namespace {

QJ_INLINE void FetchAhead(const char* line) {
  __builtin_prefetch(line + 5120, 0, 2);
  __builtin_prefetch(line + 2048);
}

// Vectors 4 * kHalf .. 4 * kHalf + 3 of a step's lines.
template <class V, int kBits, int kHalf>
QJ_INLINE void UnpackHalf(const char* step, typename V::Int8::W (&w)[4]) {
  using Q = typename V::Int8;
  if constexpr (kBits == 8) {
    for (int j = 0; j < 4; ++j) w[j] = Q::LoadLine(step + (4 * kHalf + j) * 64);
    return;
  }
  for (int i = 0; i < 2; ++i) {
    const auto line = Q::LoadLine(step + (2 * kHalf + i) * 64);
    w[2 * i] = Q::Low4(line);
    w[2 * i + 1] = Q::High4(line);
  }
  if constexpr (kBits == 5) {
    const auto line = Q::LoadLine(step + 4 * 64);
    w[0] = Q::Or(w[0], Q::template Bits<4 - 4 * kHalf, 16>(line));
    w[1] = Q::Or(w[1], Q::template Bits<3 - 4 * kHalf, 16>(line));
    w[2] = Q::Or(w[2], Q::template Bits<2 - 4 * kHalf, 16>(line));
    w[3] = Q::Or(w[3], Q::template Bits<1 - 4 * kHalf, 16>(line));
  }
  if constexpr (kBits == 6) {
    const auto line = Q::LoadLine(step + (4 + kHalf) * 64);
    w[0] = Q::Or(w[0], Q::template Bits<4, 48>(line));
    w[1] = Q::Or(w[1], Q::template Bits<2, 48>(line));
    w[2] = Q::Or(w[2], Q::template Bits<0, 48>(line));
    w[3] = Q::Or(w[3], Q::template Bits<-2, 48>(line));
  }
}

// Fetches what lies ahead of one half of a step's lines.
template <int kBits, int kHalf>
QJ_INLINE void FetchHalf(const char* step) {
  constexpr int kFirst = kBits * kHalf / 2, kEnd = kHalf == 0 ? kBits / 2 : kBits;
  for (int line = kFirst; line < kEnd; ++line) FetchAhead(step + line * 64);
}

// The scales or minimums of a chunk, group by group.
template <class V>
struct GroupValues {
  layout::ScaleType type;
  const char* values;
  typename V::F super;  // kTwoLevel; times `sign`

  QJ_INLINE GroupValues(layout::ScaleType scale_type, const char* part, float sign)
      : type(scale_type), values(part), super(V::Zero()) {
    if (type != layout::ScaleType::kTwoLevel) return;
    super = V::Mul(V::Int8::LoadHalf(part), V::Set1(sign));
    values += 32;
  }
  QJ_INLINE typename V::F At(int64_t group) const {
    using Q = typename V::Int8;
    switch (type) {
      case layout::ScaleType::kF16:
        return Q::LoadHalf(values + group * 32);
      case layout::ScaleType::kBF16:
        return V::LoadBf16(values + group * 32);
      case layout::ScaleType::kF32:
        break;
      case layout::ScaleType::kTwoLevel:
        return V::Mul(super, Q::LoadInt8(values + group * 16));
    }
    return V::Load(reinterpret_cast<const float*>(values + group * 64));
  }
};

// The scales and offsets of a chunk.
template <class V>
struct ChunkSide {
  layout::OffsetType offset_type;
  const char* zeros;
  GroupValues<V> scales, minimums;

  QJ_INLINE ChunkSide(const layout::QuantWeight& w, const char* chunk, int64_t columns)
      : ChunkSide(w.scheme, chunk, chunk + w.ScalesBytes(columns)) {}
  QJ_INLINE ChunkSide(const layout::QuantScheme& scheme, const char* chunk, const char* offsets)
      : offset_type(scheme.offset_type),
        zeros(offsets),
        scales(scheme.scale_type, chunk, 1.0f),
        minimums(HasMinimum() ? scheme.scale_type : layout::ScaleType::kF32, offsets, -1.0f) {}
  QJ_INLINE bool HasMinimum() const { return offset_type == layout::OffsetType::kMinimum; }
};

// The sums of a tile, over one chunk after another.
template <class V, int kBits, int R>
struct QuantTile {
  using Q = typename V::Int8;
  using F = typename V::F;

  const char* x;  // columns of the tile, then scales, starts and sums of its groups
  const char* x_scales;
  const char* x_starts;
  const char* x_sums;
  F acc[R];
  typename Q::I dot[R];

  QJ_INLINE QuantTile(const layout::QuantWeight& w, const char* tile, int64_t first_column) {
    const int64_t value_bytes = w.NumGroups() * R * 4;
    x = tile + first_column * R;
    x_scales =
        tile + w.NumSteps() * layout::kQuantStep * R + first_column / w.scheme.group_size * R * 4;
    x_starts = x_scales + value_bytes;
    x_sums = x_starts + value_bytes;
  }
  QJ_INLINE void StartGroup() {
    for (int r = 0; r < R; ++r) {
      dot[r] = Q::Set1(reinterpret_cast<const int32_t*>(x_starts + r * 4));
    }
  }
  template <int kHalf>
  QJ_INLINE void Half(const char* step) {
    FetchHalf<kBits, kHalf>(step);
    typename Q::W line[4];
    UnpackHalf<V, kBits, kHalf>(step, line);
    for (int r = 0; r < R; ++r) dot[r] = Q::template Dot4<kBits>(dot[r], line, x + r * 4, R * 4);
    x += R * 16;
  }
  QJ_INLINE void EndGroup(const ChunkSide<V>& side, int64_t group) {
    const F scale = side.scales.At(group);
    const auto* s = reinterpret_cast<const float*>(x_scales);
    const auto* sums = reinterpret_cast<const float*>(x_sums);
    F value[R];
    for (int r = 0; r < R; ++r) value[r] = Q::ToFloat(dot[r]);
    if (side.offset_type == layout::OffsetType::kZeroPoint) {
      // Exact: all of these are integers below 2^24.
      const F zero = Q::LoadUint8(side.zeros + group * 16);
      for (int r = 0; r < R; ++r) value[r] = V::Sub(value[r], V::Mul(zero, V::Set1(sums[r])));
    }
    for (int r = 0; r < R; ++r) {
      acc[r] = V::Fma(value[r], V::Mul(scale, V::Set1(s[r])), acc[r]);
    }
    if (side.HasMinimum()) {
      const F minimum = side.minimums.At(group);
      for (int r = 0; r < R; ++r) acc[r] = V::Fma(minimum, V::Set1(sums[r]), acc[r]);
    }
    x_scales += R * 4;
    x_starts += R * 4;
    x_sums += R * 4;
  }
  QJ_INLINE void RunChunk(const layout::QuantWeight& w, const char* chunk, int64_t columns) {
    const int64_t side_bytes = w.SideBytes(columns), group_size = w.scheme.group_size;
    const ChunkSide<V> side(w, chunk, columns);
    for (int64_t i = 0; i < side_bytes; i += 64) FetchAhead(chunk + i);
    const char* step = chunk + side_bytes;
    const int64_t groups = w.GroupsOf(columns);
    if (group_size == 16) {
      for (int64_t group = 0; group < groups; group += 2, step += kBits * 64) {
        StartGroup();
        Half<0>(step);
        EndGroup(side, group);
        if (group + 1 == groups) return;
        StartGroup();
        Half<1>(step);
        EndGroup(side, group + 1);
      }
      return;
    }
    const char* end = step + w.NumStepsOf(columns) * (kBits * 64);
    const int64_t group_bytes = group_size / layout::kQuantStep * (kBits * 64);
    for (int64_t group = 0; group < groups; ++group) {
      StartGroup();
      const char* group_end = end - step < group_bytes ? end : step + group_bytes;
      do {
        Half<0>(step);
        Half<1>(step);
        step += kBits * 64;
      } while (step < group_end);
      EndGroup(side, group);
    }
  }
};

// Chunks [first, end) of a block; sums wait in `partial` between stretches.
template <class V, int kBits, int R>
void QuantStretch(const cpu::LinearQuantPanel& p, const char* tile_x, int64_t row, int64_t block,
                  int64_t first, int64_t end, float* partial) {
  const layout::QuantWeight& w = *p.w;
  QuantTile<V, kBits, R> tile(w, tile_x, first * w.ChunkColumns());
  for (int r = 0; r < R; ++r) tile.acc[r] = first == 0 ? V::Zero() : V::Load(partial + r * 16);
  const int64_t chunk_bytes = w.ChunkBytes(w.ChunkColumns());
  const auto* chunk =
      reinterpret_cast<const char*>(w.data) + block * w.BlockBytes() + first * chunk_bytes;
  for (int64_t c = first; c < end; ++c, chunk += chunk_bytes) {
    tile.RunChunk(w, chunk, w.ColumnsOf(c));
  }
  if (end < w.NumChunks()) {
    for (int r = 0; r < R; ++r) V::Store(partial + r * 16, tile.acc[r]);
    return;
  }
  cpu::LinearPanel out;
  const int64_t column = block * layout::kTileN, left = w.n - column;
  out.num_cols = static_cast<int32_t>(left < layout::kTileN ? left : layout::kTileN);
  out.bias = p.bias == nullptr ? nullptr : p.bias + column;
  out.y = p.y + column * (p.y_dtype == DType::kFloat32 ? 4 : 2);
  out.y_stride_bytes = p.y_stride_bytes;
  out.y_dtype = p.y_dtype;
  for (int r = 0; r < R; ++r) {
    if (row + r < p.rows) StoreOutput<V>(out, row + r, 0, tile.acc[r]);
  }
}

// A tile of rows against all blocks, in stretches of columns that keep x in the first-level cache.
template <class V, int kBits, int R>
void QuantTileRowsKernel(const cpu::LinearQuantPanel& p, int64_t row) {
  constexpr int64_t kStretchBytes = 16 << 10;  // of x, the values of its groups left out
  float partial[cpu::kMaxQuantBlocks][R * 16];
  const char* x = p.x + row / V::Int8::kRows * p.x_tile_bytes;
  const int64_t chunks = p.w->NumChunks();
  const int64_t most = kStretchBytes / (R * p.w->ChunkColumns());
  // Few rows stream the weight: it comes block after block.
  const bool few = p.rows <= 2 * V::Int8::kRows;
  const int64_t stretch = few || most >= chunks ? chunks : most < 1 ? 1 : most;
  int64_t first = 0;
  do {
    const int64_t end = chunks - first < stretch ? chunks : first + stretch;
    for (int64_t b = 0; b < p.num_blocks; ++b) {
      QuantStretch<V, kBits, R>(p, x, row, p.first_block + b, first, end, partial[b]);
    }
    first = end;
  } while (first < chunks);
}

template <class V, int kBits>
void QuantPanelBits(const cpu::LinearQuantPanel& p) {
  constexpr int kRows = V::Int8::kRows;
  for (int64_t row = 0; row < p.rows; row += kRows) {
    const int size = cpu::QuantTileRows(kRows, p.rows - row);
    WithCount<kRows>(size, [&]<int R>() {
      if constexpr (cpu::QuantTileRows(kRows, R) == R) QuantTileRowsKernel<V, kBits, R>(p, row);
    });
  }
}

template <class V>
void LinearQuantPanelKernel(const cpu::LinearQuantPanel& p) {
  switch (p.w->scheme.bits) {
    case 4:
      return QuantPanelBits<V, 4>(p);
    case 5:
      return QuantPanelBits<V, 5>(p);
    case 6:
      return QuantPanelBits<V, 6>(p);
    default:
      return QuantPanelBits<V, 8>(p);
  }
}

}  // namespace
}  // namespace qwenjet::ops::simd
