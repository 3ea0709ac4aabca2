// SPDX-License-Identifier: Apache-2.0
// Operator swiglu: the gated activation of the feed-forward layer.
//
// Formula:  y[t, i] = silu(g[t, i]) * u[t, i],  silu(z) = z / (1 + exp(-z)),
//           g = gate_up[:, 0 .. I), u = gate_up[:, I .. 2 I)
// Source:   Shazeer, arXiv 2002.05202; spec Qwen3 dense, section 3.
// Tensors:  gate_up  float32 [T, 2 I]   output of the fused gate and up projection
//           y        float32 or bf16 [T, I]
// Aliasing: none.
// Ranges:   any values; silu saturates to 0 and z. T may be 0.
// Rounding: float32; exp within 2 ulp; one rounding at a bf16 output.
// Determinism: bitwise, element by element, for a given path.
// Errors:   kInvalidArgument for shapes; kUnsupported where the backend lacks the operator.
// Cost:     T * I * (8 + output) bytes.
#pragma once

#include "layout/tensor_view.h"
#include "ops/backend.h"

namespace qwenjet::ops {

struct SwigluArgs {
  layout::ConstMatrix gate_up;
  layout::Matrix y;
};

Status Swiglu(Backend& backend, const SwigluArgs& args);

}  // namespace qwenjet::ops
