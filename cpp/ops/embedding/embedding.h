// SPDX-License-Identifier: Apache-2.0
// Operator embedding: rows of the embedding matrix.
//
// Formula:  y[t, :] = E[token_ids[t], :]; of a quantised table E = scale * (code - zero) or
//           scale * code + minimum, computed in float32 in that order, and its column c goes to
//           column p(c) of y, p being the table's permutation or the identity
// Source:   spec Qwen3 dense, section 3 (no scaling, no position term).
// Tensors:  table      bf16 or float32 [vocab_size, hidden_size] in the tile layout (shared with a
//                      tied head, hence not row-major)
//           quantised  the table in the quantised layout, instead (layout/quant_weight.h)
//           token_ids  int32 [T]
//           y          float32 or bf16 [T, hidden_size]
// Aliasing: none.
// Ranges:   0 <= token_ids[t] < vocab_size; T may be 0.
// Rounding: exact, except float32 table to bf16 output (round to nearest even); of a quantised
//           table each product and sum once, and bf16 output once more.
// Determinism: bitwise.
// Errors:   kInvalidArgument for shapes, ids, and the scheme and permutation of a quantised table;
//           kUnsupported where the backend lacks the operator.
// Cost:     T * hidden_size * (table + output) bytes.
#pragma once

#include "layout/quant_weight.h"
#include "layout/tensor_view.h"
#include "layout/tiled_weight.h"
#include "ops/backend.h"

namespace qwenjet::ops {

struct EmbeddingArgs {
  layout::TiledWeight table;
  const int32_t* token_ids = nullptr;
  layout::Matrix y;
  const layout::QuantWeight* quantised = nullptr;  // if not null, `table` is not looked at
};

// Blocks until y is written. The caller owns all memory; one call at a time on a backend.
Status Embedding(Backend& backend, const EmbeddingArgs& args);

}  // namespace qwenjet::ops
