// SPDX-License-Identifier: Apache-2.0
// quantize: the embedding or the head, the only matrices that are larger than a layer: read,
// changed and tiled in slices of rows.
#pragma once

#include <functional>

#include "base/arena.h"
#include "format/checkpoint.h"
#include "model/quantize/layer_runner.h"
#include "model/quantize/rounding.h"

namespace qwenjet::model::quantize {

struct TokenTable {
  MemoryBlock memory;
  layout::TiledWeight tiled;  // bf16 [vocab_size, hidden_size]
};

// Changes rows from first_row on, for instance to what their codes stand for.
using RowChange = std::function<Status(int64_t first_row, FloatMatrix& rows)>;

// Calls change for every slice of the tensor, in order.
Status VisitRows(const format::Checkpoint& checkpoint, const format::TensorInfo& tensor,
                 const RowChange& change);

// The tensor in bf16, changed unless change is empty.
Result<TokenTable> LoadTable(const format::Checkpoint& checkpoint, const format::TensorInfo& tensor,
                             const RowChange& change, ThreadPool& threads);

// The residual stream that the sequences start with. kInvalidArgument for ids outside.
Result<Residual> Embed(ops::Backend& backend, const TokenTable& table, const Sequences& sequences);

}  // namespace qwenjet::model::quantize
