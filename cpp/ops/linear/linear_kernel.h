// SPDX-License-Identifier: Apache-2.0
// linear on vectors: one panel of up to 64 outputs for all rows. Few rows stream the panel once
// with all of k in registers. Many rows take k in stretches of 1024 (bf16), so that a stretch of
// the panel (128 KB) stays in the second-level cache while every row passes over it; partial sums
// wait in a float32 scratch, which changes no bit of the result. Measured on Zen 4, one thread, 512
// x 1024 x 4096: stretches of 64, 128, 256, 512, 1024 lines give 82, 86, 89, 92, 88 % of the
// bf16-dot rate; 8 x 3, 12 x 2 and 7 x 4 register blocks are 3 to 5 % slower than 6 x 4.
#pragma once

#include "ops/cpu/cpu_kernels.h"
#include "ops/simd/fetch.h"
#include "ops/simd/micro_kernel.h"

namespace qwenjet::ops::simd {
namespace {

inline constexpr int64_t kStretch = 512;

template <class V>
QJ_INLINE void StoreOutput(const cpu::LinearPanel& p, int64_t row, int block, typename V::F value) {
  const int begin = block * 16;
  const int count = p.num_cols - begin < 16 ? p.num_cols - begin : 16;
  if (p.bias != nullptr) {
    const auto bias = count == 16 ? V::Load(p.bias + begin) : V::LoadN(p.bias + begin, count);
    value = V::Add(value, bias);
  }
  char* y = p.y + row * p.y_stride_bytes;
  if (p.y_dtype == DType::kFloat32) {
    auto* out = reinterpret_cast<float*>(y) + begin;
    if (count == 16) {
      V::Store(out, value);
    } else {
      V::StoreN(out, value, count);
    }
    return;
  }
  char* out = y + begin * 2;
  if (count == 16) {
    V::StoreBf16(out, value);
  } else {
    char rounded[32];
    V::StoreBf16(rounded, value);
    std::memcpy(out, rounded, static_cast<size_t>(count) * 2);
  }
}

// Rows [row, row + R) and blocks [block, block + C), lines [line, line + lines).
template <class V, class Mode, int R, int C>
QJ_INLINE void PanelBlock(const cpu::LinearPanel& p, int64_t row, int block, int64_t line,
                          int64_t lines, bool first, bool last) {
  typename V::F acc[R][C];
  float* partial = p.partial + row * 64 + block * 16;
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) {
      acc[r][c] = first ? V::Zero() : V::Load(partial + r * 64 + c * 16);
    }
  }
  const char* b[C];
  for (int c = 0; c < C; ++c) b[c] = p.w + (block + c) * p.w_block_bytes + line * 64;
  constexpr int64_t kAhead = R == 1 && C == 1 ? kBf16Ahead : 0;  // a single row waits for memory
  MicroKernel<V, Mode, R, C>(p.x + row * p.x_stride_bytes + line * Mode::kABytesPerLine,
                             p.x_stride_bytes, b, 64, lines, acc, kAhead);
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) {
      if (last) {
        StoreOutput<V>(p, row + r, block + c, acc[r][c]);
      } else {
        V::Store(partial + r * 64 + c * 16, acc[r][c]);
      }
    }
  }
}

// All rows over lines [line, line + lines), kCols blocks at a time.
template <class V, class Mode, int kCols>
QJ_INLINE void PanelStretch(const cpu::LinearPanel& p, int64_t line, int64_t lines) {
  constexpr int kRows = Mode::template kRows<V>;
  const bool first = line == 0, last = line + lines == p.num_lines;
  for (int64_t row = 0; row < p.rows; row += kRows) {
    const int rows = static_cast<int>(p.rows - row < kRows ? p.rows - row : kRows);
    for (int block = 0; block < p.num_blocks; block += kCols) {
      const int cols = p.num_blocks - block < kCols ? p.num_blocks - block : kCols;
      WithCount<kRows>(rows, [&]<int R>() {
        WithCount<kCols>(cols, [&]<int C>() {
          PanelBlock<V, Mode, R, C>(p, row, block, line, lines, first, last);
        });
      });
    }
  }
}

template <class V, class Mode>
void Panel(const cpu::LinearPanel& p) {
  // One row takes one block after another: one stream, which the hardware prefetchers follow best
  // (one thread, Zen 4: 104 % of a plain read, against 85 % for four blocks side by side with
  // prefetches of our own). More rows are worth four blocks' worth of independent sums.
  if (p.rows == 1) return PanelStretch<V, Mode, 1>(p, 0, p.num_lines);
  if (p.rows <= Mode::template kRows<V> || p.num_lines == 0) {
    return PanelStretch<V, Mode, Mode::template kCols<V>>(p, 0, p.num_lines);
  }
  for (int64_t line = 0; line < p.num_lines; line += kStretch) {
    const int64_t lines = p.num_lines - line < kStretch ? p.num_lines - line : kStretch;
    PanelStretch<V, Mode, Mode::template kCols<V>>(p, line, lines);
  }
}

template <class V>
void LinearPanelKernel(const cpu::LinearPanel& p) {
  if (p.w_dtype == DType::kFloat32) return Panel<V, FloatMode>(p);
  if constexpr (V::kHasDot) {
    if (p.x_dtype == DType::kBFloat16) return Panel<V, DotMode>(p);
  }
  Panel<V, WidenMode>(p);
}

}  // namespace
}  // namespace qwenjet::ops::simd
