// SPDX-License-Identifier: Apache-2.0
// linear_quant on vectors: 16 outputs x R rows of int8 x, over all columns.
//
//   line of codes -> 4 vectors of bytes -> R integer sums, of one group of columns
//   end of group:    R float sums += (integer sum + offset) * scale of x * scale of w
//
// Both kinds of sums stay in registers. Two blocks at a time are two streams from memory, and
// slower: 55 and 44 tokens/s instead of 67 and 63 (Emerald Rapids, Qwen3-0.6B in Q4_0, one
// sequence). Lines are unpacked again for every tile of rows; many rows get panels that are
// unpacked once (wide_kernel.h) where the path has an int8 dot product. x is interleaved so that a
// tile is one stream.
#pragma once

#include "ops/linear/linear_kernel.h"
#include "ops/simd/fetch.h"
#include "ops/simd/int8_dot.h"

namespace qwenjet::ops::simd {
namespace {

// Calls f.template operator()<bits>().
template <class Functor>
QJ_INLINE void WithBits(int32_t bits, Functor&& f) {
  switch (bits) {
    case 4:
      return f.template operator()<4>();
    case 5:
      return f.template operator()<5>();
    case 6:
      return f.template operator()<6>();
    default:
      return f.template operator()<8>();
  }
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
  for (int line = kFirst; line < kEnd; ++line) FetchCodes(step + line * 64);
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
  // The minimums of a group, or the zero points with the other sign.
  QJ_INLINE typename V::F OffsetAt(int64_t group) const {
    if (HasMinimum()) return minimums.At(group);
    if (offset_type == layout::OffsetType::kSymmetric) return V::Zero();
    return V::Sub(V::Zero(), V::Int8::LoadUint8(zeros + group * 16));
  }
};

// What a tile of R rows has for each group beside codes (LinearQuantPanel).
template <int R>
struct RowValues {
  const float* scales;
  const float* shifts;
  const int32_t* starts;
  const float* sums;

  QJ_INLINE RowValues(const char* values, int64_t groups, int64_t first_group)
      : scales(reinterpret_cast<const float*>(values) + first_group * R),
        shifts(scales + groups * R),
        starts(reinterpret_cast<const int32_t*>(shifts + groups * R)),
        sums(shifts + 2 * groups * R) {}
  QJ_INLINE void Next() {
    scales += R;
    shifts += R;
    starts += R;
    sums += R;
  }
};

// A group's integer sums, from where they start to where they join the float sums. `offset` is the
// negative zero point or the minimum.
template <class V, int R, int C>
struct GroupSums {
  using Q = typename V::Int8;
  using F = typename V::F;
  typename Q::I dot[R][C];

  QJ_INLINE explicit GroupSums(const RowValues<R>& x) {
    for (int r = 0; r < R; ++r) {
      for (int c = 0; c < C; ++c) dot[r][c] = Q::Set1(x.starts + r);
    }
  }
  // add(r, c, a, b) adds a * b to a float sum.
  template <class Add>
  QJ_INLINE void AddTo(const RowValues<R>& x, const F (&scale)[C], const F (&offset)[C],
                       layout::OffsetType offset_type, Add&& add) const {
    if (offset_type == layout::OffsetType::kZeroPoint) {
      const F base = V::Set1(kIntegerBase);
      for (int r = 0; r < R; ++r) {
        for (int c = 0; c < C; ++c) {
          // Exact: all of these are integers below 2^24.
          const F sum = V::Sub(Q::AsFloat(dot[r][c]), base);
          const F value = V::Fma(offset[c], V::Set1(x.sums[r]), sum);
          add(r, c, V::Mul(value, V::Set1(x.scales[r])), scale[c]);
        }
      }
      return;
    }
    for (int r = 0; r < R; ++r) {
      const F x_scale = V::Set1(x.scales[r]), shift = V::Set1(x.shifts[r]);
      for (int c = 0; c < C; ++c) {
        add(r, c, ScaledSum<V>(dot[r][c], x_scale, shift), scale[c]);
      }
    }
    if (offset_type != layout::OffsetType::kMinimum) return;
    for (int r = 0; r < R; ++r) {
      for (int c = 0; c < C; ++c) add(r, c, offset[c], V::Set1(x.sums[r]));
    }
  }
};

// The sums of a tile, over one chunk after another.
template <class V, int kBits, int R>
struct QuantTile {
  using Q = typename V::Int8;
  using F = typename V::F;
  using Group = GroupSums<V, R, 1>;

  const char* x;  // columns of the tile
  RowValues<R> values;
  F acc[R];

