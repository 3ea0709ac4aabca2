// SPDX-License-Identifier: Apache-2.0
// attention on vectors: a block of up to 64 rows (query token x query head of one kv head) against
// one span of keys, 64 keys at a time:
//
//   scores  [rows][64]  = q [rows][D] x K page (lines of 16 keys)       micro kernel
//   softmax             mask, running maximum and sum, probabilities    vectors of 16 keys
//   out     [rows][D]  += p [rows][64] x V page (lines of 16 dims)      micro kernel
//
// Pages of int8 codes are multiplied as codes: a key's scale is a factor of its score, a value's of
// its probability. Both products then run in int16 x int8 with exact sums (bf16 queries), or in
// float32 (float32 queries).
//
// Sixteen keys that no row sees are skipped as a whole and their page is not touched.
#pragma once

#include <type_traits>

#include "ops/attention/key_block.h"
#include "ops/simd/math.h"

namespace qwenjet::ops::simd {
namespace {

template <class V, class Mode>
QJ_INLINE typename V::F Floats(typename Mode::template Acc<V> sums) {
  if constexpr (Mode::kIsInteger) {
    return V::FromInt(sums);
  } else {
    return sums;
  }
}

template <class V, class Mode>
QJ_INLINE typename Mode::template Acc<V> ZeroSum() {
  if constexpr (Mode::kIsInteger) {
    return V::ZeroInt();
  } else {
    return V::Zero();
  }
}

template <class V, class Mode>
QJ_INLINE void Scores(const cpu::AttentionTask& t, const KeyBlock& block, float* scores) {
  constexpr int kRows = Mode::template kRows<V>, kCols = Mode::template kCols<V>;
  const int64_t lines = t.pool.head_dim / Mode::kLineSteps;
  for (int32_t row = 0; row < t.rows; row += kRows) {
    const int rows = t.rows - row < kRows ? t.rows - row : kRows;
    for (int g = 0; g < block.count; g += kCols) {
      const int cols = block.count - g < kCols ? block.count - g : kCols;
      WithCount<kRows>(rows, [&]<int R>() {
        WithCount<kCols>(cols, [&]<int C>() {
          typename Mode::template Acc<V> acc[R][C];
          for (int r = 0; r < R; ++r) {
            for (int c = 0; c < C; ++c) acc[r][c] = ZeroSum<V, Mode>();
          }
          const char* b[C];
          for (int c = 0; c < C; ++c) b[c] = block.keys[g + c];
          MicroKernel<V, Mode, R, C>(t.q + row * t.q_stride_bytes, t.q_stride_bytes, b,
                                     t.pool.page_size * (Mode::kLineBytes / 16), lines, acc,
                                     row == 0 ? block.to_values : 0);
          for (int r = 0; r < R; ++r) {
            for (int c = 0; c < C; ++c) {
              V::Store(scores + (row + r) * 64 + block.group[g + c] * 16,
                       Floats<V, Mode>(acc[r][c]));
            }
          }
        });
      });
    }
  }
}

// Adds q . rel for the relative rows of 16 keys (gathered: a path for short windows).
template <class V>
QJ_INLINE typename V::F AddRelative(const cpu::AttentionTask& t, int32_t row, int64_t first_key,
                                    typename V::F scores) {
  float bias[16];
  const float* table = t.rel_scores + row * t.rel_rows;
  for (int i = 0; i < 16; ++i) {
    int64_t index = t.row_position[row] - (first_key + i) + t.rel_row_of_zero;
    index = index < 0 ? 0 : index >= t.rel_rows ? t.rel_rows - 1 : index;
    bias[i] = table[index];
  }
  return V::Add(scores, V::Load(bias));
}

// A row's probabilities as the left-hand matrix of the product with V.
struct Probabilities {
  char* data;      // [rows][64]
  int64_t stride;  // bytes
  float* scale;    // [rows], of int16 codes
};

// The groups of a block in which work goes on: all four, known to the compiler, where a row sees
// the whole block, which then stays in registers.
template <bool kWhole>
QJ_INLINE int NumGroups(const KeyBlock& block) {
  return kWhole ? kGroups : block.count;
}
template <bool kWhole>
QJ_INLINE int GroupAt(const KeyBlock& block, int g) {
  return kWhole ? g : block.group[g];
}

// Stores 16 probabilities that are not codes.
template <class V, class Mode>
QJ_INLINE void StoreProbabilities(char* to, int group, typename V::F p) {
  if constexpr (std::is_same_v<Mode, DotMode>) {
    V::StoreProbabilityBf16(to + group * 32, p);
  } else if constexpr (std::is_same_v<Mode, WidenMode>) {
    char rounded[32];
    V::StoreBf16(rounded, p);
    V::Store(reinterpret_cast<float*>(to) + group * 16, V::LoadBf16(rounded));
  } else {
    V::Store(reinterpret_cast<float*>(to) + group * 16, p);
  }
}

// Stores a row's weights (probability x scale of the value) as int16 codes with one scale.
template <class V, bool kWhole>
QJ_INLINE void StoreWeightCodes(const KeyBlock& block, const typename V::F (&weights)[kGroups],
                                int32_t row, const Probabilities& to) {
  typename V::F largest = V::Zero();
  for (int g = 0; g < NumGroups<kWhole>(block); ++g) largest = V::Max(largest, weights[g]);
  const float max = V::ReduceMax(largest);
  // Below it 32767 / max would not be finite. A NaN is kept by the row's sum.
  const bool any = max > 0x1p-110f;
  const typename V::F factor = V::Set1(any ? 32767.0f / max : 0.0f);
  for (int g = 0; g < NumGroups<kWhole>(block); ++g) {
    V::StoreInt16(to.data + row * to.stride + GroupAt<kWhole>(block, g) * 32,
                  V::Mul(weights[g], factor));
  }
  to.scale[row] = any ? max / 32767.0f : 0.0f;
}

// Turns a row of scores into probabilities; returns the factor for what was summed before. kWhole:
// the row sees all 64 keys.
template <class V, class Mode, bool kWhole>
QJ_INLINE float SoftmaxGroups(const cpu::AttentionTask& t, const KeyBlock& block,
                              const VisibleKeys& keys, int32_t row, const float* scores,
                              const Probabilities& to) {
  using F = typename V::F;
  const F lowest = V::Set1(-__builtin_inff());
  const F scale = V::Set1(Mode::kIsInteger ? t.scale * t.q_scale[row] : t.scale);
  F values[kGroups], largest = lowest;
  uint32_t seen[kGroups];
  for (int g = 0; g < NumGroups<kWhole>(block); ++g) {
    const int group = GroupAt<kWhole>(block, g);
    const int64_t first_key = block.first_key + group * 16;
    F score = V::Mul(V::Load(scores + group * 16), scale);
    if constexpr (Mode::kIsCodes) score = V::Mul(score, V::Load(block.key_scales[g]));
    if (t.rel_scores != nullptr) score = AddRelative<V>(t, row, first_key, score);
    if constexpr (!kWhole) {
      seen[g] = Bits16(keys.window, first_key) | Bits16(keys.sinks, first_key);
      score = V::Select(seen[g], score, lowest);
    }
    values[g] = score;
    largest = V::Max(largest, score);
  }
  const float block_max = V::ReduceMax(largest);
  const float new_max = t.max[row] > block_max ? t.max[row] : block_max;
  // Without a score above -inf all probabilities are 0, except that of a score that is NaN.
  const bool none = new_max == -__builtin_inff();
  const F subtract = V::Set1(none ? 0.0f : new_max);
  F sum = V::Zero();
  for (int g = 0; g < NumGroups<kWhole>(block); ++g) {
    const F p = ExpOfNonPositive<V>(V::Sub(values[g], subtract));
    sum = V::Add(sum, p);
    values[g] = p;
    if constexpr (Mode::kIsCodes) {
      // A slot that is not seen may have any scale. A NaN goes into the row's sum.
      values[g] = V::Mul(p, V::Load(block.value_scales[g]));
      if constexpr (!kWhole) values[g] = V::Select(seen[g], values[g], V::Zero());
      sum = V::Fma(values[g], V::Zero(), sum);
    }
    if constexpr (!Mode::kIsInteger) {
      StoreProbabilities<V, Mode>(to.data + row * to.stride, GroupAt<kWhole>(block, g), values[g]);
    }
  }
  if constexpr (Mode::kIsInteger) StoreWeightCodes<V, kWhole>(block, values, row, to);
  float factor = 1.0f;
  if (!(new_max == t.max[row])) {
    float factors[16];
    V::Store(factors, Exp<V>(V::Set1(t.max[row] - new_max)));
    factor = factors[0];
  }
  t.sum[row] = t.sum[row] * factor + V::ReduceAdd(sum);
  t.max[row] = new_max;
  return factor;
}

template <class V, class Mode>
QJ_INLINE float SoftmaxRow(const cpu::AttentionTask& t, const KeyBlock& block, int32_t row,
                           const float* scores, const Probabilities& to) {
  const VisibleKeys keys =
      VisibleTo(t.row_position[row], t.row_window[row], t.sink_len, t.causal, t.kv_len);
  const bool whole =
      keys.window.begin <= block.first_key && block.first_key + 64 <= keys.window.end;
  return whole ? SoftmaxGroups<V, Mode, true>(t, block, keys, row, scores, to)
               : SoftmaxGroups<V, Mode, false>(t, block, keys, row, scores, to);
}

// out[rows][16 C dims from `dim`] += p x V over all runs. kTail: the last dims, fewer than 16.
template <class V, class Mode, int R, int C, bool kTail = false>
QJ_INLINE void AddValues(const cpu::AttentionTask& t, const ValueRuns& runs, int64_t line_offset,
                         const Probabilities& p, int32_t row, int64_t dim, int64_t ahead) {
  typename Mode::template Acc<V> acc[R][C];
  const int64_t head_dim = t.pool.head_dim;
  float* out = t.out + row * head_dim + dim;
  const int tail = static_cast<int>(head_dim - dim);
  const auto load = [&](int r, int c) {
    const float* from = out + r * head_dim + c * 16;
    return kTail ? V::LoadN(from, tail) : V::Load(from);
  };
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) {
      if constexpr (Mode::kIsInteger) {
        acc[r][c] = V::ZeroInt();
      } else {
        acc[r][c] = load(r, c);
      }
    }
  }
  for (int i = 0; i < runs.count; ++i) {
    const char* b[C];
    for (int c = 0; c < C; ++c) b[c] = runs.run[i].values + line_offset + c * Mode::kLineBytes;
    MicroKernel<V, Mode, R, C>(runs.run[i].p + row * p.stride, p.stride, b, runs.line_stride,
                               runs.run[i].lines, acc, ahead);
  }
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) {
      typename V::F sum = Floats<V, Mode>(acc[r][c]);
      if constexpr (Mode::kIsInteger) sum = V::Fma(sum, V::Set1(p.scale[row + r]), load(r, c));
      float* to = out + r * head_dim + c * 16;
      if constexpr (kTail) {
        V::StoreN(to, sum, tail);
      } else {
        V::Store(to, sum);
      }
    }
  }
}

