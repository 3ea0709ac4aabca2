// SPDX-License-Identifier: Apache-2.0
// Operator linear: a matrix product with a weight in the tile layout, gated if asked.
//
// Formula:  p[t, n] = sum_k x[t, k] * w[n, k] + bias[n];  y = p, or swiglu(p) (ops/swiglu/swiglu.h)
// Source:   spec Qwen3 dense, section 3 (weights are [out, in]).
// Tensors:  x     float32 or bf16 [T, K]
//           w     bf16 or float32 [N, K] in the tile layout (layout/tiled_weight.h)
//           bias  float32 [N], or null
//           y     float32 or bf16 [T, N], gated [T, N / 2]
//           ungated  float32 [T, N], only for a gated y: memory that holds p where the path does
//           not
//                 gate as it goes (amx, with tiles, does); its content afterwards is unspecified
// Aliasing: none.
// Ranges:   any T, N, K >= 0; K = 0 gives the bias.
// Accumulation: float32 in ascending k. With bf16 x and bf16 w, paths that have a bf16 dot
//           instruction (avx512-bf16, amx) add products of two neighbouring k at a time and take
//           denormals as zero; the others convert exactly and use fused multiply-add. A float32 x
//           is never rounded.
// Determinism: bitwise from run to run, for any number of threads. A row's bits do not depend on
//           T or on the other rows, except on amx with bf16 x and w, where calls with T <= 4 use
//           the avx512-bf16 kernel and larger ones tiles.
// Errors:   kInvalidArgument for shapes; kUnsupported where the backend lacks the operator;
//           kOutOfHostMemory when scratch cannot grow.
// Cost:     2 T N K FLOP; the weight is read once for every 6 rows, once in all where it fits the
//           second-level cache.
#pragma once

#include "layout/tensor_view.h"
#include "layout/tiled_weight.h"
#include "ops/backend.h"

namespace qwenjet::ops {

struct LinearArgs {
  layout::ConstMatrix x;
  layout::TiledWeight w;
  const float* bias = nullptr;
  layout::Matrix y;
  layout::Matrix ungated = {};  // data null: y is not gated
};

Status Linear(Backend& backend, const LinearArgs& args);

}  // namespace qwenjet::ops
