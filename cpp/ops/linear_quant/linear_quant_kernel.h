// SPDX-License-Identifier: Apache-2.0
// linear_quant on vectors: 16 outputs x R rows of int8 x, over all columns.
//
//   line of codes -> 4 vectors of bytes -> R integer sums, of one group of columns
//   end of group:    R float sums += (integer sum + offset) * (scale of w * scale of x)
//
// Both kinds of sums stay in registers. Lines are unpacked again for every tile of rows, on the
// units that the products leave idle; x is interleaved so that a tile is one stream.
#pragma once

#include "ops/linear/linear_kernel.h"

namespace qwenjet::ops::simd {
namespace {

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

// The scales or minimums of a block, group by group.
template <class V>
struct GroupValues {
  layout::ScaleType type;
  const char* values;  // kTwoLevel: the int8 values
  const char* supers = nullptr;
  int64_t groups_per_super = 1;

  GroupValues(const layout::QuantWeight& w, const std::byte* part)
      : type(w.scheme.scale_type), values(reinterpret_cast<const char*>(part)) {
    if (type != layout::ScaleType::kTwoLevel) return;
    supers = values;
    values += w.NumSuperGroups() * 32;
    groups_per_super = layout::kSuperGroup / w.scheme.group_size;
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
        return V::Mul(Q::LoadHalf(supers + group / groups_per_super * 32),
                      Q::LoadInt8(values + group * 16));
    }
    float line[16];
    std::memcpy(line, values + group * 64, sizeof(line));
    return V::Load(line);
  }
};

template <class V, int kBits, int R>
struct QuantTile {
  using Q = typename V::Int8;
  using F = typename V::F;

  const layout::QuantWeight& w;
  const char* codes;
  const char* zeros;
  GroupValues<V> scales, minimums;
  const char* x;
  const char* x_scales;
  const char* x_starts;
  const char* x_sums;
  F acc[R];
  typename Q::I dot[R];

  QJ_INLINE QuantTile(const layout::QuantWeight& weight, int64_t block, const char* tile)
      : w(weight),
        codes(reinterpret_cast<const char*>(weight.Codes(block))),
        zeros(reinterpret_cast<const char*>(weight.Offsets(block))),
        scales(weight, weight.Scales(block)),
        minimums(weight, weight.Offsets(block)),
        x(tile) {
    const int64_t value_bytes = weight.NumGroups() * R * 4;
    x_scales = x + weight.NumSteps() * layout::kQuantStep * R;
    x_starts = x_scales + value_bytes;
    x_sums = x_starts + value_bytes;
  }
  QJ_INLINE void StartGroup(int64_t group) {
    for (int r = 0; r < R; ++r) {
      dot[r] = Q::Set1(reinterpret_cast<const int32_t*>(x_starts + (group * R + r) * 4));
    }
  }
  template <int kHalf>
  QJ_INLINE void Half(int64_t step) {
    typename Q::W line[4];
    UnpackHalf<V, kBits, kHalf>(codes + step * (kBits * 64), line);
    const char* columns = x + (step * 2 + kHalf) * (R * 16);
    for (int r = 0; r < R; ++r) {
      dot[r] = Q::template Dot4<kBits>(dot[r], line, columns + r * 4, R * 4);
    }
  }
  QJ_INLINE void EndGroup(int64_t group) {
    const F scale = scales.At(group);
    const auto* s = reinterpret_cast<const float*>(x_scales) + group * R;
    const auto* sums = reinterpret_cast<const float*>(x_sums) + group * R;
    F value[R];
    for (int r = 0; r < R; ++r) value[r] = Q::ToFloat(dot[r]);
    if (w.scheme.offset_type == layout::OffsetType::kZeroPoint) {
      // Exact: all of these are integers below 2^24.
      const F zero = Q::LoadUint8(zeros + group * 16);
      for (int r = 0; r < R; ++r) value[r] = V::Sub(value[r], V::Mul(zero, V::Set1(sums[r])));
    }
    for (int r = 0; r < R; ++r) {
      acc[r] = V::Fma(value[r], V::Mul(scale, V::Set1(s[r])), acc[r]);
    }
    if (w.scheme.offset_type == layout::OffsetType::kMinimum) {
      const F minimum = minimums.At(group);
      const float sign = w.scheme.scale_type == layout::ScaleType::kTwoLevel ? -1.0f : 1.0f;
      for (int r = 0; r < R; ++r) acc[r] = V::Fma(minimum, V::Set1(sign * sums[r]), acc[r]);
    }
  }
  QJ_INLINE void Run() {
    for (int r = 0; r < R; ++r) acc[r] = V::Zero();
    const int64_t steps = w.NumSteps(), groups = w.NumGroups();
    if (w.scheme.group_size == 16) {
      for (int64_t step = 0; step < steps; ++step) {
        StartGroup(2 * step);
        Half<0>(step);
        EndGroup(2 * step);
        if (2 * step + 1 == groups) return;
        StartGroup(2 * step + 1);
        Half<1>(step);
        EndGroup(2 * step + 1);
      }
      return;
    }
    const int64_t steps_per_group = w.scheme.group_size / layout::kQuantStep;
    int64_t step = 0;
    for (int64_t group = 0; group < groups; ++group) {
      StartGroup(group);
      const int64_t end = steps - step < steps_per_group ? steps : step + steps_per_group;
      for (; step < end; ++step) {
        Half<0>(step);
        Half<1>(step);
      }
      EndGroup(group);
    }
  }
};

template <class V, int kBits, int R>
void QuantTileRowsKernel(const cpu::LinearQuantPanel& p, int64_t block, int64_t row) {
  QuantTile<V, kBits, R> tile(*p.w, block, p.x + row / V::Int8::kRows * p.x_tile_bytes);
  tile.Run();
  cpu::LinearPanel out;
  const int64_t first = block * layout::kTileN, left = p.w->n - first;
  out.num_cols = static_cast<int32_t>(left < layout::kTileN ? left : layout::kTileN);
  out.bias = p.bias == nullptr ? nullptr : p.bias + first;
  out.y = p.y + first * (p.y_dtype == DType::kFloat32 ? 4 : 2);
  out.y_stride_bytes = p.y_stride_bytes;
  out.y_dtype = p.y_dtype;
  for (int r = 0; r < R; ++r) {
    if (row + r < p.rows) StoreOutput<V>(out, row + r, 0, tile.acc[r]);
  }
}

template <class V, int kBits>
void QuantPanelBits(const cpu::LinearQuantPanel& p) {
  constexpr int kRows = V::Int8::kRows;
  for (int64_t block = p.first_block; block < p.first_block + p.num_blocks; ++block) {
    for (int64_t row = 0; row < p.rows; row += kRows) {
      const int size = cpu::QuantTileRows(kRows, p.rows - row);
      WithCount<kRows>(size, [&]<int R>() {
        if constexpr (cpu::QuantTileRows(kRows, R) == R) {
          QuantTileRowsKernel<V, kBits, R>(p, block, row);
        }
      });
    }
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
