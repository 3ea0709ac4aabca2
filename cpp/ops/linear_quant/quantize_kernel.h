// SPDX-License-Identifier: Apache-2.0
// linear_quant beside the product: x made int8, and weights made bf16 or float32.
#pragma once

#include "ops/linear_quant/linear_quant_kernel.h"

namespace qwenjet::ops::simd {
namespace {

// count <= 16 elements of x from `index` on; the others are 0.
template <class V>
QJ_INLINE typename V::F LoadSome(const char* x, DType dtype, int64_t index, int count) {
  if (dtype == DType::kFloat32) {
    const auto* from = reinterpret_cast<const float*>(x) + index;
    return count == 16 ? V::Load(from) : V::LoadN(from, count);
  }
  if (count == 16) return V::LoadBf16(x + index * 2);
  char part[32] = {};
  std::memcpy(part, x + index * 2, static_cast<size_t>(count) * 2);
  return V::LoadBf16(part);
}

// Columns from `index` on that a vector holds; fewer than 16 where the row ends.
template <class V>
QJ_INLINE int CountAt(const cpu::QuantizedRow& row, int64_t index) {
  return row.k - index < 16 ? static_cast<int>(row.k - index) : 16;
}

// 16 significant bits of x, so that kIntegerBase times it is exact.
QJ_INLINE float Shortened(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, 4);
  bits &= 0xffffff00u;
  std::memcpy(&x, &bits, 4);
  return x;
}

// The scale of columns [begin, end): max / 127; 0 where the largest is below 2^-119, whose
// quotient by 127 would lose bits; NaN where an element is infinite or NaN.
template <class V>
QJ_INLINE float ScaleOfGroup(const cpu::QuantizedRow& row, int64_t begin, int64_t end) {
  typename V::F most = V::Zero(), nan = V::Zero();
  for (int64_t i = begin; i < end; i += 16) {
    const auto x = LoadSome<V>(row.x, row.x_dtype, i, CountAt<V>(row, i));
    most = V::Max(V::Max(x, V::Sub(V::Zero(), x)), most);
    nan = V::Fma(x, V::Zero(), nan);
  }
  const float largest = V::ReduceMax(most);
  return (largest < 0x1p-119f ? 0.0f : Shortened(largest / 127.0f)) + V::ReduceAdd(nan);
}

// The scale of what rounding by `scale` leaves, which is half of that at most; 0 below 2^-118,
// whose quotient would lose bits.
QJ_INLINE float ScaleOfRest(float scale) {
  return scale < 0x1p-118f ? 0.0f : Shortened(scale / 254.0f);
}

// What a group has beside its codes; `sum` is theirs.
template <class V>
QJ_INLINE void PutValues(const cpu::QuantizedRow& row, int term, int64_t group, float scale,
                         float sum) {
  const int32_t bias = row.scheme.bits == 8 ? V::Int8::template kBias<8> : 0;
  const int32_t zero =
      row.scheme.offset_type == layout::OffsetType::kSymmetric ? row.scheme.SymmetricZero() : 0;
  const int64_t at = group * row.value_stride + term;
  row.scales[at] = scale;
  row.shifts[at] = -kIntegerBase * scale;
  row.starts[at] = kIntegerBaseBits + (bias - zero) * static_cast<int32_t>(sum);
  row.sums[at] = row.scheme.offset_type == layout::OffsetType::kMinimum ? sum * scale : sum;
}

template <class V>
void QuantizeRowKernel(const cpu::QuantizedRow& row) {
  using F = typename V::F;
  const int64_t size = row.scheme.group_size;
  const int64_t padded_k = layout::RoundUp(row.k, layout::kQuantStep);
  const bool two = row.terms == 2;
  const auto put = [&](int term, int64_t column, F rounded) {
    char bytes[16];
    V::Int8::StoreInt8(bytes, rounded);
    for (int j = 0; j < 4; ++j) {
      std::memcpy(row.codes + (column / 4 + j) * row.code_stride + term * 4, bytes + j * 4, 4);
    }
  };
  int64_t group = 0;
  for (int64_t begin = 0; begin < row.k; begin += size, ++group) {
    const int64_t end = row.k - begin < size ? row.k : begin + size;
    const float scale = ScaleOfGroup<V>(row, begin, end);
    const bool some = scale > 0.0f && scale < __builtin_inff();
    const float rest_scale = two && some ? ScaleOfRest(scale) : 0.0f;
    const F step = V::Set1(some ? scale : 0.0f);
    const F inverse = V::Set1(some ? 1.0f / scale : 0.0f);
    const F rest_inverse = V::Set1(rest_scale > 0.0f ? 1.0f / rest_scale : 0.0f);
    F sums = V::Zero(), rest_sums = V::Zero();
    for (int64_t i = begin; i < end; i += 16) {
      F x = V::Zero();
      if (some) x = LoadSome<V>(row.x, row.x_dtype, i, CountAt<V>(row, i));
      const F rounded = V::Round(V::Mul(x, inverse));
      put(0, i, rounded);
      sums = V::Add(sums, rounded);
      if (!two) continue;
      // Exact, both steps.
      const F rest = V::Sub(x, V::Mul(rounded, step));
      const F rounded_rest = V::Round(V::Mul(rest, rest_inverse));
      put(1, i, rounded_rest);
      rest_sums = V::Add(rest_sums, rounded_rest);
    }
    PutValues<V>(row, 0, group, scale, V::ReduceAdd(sums));
    if (two) PutValues<V>(row, 1, group, rest_scale, V::ReduceAdd(rest_sums));
  }
  for (int64_t i = layout::RoundUp(row.k, 16); i < padded_k; i += 16) {
    for (int term = 0; term < row.terms; ++term) put(term, i, V::Zero());
  }
}

// Half a step as lines of the tile layout.
template <class V>
QJ_INLINE void StoreLines(const typename V::F (&w)[16], DType dtype, char* out) {
  if (dtype == DType::kBFloat16) {
    for (int i = 0; i < 8; ++i) V::Int8::StoreBf16Pairs(out + i * 64, w[2 * i], w[2 * i + 1]);
    return;
  }
  for (int i = 0; i < 16; ++i) V::Store(reinterpret_cast<float*>(out + i * 64), w[i]);
}

// A code of 4 bits is an index into the 16 numbers that there are.
template <class V, int kBits>
inline constexpr bool kByTable = kBits == 4 && V::Int8::kHasTable;

// What CodesOfHalf needs to take `zero` from all codes: the table, or `zero` itself.
template <class V, int kBits>
QJ_INLINE typename V::F CodesLess(int zero) {
  if constexpr (!kByTable<V, kBits>) return V::Set1(static_cast<float>(zero));
  float numbers[16];
  for (int i = 0; i < 16; ++i) numbers[i] = static_cast<float>(i - zero);
  return V::Load(numbers);
}

// The codes of half a step, as 16 vectors of one column each.
template <class V, int kBits, int kHalf>
QJ_INLINE void CodesOfHalf(const char* step, typename V::F less, typename V::F (&values)[16]) {
  using Q = typename V::Int8;
  using F = typename V::F;
  FetchHalf<kBits, kHalf>(step);
  if constexpr (kByTable<V, kBits>) {
    for (int i = 0; i < 2; ++i) {
      const auto line = Q::LoadLine(step + (2 * kHalf + i) * 64);
      F* const low = values + 8 * i;
      F* const high = low + 4;
      low[0] = Q::template TableAt<0>(less, line);
      high[0] = Q::template TableAt<4>(less, line);
      low[1] = Q::template TableAt<8>(less, line);
      high[1] = Q::template TableAt<12>(less, line);
      low[2] = Q::template TableAt<16>(less, line);
      high[2] = Q::template TableAt<20>(less, line);
      low[3] = Q::template TableAt<24>(less, line);
      high[3] = Q::template TableAt<28>(less, line);
    }
    return;
  }
  typename Q::W lines[4];
  UnpackHalf<V, kBits, kHalf>(step, lines);
  for (int v = 0; v < 4; ++v) {
    values[4 * v] = Q::template Column<0>(lines[v]);
    values[4 * v + 1] = Q::template Column<1>(lines[v]);
    values[4 * v + 2] = Q::template Column<2>(lines[v]);
    values[4 * v + 3] = Q::template Column<3>(lines[v]);
  }
  for (F& value : values) value = V::Sub(value, less);
}

template <class V, int kBits>
QJ_INLINE void DequantizeChunk(const layout::QuantWeight& w, const char* chunk, int64_t columns,
                               DType dtype, char* out) {
  using Q = typename V::Int8;
  using F = typename V::F;
  const char* codes = chunk + w.SideBytes(columns);
  const ChunkSide<V> side(w, chunk, columns);
  const bool has_minimum = side.HasMinimum();
  F scale = V::Zero(), minimum = V::Zero(), zero = V::Zero();
  const F less = CodesLess<V, kBits>(
      side.offset_type == layout::OffsetType::kSymmetric ? w.scheme.SymmetricZero() : 0);
  const int64_t halves = w.NumStepsOf(columns) * 2, groups = w.GroupsOf(columns);
  const int64_t halves_per_group = w.scheme.group_size / 16;
  const int64_t half_bytes = dtype == DType::kBFloat16 ? 512 : 1024;
  int64_t group = -1, left_of_group = 0;
  for (int64_t half = 0; half < halves; ++half, out += half_bytes) {
    if (left_of_group == 0) {
      ++group;
      left_of_group = halves_per_group;
    }
    // Groups of 16 may end before the last step does: the rest is padding.
    if (left_of_group-- == halves_per_group && group < groups) {
      scale = side.scales.At(group);
      if (has_minimum) minimum = side.minimums.At(group);
      if (side.offset_type == layout::OffsetType::kZeroPoint) {
        zero = Q::LoadUint8(side.zeros + group * 16);
      }
    }
    const char* step = codes + half / 2 * (kBits * 64);
    F values[16];
    if (half % 2 == 0) {
      CodesOfHalf<V, kBits, 0>(step, less, values);
    } else {
      CodesOfHalf<V, kBits, 1>(step, less, values);
    }
    if (has_minimum) {
      for (F& value : values) value = V::Add(V::Mul(value, scale), minimum);
    } else if (side.offset_type == layout::OffsetType::kZeroPoint) {
      for (F& value : values) value = V::Mul(V::Sub(value, zero), scale);
    } else {
      for (F& value : values) value = V::Mul(value, scale);
    }
    StoreLines<V>(values, dtype, out);
  }
}

template <class V, int kBits>
void DequantizeBits(const layout::QuantWeight& w, int64_t block, DType dtype, char* out) {
  const int64_t chunk_bytes = w.ChunkBytes(w.ChunkColumns()), chunks = w.NumChunks();
  const int64_t element = dtype == DType::kBFloat16 ? 2 : 4;
  const auto* chunk = reinterpret_cast<const char*>(w.data) + block * w.BlockBytes();
  for (int64_t c = 0; c < chunks; ++c, chunk += chunk_bytes) {
    DequantizeChunk<V, kBits>(w, chunk, w.ColumnsOf(c), dtype, out);
    out += w.ChunkColumns() * 16 * element;
  }
}

template <class V>
void DequantizeBlockKernel(const layout::QuantWeight& w, int64_t block, DType dtype, char* out) {
  WithBits(w.scheme.bits, [&]<int kBits>() { DequantizeBits<V, kBits>(w, block, dtype, out); });
}

}  // namespace
}  // namespace qwenjet::ops::simd