  QJ_INLINE QuantTile(const layout::QuantWeight& w, const char* tile, int64_t first_column)
      : x(tile + first_column * R),
        values(tile + w.NumSteps() * layout::kQuantStep * R, w.NumGroups(),
               first_column / w.scheme.group_size) {}
  template <int kHalf>
  QJ_INLINE void Half(const char* step, Group& group) {
    FetchHalf<kBits, kHalf>(step);
    typename Q::W lines[1][4];
    UnpackHalf<V, kBits, kHalf>(step, lines[0]);
    DotHalf<Q, kBits, R, 1>(group.dot, lines, x);
    x += R * 16;
  }
  QJ_INLINE void EndGroup(const ChunkSide<V>& side, int64_t index, const Group& group) {
    group.AddTo(values, {side.scales.At(index)}, {side.OffsetAt(index)}, side.offset_type,
                [&](int r, int, F a, F b) { acc[r] = V::Fma(a, b, acc[r]); });
    values.Next();
  }
  QJ_INLINE void RunChunk(const layout::QuantWeight& w, const char* chunk, int64_t columns) {
    const int64_t side_bytes = w.SideBytes(columns), group_size = w.scheme.group_size;
    const ChunkSide<V> side(w, chunk, columns);
    for (int64_t i = 0; i < side_bytes; i += 64) FetchCodes(chunk + i);
    const char* step = chunk + side_bytes;
    const int64_t groups = w.GroupsOf(columns);
    if (group_size == 16) {
      for (int64_t index = 0; index < groups; index += 2, step += kBits * 64) {
        Group first(values);
        Half<0>(step, first);
        EndGroup(side, index, first);
        if (index + 1 == groups) return;
        Group second(values);
        Half<1>(step, second);
        EndGroup(side, index + 1, second);
      }
      return;
    }
    const char* end = step + w.NumStepsOf(columns) * (kBits * 64);
    const int64_t group_bytes = group_size / layout::kQuantStep * (kBits * 64);
    for (int64_t index = 0; index < groups; ++index) {
      Group group(values);
      const char* group_end = end - step < group_bytes ? end : step + group_bytes;
      do {
        Half<0>(step, group);
        Half<1>(step, group);
        step += kBits * 64;
      } while (step < group_end);
      EndGroup(side, index, group);
    }
  }
};

// Where the outputs of block `block` of y, of `cols` columns, go.
QJ_INLINE cpu::LinearPanel OutputsOf(const cpu::LinearQuantPanel& p, int64_t block, int64_t cols) {
  cpu::LinearPanel out;
  const int64_t column = block * layout::kTileN, left = cols - column;
  out.num_cols = static_cast<int32_t>(left < layout::kTileN ? left : layout::kTileN);
  out.bias = p.bias == nullptr ? nullptr : p.bias + column;
  out.y = p.y + column * (p.y_dtype == DType::kFloat32 ? 4 : 2);
  out.y_stride_bytes = p.y_stride_bytes;
  out.y_dtype = p.y_dtype;
  return out;
}

// Calls store(row of y, sums of C blocks) for the rows of a tile that starts at `row`; sum(r, c) is
// of one row of the tile.
template <class V, int R, int C, class Sum, class Store>
QJ_INLINE void ForRowsOfY(const cpu::LinearQuantPanel& p, int64_t row, Sum&& sum, Store&& store) {
  typename V::F sums[C];
  if (p.terms == 1) {
    for (int r = 0; r < R; ++r) {
      for (int c = 0; c < C; ++c) sums[c] = sum(r, c);
      if (row + r < p.rows) store(row + r, sums);
    }
    return;
  }
  for (int r = 0; r + 1 < R; r += 2) {
    for (int c = 0; c < C; ++c) sums[c] = V::Add(sum(r, c), sum(r + 1, c));
    if (row + r < p.rows) store((row + r) / 2, sums);
  }
}

// Chunks [first, end) of a block; sums wait in `partial` between stretches.
template <class V, int kBits, int R>
void QuantStretch(const cpu::LinearQuantPanel& p, const char* tile_x, int64_t row, int64_t block,
                  int64_t first, int64_t end, float* partial) {
  using F = typename V::F;
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
  const cpu::LinearPanel out = OutputsOf(p, block, w.n);
  ForRowsOfY<V, R, 1>(
      p, row, [&](int r, int) { return tile.acc[r]; },
      [&](int64_t y_row, const F(&sum)[1]) { StoreOutput<V>(out, y_row, 0, sum[0]); });
}

// Columns of x that a tile of R rows keeps in the first-level cache, the values of groups left out.
template <int R>
inline constexpr int64_t kStretchColumns = (16 << 10) / R;

// A tile of rows against all blocks, in stretches of columns that keep x in the first-level cache.
template <class V, int kBits, int R>
void QuantTileRowsKernel(const cpu::LinearQuantPanel& p, int64_t row) {
  float partial[cpu::kMaxQuantBlocks][R * 16];
  const char* x = p.x + row / V::Int8::kRows * p.x_tile_bytes;
  const int64_t chunks = p.w->NumChunks();
  const int64_t most = kStretchColumns<R> / p.w->ChunkColumns();
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
  WithBits(p.w->scheme.bits, [&]<int kBits>() { QuantPanelBits<V, kBits>(p); });
}

}  // namespace
}  // namespace qwenjet::ops::simd
