// SPDX-License-Identifier: Apache-2.0
// Operator linear_quant: a matrix product with a quantised weight of 4, 5, 6 or 8 bits, gated if
// asked as operator linear's.
//
// Formula:  p[t, n] = sum_k x[t, p(k)] * w[n, k] + bias[n],  w = scale * (code - zero), or
//           scale * code + minimum; p is the weight's permutation of columns, or the identity.
//           With int8 activations x is replaced, for each row and group of columns, by
//           a = s * round(x / s), s = max|x| / 127 over the group, cut to 16 significant bits
//           (round half to even; x / s as x times the rounded 1 / s; a group of zeros stays zero).
//           With int16 ones by a + b, b being the same of x - a with the scale s / 254, cut
//           likewise.
// Source:   spec quant-formats, sections 2 to 6; activations: section 4 (dynamic, per group).
// Tensors:  x     float32 or bf16 [T, K]
//           w     layout/quant_weight.h, [N, K]
//           bias  float32 [N], or null
//           y, ungated  as operator linear's
// Aliasing: none.
// Ranges:   any T, N, K >= 0; K = 0 gives the bias. NaN or infinity in x makes its row NaN or
//           infinite. Quantised, a group whose max|x| is below 2^-119 counts as zeros, b is zero
//           where s is below 2^-118, and |x| from 2^110 on may count as infinite.
// Accumulation: quantised activations: int32 within a group, exact; float32 over groups in
//           ascending order; the sums of a and of b are added at the end. Exact activations: w is
//           dequantised in panels, to float32, or to bf16 (round to nearest even) where x is bf16
//           and the path multiplies bf16 pairs (avx512-bf16, amx); then as operator linear. On amx
//           with many rows x is rounded to bf16 and w dequantised instead of quantising x.
// Determinism: bitwise from run to run, for any number of threads. A row's bits do not depend on T
//           or on the other rows, except on amx with quantised activations, where calls with few
//           rows quantise x and larger ones dequantise w (kMinTileRows in linear_quant_cpu.cc).
// Errors:   kInvalidArgument for shapes, schemes and permutations; kUnsupported where the backend
//           lacks the operator; kOutOfHostMemory when scratch cannot grow.
// Cost:     2 T N K FLOP, integer ones twice with int16; the weight's bytes are read once where it
// fits the second-level cache.
#pragma once

#include "layout/quant_weight.h"
#include "layout/tensor_view.h"
#include "ops/backend.h"

namespace qwenjet::ops {

enum class Activations : int32_t {
  kInt8,
  kInt16,  // as two terms of 8 bits
  kExact   // x as it is
};

struct LinearQuantArgs {
  layout::ConstMatrix x;
  layout::QuantWeight w;
  const float* bias = nullptr;
  layout::Matrix y;
  Activations activations = Activations::kInt8;
  layout::Matrix ungated = {};  // data null: y is not gated
};

// Blocks until y is written. The caller owns all memory; one call at a time on a backend.
Status LinearQuant(Backend& backend, const LinearQuantArgs& args);

}  // namespace qwenjet::ops
