// SPDX-License-Identifier: Apache-2.0
// quantize: one layer by one method: scaling, choice of scales, rounding.
#pragma once

#include <array>
#include <atomic>
#include <functional>

#include "model/config.h"
#include "model/quantize/gptq.h"
#include "model/quantize/layer_tensors.h"
#include "model/quantize/quantizer.h"

namespace qwenjet::model::quantize {

using LayerHessians = std::array<Hessian, kNumInputs>;

struct LayerProblem {
  const ModelConfig* config = nullptr;
  const LayerHessians* hessians = nullptr;  // null: no calibration text
  // Number formats of the stored tensors.
  std::array<format::TensorEncoding, kNumMatrices> encodings = {};
  format::TensorEncoding input_norm_encoding = format::TensorEncoding::kBF16;
  format::TensorEncoding post_attention_norm_encoding = format::TensorEncoding::kBF16;
};

// Receives the codes of every matrix, in the order of kMatrices.
using CodesSink = std::function<Status(Matrix, const Codes&, const Scheme&)>;

// The layer becomes what was written: dequantised matrices, and norms as they are to be stored.
Status QuantizeLayer(ops::Backend& backend, const Method& method, const Scheme& scheme,
                     const LayerProblem& problem, const CodesSink& sink,
                     const std::atomic<bool>* cancelled, LayerTensors& layer);

}  // namespace qwenjet::model::quantize