template <class V, class Mode>
QJ_INLINE void Values(const cpu::AttentionTask& t, const KeyBlock& block, const Probabilities& p) {
  constexpr int kRows = Mode::template kRows<V>, kCols = Mode::template kCols<V>;
  const ValueRuns runs = FindRuns<Mode>(t, block, p.data);
  const int whole = static_cast<int>(t.pool.head_dim / 16);
  char lines[64 * Mode::kLineBytes];
  ValueRuns tails;
  if (whole * 16 < t.pool.head_dim) {
    std::memset(lines, 0, sizeof(lines));
    tails = CopyTails<Mode>(runs, whole * Mode::kLineBytes, lines);
  }
  for (int32_t row = 0; row < t.rows; row += kRows) {
    const int rows = t.rows - row < kRows ? t.rows - row : kRows;
    WithCount<kRows>(rows, [&]<int R>() {
      for (int dim = 0; dim < whole; dim += kCols) {
        WithCount<kCols>(whole - dim < kCols ? whole - dim : kCols, [&]<int C>() {
          AddValues<V, Mode, R, C>(t, runs, dim * Mode::kLineBytes, p, row, dim * 16,
                                   row == 0 ? runs.ahead : 0);
        });
      }
      if (whole * 16 < t.pool.head_dim) {
        AddValues<V, Mode, R, 1, true>(t, tails, 0, p, row, whole * 16, 0);
      }
    });
  }
}

