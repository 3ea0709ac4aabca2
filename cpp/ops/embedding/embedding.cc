// SPDX-License-Identifier: Apache-2.0
#include "ops/embedding/embedding.h"

#include "base/check.h"
#include "ops/validate.h"

namespace qwenjet::ops {

Status Embedding(Backend& backend, const EmbeddingArgs& args) {
  QJ_RETURN_IF_ERROR(CheckWeight("embedding: table", args.table));
  QJ_RETURN_IF_ERROR(CheckMatrix("embedding: y", args.y));
  QJ_RETURN_IF_ERROR(CheckEqual("embedding: y.cols (hidden_size)", args.table.k, args.y.cols));
  if (args.y.rows == 0) return OkStatus();
  QJ_RETURN_IF_ERROR(CheckPointer("embedding: token_ids", args.token_ids));
  for (int64_t t = 0; t < args.y.rows; ++t) {
    if (args.token_ids[t] < 0 || args.token_ids[t] >= args.table.n) {
      return Error(StatusCode::kInvalidArgument, "embedding: token_ids[", t, "]: expected 0 to ",
                   args.table.n - 1, ", got ", args.token_ids[t]);
    }
  }
  if (backend.table().embedding == nullptr) return Unsupported("embedding");
  return backend.table().embedding(backend, args);
}

}  // namespace qwenjet::ops
