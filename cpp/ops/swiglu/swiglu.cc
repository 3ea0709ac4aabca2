// SPDX-License-Identifier: Apache-2.0
#include "ops/swiglu/swiglu.h"

#include "base/check.h"
#include "ops/validate.h"

namespace qwenjet::ops {

Status Swiglu(Backend& backend, const SwigluArgs& args) {
  QJ_RETURN_IF_ERROR(CheckMatrix("swiglu: gate_up", args.gate_up));
  QJ_RETURN_IF_ERROR(CheckMatrix("swiglu: y", args.y));
  QJ_RETURN_IF_ERROR(CheckDType("swiglu: gate_up", DType::kFloat32, args.gate_up.dtype));
  QJ_RETURN_IF_ERROR(
      CheckEqual("swiglu: y.rows (rows of gate_up)", args.gate_up.rows, args.y.rows));
  QJ_RETURN_IF_ERROR(
      CheckEqual("swiglu: gate_up.cols (twice y.cols)", 2 * args.y.cols, args.gate_up.cols));
  if (args.y.rows == 0 || args.y.cols == 0) return OkStatus();
  if (backend.table().swiglu == nullptr) return Unsupported("swiglu");
  return backend.table().swiglu(backend, args);
}

}  // namespace qwenjet::ops
