// SPDX-License-Identifier: Apache-2.0
// quantize: activation-aware scaling. Columns of a weight that meet large activations are
// multiplied before rounding, and what produces those activations is divided by the same, which
// changes nothing but the rounding errors: W x = (W diag(s)) (x / s). Source: Lin et al., arXiv
// 2306.00978 (AWQ), section 3.2; s = rms(x)^ratio, the ratio by search. The loss of a ratio is that
// of the outputs over the whole calibration text, trace(D H D^T), on a sample of rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/quantize/hessian.h"
#include "model/quantize/rounding.h"
#include "ops/backend.h"

namespace qwenjet::model::quantize {

struct ScalingProblem {
  std::vector<const FloatMatrix*> weights;  // that take the same input, [*, K]
  const Hessian* inputs = nullptr;
  // Producer of each column: columns of one producer share its scale. Empty: one a column.
  std::span<const int32_t> producers;
  int64_t num_producers = 0;  // K where producers is empty
};

// A scale a producer; all ones where no ratio is better. kOutOfHostMemory when memory runs out.
Result<std::vector<float>> SearchScaling(ops::Backend& backend, const ScalingProblem& problem,
                                         const Scheme& scheme);

// Columns times the scales of their producers.
void ScaleColumns(FloatMatrix& w, std::span<const float> scales);
// Rows divided by scales.
void DivideRows(FloatMatrix& w, std::span<const float> scales);
// A norm's weight divided by scales and rounded as it will be stored; scales become the exact
// ratios, so that the division is exact whatever the rounding.
void DivideNorm(std::vector<float>& norm, format::TensorEncoding encoding,
                std::vector<float>& scales);

}  // namespace qwenjet::model::quantize
