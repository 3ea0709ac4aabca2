// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/linear.h"

#include "base/check.h"
#include "ops/validate.h"

namespace qwenjet::ops {

Status Linear(Backend& backend, const LinearArgs& args) {
  QJ_RETURN_IF_ERROR(CheckMatrix("linear: x", args.x));
  QJ_RETURN_IF_ERROR(CheckMatrix("linear: y", args.y));
  QJ_RETURN_IF_ERROR(CheckEqual("linear: x.cols (K of w)", args.w.k, args.x.cols));
  QJ_RETURN_IF_ERROR(CheckEqual("linear: y.rows (rows of x)", args.x.rows, args.y.rows));
  QJ_RETURN_IF_ERROR(CheckOutputs("linear", args.w.n, args.y, args.ungated));
  QJ_RETURN_IF_ERROR(CheckWeight("linear: w", args.w));
  if (args.x.rows == 0 || args.w.n == 0) return OkStatus();
  if (backend.table().linear == nullptr) return Unsupported("linear");
  return backend.table().linear(backend, args);
}

}  // namespace qwenjet::ops