template <class Mode>
QJ_INLINE Probabilities ProbabilitiesOf(const cpu::AttentionTask& t) {
  return {t.scratch + cpu::kMaxAttentionRows * 64 * 4,
          64 * (Mode::kABytesPerLine / Mode::kLineSteps),
          reinterpret_cast<float*>(t.scratch + 2 * cpu::kMaxAttentionRows * 64 * 4)};
}

// All rows; what they have summed before is brought to their new maximum.
template <class V, class Mode>
QJ_INLINE void SoftmaxRows(const cpu::AttentionTask& t, const KeyBlock& block, const float* scores,
                           const Probabilities& p) {
  for (int32_t row = 0; row < t.rows; ++row) {
    const float factor = SoftmaxRow<V, Mode>(t, block, row, scores + row * 64, p);
    if (factor == 1.0f) continue;
    float* out = t.out + row * t.pool.head_dim;
    for (int64_t d = 0; d < t.pool.head_dim; d += 16) {
      const int count = t.pool.head_dim - d < 16 ? static_cast<int>(t.pool.head_dim - d) : 16;
      V::StoreN(out + d, V::Mul(V::LoadN(out + d, count), V::Set1(factor)), count);
    }
  }
}

template <class V, class Mode>
QJ_INLINE void AttendBlock(const cpu::AttentionTask& t, const KeyBlock& block) {
  auto* scores = reinterpret_cast<float*>(t.scratch);
  const Probabilities p = ProbabilitiesOf<Mode>(t);
  Scores<V, Mode>(t, block, scores);
  SoftmaxRows<V, Mode>(t, block, scores, p);
  Values<V, Mode>(t, block, p);
}

