// SPDX-License-Identifier: Apache-2.0
// attention on vectors: a block of up to 64 rows (query token x query head of one kv head) against
// one span of keys, 64 keys at a time:
//
//   scores  [rows][64]  = q [rows][D] x K page (lines of 16 keys)       micro kernel
//   softmax             mask, running maximum and sum, probabilities    vectors of 16 keys
//   out     [rows][D]  += p [rows][64] x V page (lines of 16 dims)      micro kernel
//
// Sixteen keys that no row sees are skipped as a whole and their page is not touched.
#pragma once

#include "layout/step_batch.h"
#include "ops/attention/visible.h"
#include "ops/cpu/cpu_kernels.h"
#include "ops/simd/math.h"
#include "ops/simd/micro_kernel.h"

namespace qwenjet::ops::simd {
namespace {

inline constexpr int kGroups = 4;  // groups of 16 keys in a block of 64

// The groups of one key block that some row sees.
struct KeyBlock {
  int64_t first_key = 0;
  int count = 0;
  int group[kGroups];         // 0 .. 3
  const char* keys[kGroups];  // line of the group's first slot
  const char* values[kGroups];
  // Where all 64 keys lie in one page: distances from its keys to its values, and from there to the
  // next block's keys, for prefetching. A page's keys of a head are 16 KB, too short for the
  // hardware to get up to speed on. 0: unknown.
  int64_t to_values = 0;
  int64_t to_next_keys = 0;
};

template <class V>
QJ_INLINE KeyBlock FindGroups(const cpu::AttentionTask& t, int64_t first_key, int64_t& last_page) {
  KeyBlock block;
  block.first_key = first_key;
  const int64_t page_size = t.pool.page_size;
  const int64_t line_keys = t.pool.dtype == DType::kBFloat16 ? 2 : 1;
  for (int g = 0; g < kGroups; ++g) {
    const int64_t begin = first_key + g * 16, end = begin + 16;
    bool seen = false;
    for (int32_t r = 0; r < t.rows && !seen; ++r) {
      const VisibleKeys keys =
          VisibleTo(t.row_position[r], t.row_window[r], t.sink_len, t.causal, t.kv_len);
      seen = Meets(keys.window, begin, end) || Meets(keys.sinks, begin, end);
    }
    if (!seen) continue;
    const int64_t page = t.pages[begin / page_size], slot = begin % page_size;
    *t.pages_touched += begin / page_size != last_page ? 1 : 0;
    last_page = begin / page_size;
    block.group[block.count] = g;
    block.keys[block.count] = t.pool.Keys(page, t.kv_head) + slot * 4;
    block.values[block.count] =
        t.pool.Values(page, t.kv_head) + slot / line_keys * t.pool.head_dim * 4;
    ++block.count;
  }
  if (block.count == kGroups && page_size >= 64) {
    block.to_values = block.values[0] - block.keys[0];
    const int64_t next = first_key + 64;
    const int64_t page = next < t.key_end ? t.pages[next / page_size] : -1;
    if (page >= 0) {
      block.to_next_keys = t.pool.Keys(page, t.kv_head) + next % page_size * 4 - block.values[0];
    }
  }
  return block;
}

template <class V, class Mode>
QJ_INLINE void Scores(const cpu::AttentionTask& t, const KeyBlock& block, float* scores) {
  constexpr int kRows = Mode::template kRows<V>, kCols = Mode::template kCols<V>;
  const int64_t lines = t.pool.dtype == DType::kBFloat16 ? t.pool.head_dim / 2 : t.pool.head_dim;
  for (int32_t row = 0; row < t.rows; row += kRows) {
    const int rows = t.rows - row < kRows ? t.rows - row : kRows;
    for (int g = 0; g < block.count; g += kCols) {
      const int cols = block.count - g < kCols ? block.count - g : kCols;
      WithCount<kRows>(rows, [&]<int R>() {
        WithCount<kCols>(cols, [&]<int C>() {
          typename V::F acc[R][C];
          const char* b[C];
          for (int c = 0; c < C; ++c) b[c] = block.keys[g + c];
          for (int r = 0; r < R; ++r) {
            for (int c = 0; c < C; ++c) acc[r][c] = V::Zero();
          }
          MicroKernel<V, Mode, R, C>(t.q + row * t.q_stride_bytes, t.q_stride_bytes, b,
                                     t.pool.page_size * 4, lines, acc,
                                     row == 0 ? block.to_values : 0);
          for (int r = 0; r < R; ++r) {
            for (int c = 0; c < C; ++c) {
              V::Store(scores + (row + r) * 64 + block.group[g + c] * 16, acc[r][c]);
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

// Turns a row of scores into probabilities; returns the factor for what was summed before.
template <class V>
QJ_INLINE float SoftmaxRow(const cpu::AttentionTask& t, const KeyBlock& block, int32_t row,
                           float* scores, char* probabilities) {
  using F = typename V::F;
  const VisibleKeys keys =
      VisibleTo(t.row_position[row], t.row_window[row], t.sink_len, t.causal, t.kv_len);
  const F lowest = V::Set1(-__builtin_inff());
  F values[kGroups], largest = lowest;
  for (int g = 0; g < block.count; ++g) {
    const int64_t first_key = block.first_key + block.group[g] * 16;
    const uint32_t bits = Bits16(keys.window, first_key) | Bits16(keys.sinks, first_key);
    F score = V::Mul(V::Load(scores + block.group[g] * 16), V::Set1(t.scale));
    if (t.rel_scores != nullptr) score = AddRelative<V>(t, row, first_key, score);
    values[g] = V::Select(bits, score, lowest);
    largest = V::Max(largest, values[g]);
  }
  const float block_max = V::ReduceMax(largest);
  const float new_max = t.max[row] > block_max ? t.max[row] : block_max;
  const bool none = new_max == -__builtin_inff();
  F sum = V::Zero();
  for (int g = 0; g < block.count; ++g) {
    const F p = none ? V::Zero() : Exp<V>(V::Sub(values[g], V::Set1(new_max)));
    sum = V::Add(sum, p);
    if (t.q_is_bf16) {
      V::StoreBf16(probabilities + block.group[g] * 32, p);
    } else if (t.pool.dtype == DType::kBFloat16) {
      char rounded[32];
      V::StoreBf16(rounded, p);
      V::Store(reinterpret_cast<float*>(probabilities) + block.group[g] * 16, V::LoadBf16(rounded));
    } else {
      V::Store(reinterpret_cast<float*>(probabilities) + block.group[g] * 16, p);
    }
  }
  float factor[16];
  V::Store(factor, Exp<V>(V::Set1(none ? 0.0f : t.max[row] - new_max)));
  t.sum[row] = t.sum[row] * factor[0] + V::ReduceAdd(sum);
  t.max[row] = new_max;
  return factor[0];
}

// out[rows][dims 16 * dim ..] += p x V over one run of groups whose lines follow each other.
template <class V, class Mode, int R, int C>
QJ_INLINE void AddValues(const cpu::AttentionTask& t, const char* p, int64_t p_stride,
                         const char* values, int64_t line_stride, int64_t lines, int32_t row,
                         int dim, int64_t ahead) {
  typename V::F acc[R][C];
  const char* b[C];
  float* out = t.out + row * t.pool.head_dim + dim;
  const int tail = static_cast<int>(t.pool.head_dim) - dim;  // valid dims if under 16
  for (int c = 0; c < C; ++c) b[c] = values + c * 64;
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) {
      const float* from = out + r * t.pool.head_dim + c * 16;
      acc[r][c] = tail < 16 ? V::LoadN(from, tail) : V::Load(from);
    }
  }
  MicroKernel<V, Mode, R, C>(p, p_stride, b, line_stride, lines, acc, ahead);
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) {
      float* to = out + r * t.pool.head_dim + c * 16;
      if (tail < 16) {
        V::StoreN(to, acc[r][c], tail);
      } else {
        V::Store(to, acc[r][c]);
      }
    }
  }
}

template <class V, class Mode>
QJ_INLINE void Values(const cpu::AttentionTask& t, const char* probabilities, int64_t p_stride,
                      int64_t first_key, const char* values, int64_t num_keys, int64_t ahead) {
  constexpr int kRows = Mode::template kRows<V>, kCols = Mode::template kCols<V>;
  const int64_t line_keys = t.pool.dtype == DType::kBFloat16 ? 2 : 1;
  const int64_t left = t.kv_len - first_key;  // slots past kv_len may hold anything
  const int64_t lines = ((num_keys < left ? num_keys : left) + line_keys - 1) / line_keys;
  const int64_t line_stride = t.pool.head_dim * 4;
  const int whole = static_cast<int>(t.pool.head_dim / 16);
  const char* p = probabilities + first_key % 64 * (t.q_is_bf16 ? 2 : 4);
  for (int32_t row = 0; row < t.rows; row += kRows) {
    const int rows = t.rows - row < kRows ? t.rows - row : kRows;
    WithCount<kRows>(rows, [&]<int R>() {
      for (int dim = 0; dim < whole; dim += kCols) {
        WithCount<kCols>(whole - dim < kCols ? whole - dim : kCols, [&]<int C>() {
          AddValues<V, Mode, R, C>(t, p + row * p_stride, p_stride, values + dim * 64, line_stride,
                                   lines, row, dim * 16, row == 0 ? ahead : 0);
        });
      }
      if (whole * 16 < t.pool.head_dim) {
        // The last dims: copied, since a whole line would reach past the page.
        char lines_copy[64 * 64] = {};
        const auto bytes = static_cast<size_t>(line_stride - whole * 64);
        for (int64_t i = 0; i < lines; ++i) {
          std::memcpy(lines_copy + i * 64, values + i * line_stride + whole * 64, bytes);
        }
        AddValues<V, Mode, R, 1>(t, p + row * p_stride, p_stride, lines_copy, 64, lines, row,
                                 whole * 16, 0);
      }
    });
  }
}

template <class V, class Mode>
QJ_INLINE void AttendBlock(const cpu::AttentionTask& t, const KeyBlock& block) {
  auto* scores = reinterpret_cast<float*>(t.scratch);
  char* probabilities = t.scratch + cpu::kMaxAttentionRows * 64 * 4;
  const int64_t p_stride = 64 * (t.q_is_bf16 ? 2 : 4);
  Scores<V, Mode>(t, block, scores);
  for (int32_t row = 0; row < t.rows; ++row) {
    const float factor =
        SoftmaxRow<V>(t, block, row, scores + row * 64, probabilities + row * p_stride);
    if (factor == 1.0f) continue;
    float* out = t.out + row * t.pool.head_dim;
    for (int64_t d = 0; d < t.pool.head_dim; d += 16) {
      const int count = t.pool.head_dim - d < 16 ? static_cast<int>(t.pool.head_dim - d) : 16;
      V::StoreN(out + d, V::Mul(V::LoadN(out + d, count), V::Set1(factor)), count);
    }
  }
  const int64_t group_bytes = (t.pool.dtype == DType::kBFloat16 ? 8 : 16) * t.pool.head_dim * 4;
  for (int g = 0; g < block.count;) {
    int end = g + 1;
    while (end < block.count && block.group[end] == block.group[end - 1] + 1 &&
           block.values[end] == block.values[end - 1] + group_bytes) {
      ++end;
    }
    Values<V, Mode>(t, probabilities, p_stride, block.first_key + block.group[g] * 16,
                    block.values[g], (end - g) * 16, block.to_next_keys);
    g = end;
  }
}

template <class V>
void AttentionSpanKernel(const cpu::AttentionTask& t) {
  for (int32_t row = 0; row < t.rows; ++row) {
    t.max[row] = -__builtin_inff();
    t.sum[row] = 0.0f;
  }
  std::memset(t.out, 0, sizeof(float) * static_cast<size_t>(t.rows * t.pool.head_dim));
  int64_t last_page = -1;
  for (int64_t key = t.key_begin; key < t.key_end; key += 64) {
    const KeyBlock block = FindGroups<V>(t, key, last_page);
    if (block.count == 0) continue;
    if (t.pool.dtype == DType::kFloat32) {
      AttendBlock<V, FloatMode>(t, block);
    } else if constexpr (V::kHasDot) {
      AttendBlock<V, DotMode>(t, block);
    } else {
      AttendBlock<V, WidenMode>(t, block);
    }
  }
}

}  // namespace
}  // namespace qwenjet::ops::simd
