// SPDX-License-Identifier: Apache-2.0
#include "ops/embedding/embedding.h"

#include "base/check.h"
#include "ops/validate.h"

namespace qwenjet::ops {

Status Embedding(Backend& backend, const EmbeddingArgs& args) {
  const layout::QuantWeight* quantised = args.quantised;
  const int64_t vocab_size = quantised != nullptr ? quantised->n : args.table.n;
  const int64_t hidden_size = quantised != nullptr ? quantised->k : args.table.k;
  if (quantised != nullptr) {
    QJ_RETURN_IF_ERROR(CheckQuantWeight("embedding: quantised", *quantised));
  } else {
    QJ_RETURN_IF_ERROR(CheckWeight("embedding: table", args.table));
  }
  QJ_RETURN_IF_ERROR(CheckMatrix("embedding: y", args.y));
  QJ_RETURN_IF_ERROR(CheckEqual("embedding: y.cols (hidden_size)", hidden_size, args.y.cols));
  if (args.y.rows == 0) return OkStatus();
  QJ_RETURN_IF_ERROR(CheckPointer("embedding: token_ids", args.token_ids));
  for (int64_t t = 0; t < args.y.rows; ++t) {
    if (args.token_ids[t] < 0 || args.token_ids[t] >= vocab_size) {
      return Error(StatusCode::kInvalidArgument, "embedding: token_ids[", t, "]: expected 0 to ",
                   vocab_size - 1, ", got ", args.token_ids[t]);
    }
  }
  if (backend.table().embedding == nullptr) return Unsupported("embedding");
  return backend.table().embedding(backend, args);
}

}  // namespace qwenjet::ops