template <class V, class Mode>
void AttendSpan(const cpu::AttentionTask& t) {
  int64_t last_page = -1;
  for (int64_t key = t.key_begin; key < t.key_end; key += 64) {
    const KeyBlock block = FindGroups<Mode>(t, key, last_page);
    if (block.count > 0) AttendBlock<V, Mode>(t, block);
  }
}

QJ_INLINE void StartSpan(const cpu::AttentionTask& t) {
  for (int32_t row = 0; row < t.rows; ++row) {
    t.max[row] = -__builtin_inff();
    t.sum[row] = 0.0f;
  }
  std::memset(t.out, 0, sizeof(float) * static_cast<size_t>(t.rows * t.pool.head_dim));
}

template <class V>
void AttentionSpanKernel(const cpu::AttentionTask& t) {
  StartSpan(t);
  if (t.pool.dtype == DType::kFloat32) return AttendSpan<V, FloatMode>(t);
  if (t.pool.dtype == DType::kInt8) {
    return t.q_scale != nullptr ? AttendSpan<V, CodeMode>(t) : AttendSpan<V, CodeFloatMode>(t);
  }
  if constexpr (V::kHasDot) {
    AttendSpan<V, DotMode>(t);
  } else {
    AttendSpan<V, WidenMode>(t);
  }
}

}  // namespace
}  // namespace qwenjet::ops::simd
