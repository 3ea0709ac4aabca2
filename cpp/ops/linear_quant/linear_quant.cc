// SPDX-License-Identifier: Apache-2.0
#include "ops/linear_quant/linear_quant.h"

#include "base/check.h"
#include "ops/validate.h"

namespace qwenjet::ops {

Status LinearQuant(Backend& backend, const LinearQuantArgs& args) {
  QJ_RETURN_IF_ERROR(CheckMatrix("linear_quant: x", args.x));
  QJ_RETURN_IF_ERROR(CheckMatrix("linear_quant: y", args.y));
  QJ_RETURN_IF_ERROR(CheckEqual("linear_quant: x.cols (K of w)", args.w.k, args.x.cols));
  QJ_RETURN_IF_ERROR(CheckEqual("linear_quant: y.rows (rows of x)", args.x.rows, args.y.rows));
  QJ_RETURN_IF_ERROR(CheckOutputs("linear_quant", args.w.n, args.y, args.ungated));
  QJ_RETURN_IF_ERROR(CheckQuantWeight("linear_quant: w", args.w));
  if (args.x.rows == 0 || args.w.n == 0) return OkStatus();
  if (backend.table().linear_quant == nullptr) return Unsupported("linear_quant");
  return backend.table().linear_quant(backend, args);
}

}  // namespace qwenjet::ops
