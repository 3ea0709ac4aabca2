// SPDX-License-Identifier: Apache-2.0
// Operator rms_norm: root-mean-square normalisation, optionally after a residual addition.
//
// Formula:  x[t, :] += delta[t, :]                       (only if delta.data is not null; x is
// written)
//           y[t, i] = x[t, i] / sqrt(mean_i(x[t, i]^2) + eps) * weight[i]
// Source:   Zhang and Sennrich, arXiv 1910.07467; spec Qwen3 dense, section 3.
// Tensors:  x       float32 [T, H]   the residual stream
//           delta   float32 [T, H]   or absent
//           weight  float32 [H]
//           y       float32 or bf16 [T, H]
// Aliasing: y may be x where both are float32.
// Ranges:   eps >= 0; T may be 0.
// Rounding: float32 throughout, one rounding at a bf16 output (the reference rounds twice).
// Determinism: bitwise, independent of T and of the other rows, for a given path.
// Errors:   kInvalidArgument for shapes; kUnsupported where the backend lacks the operator.
// Cost:     T * H * 4 bytes per float32 matrix touched; 4 T H FLOP.
#pragma once

#include "layout/tensor_view.h"
#include "ops/backend.h"

namespace qwenjet::ops {

struct RmsNormArgs {
  layout::Matrix x;
  layout::ConstMatrix delta;
  const float* weight = nullptr;
  float eps = 0.0f;
  layout::Matrix y;
};

Status RmsNorm(Backend& backend, const RmsNormArgs& args);

}  // namespace qwenjet::ops
