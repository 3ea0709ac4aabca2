// SPDX-License-Identifier: Apache-2.0
// model: a product with a matrix of the graph, whatever its segments are.
#pragma once

#include "layout/tensor_view.h"
#include "model/held_matrix.h"
#include "ops/backend.h"
#include "ops/linear_quant/linear_quant.h"

namespace qwenjet::model {

// y[:, n] = sum_k x[:, k] w[n, k] + bias[n]; every segment writes its range of columns. bias is
// [w.rows] or null. Contract otherwise as operators linear and linear_quant.
Status Project(ops::Backend& backend, const layout::ConstMatrix& x, const HeldMatrix& w,
               const float* bias, ops::Activations activations, const layout::Matrix& y);

// y = swiglu of such a product, of which the first half of w's rows are the gates. ungated is
// float32 [rows of x, w.rows], memory of unspecified content afterwards.
Status ProjectGated(ops::Backend& backend, const layout::ConstMatrix& x, const HeldMatrix& w,
                    const float* bias, ops::Activations activations, const layout::Matrix& ungated,
                    const layout::Matrix& y);

// Rows of an embedding, which is one segment.
Status Embed(ops::Backend& backend, const HeldMatrix& table, const int32_t* token_ids,
             const layout::Matrix& y);

}  // namespace qwenjet::model
