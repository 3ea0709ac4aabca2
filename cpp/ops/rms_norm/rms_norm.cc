// SPDX-License-Identifier: Apache-2.0
#include "ops/rms_norm/rms_norm.h"

#include "base/check.h"
#include "ops/validate.h"

namespace qwenjet::ops {

Status RmsNorm(Backend& backend, const RmsNormArgs& args) {
  QJ_RETURN_IF_ERROR(CheckMatrix("rms_norm: x", args.x));
  QJ_RETURN_IF_ERROR(CheckMatrix("rms_norm: y", args.y));
  QJ_RETURN_IF_ERROR(CheckDType("rms_norm: x", DType::kFloat32, args.x.dtype));
  QJ_RETURN_IF_ERROR(CheckEqual("rms_norm: y.rows (rows of x)", args.x.rows, args.y.rows));
  QJ_RETURN_IF_ERROR(CheckEqual("rms_norm: y.cols (cols of x)", args.x.cols, args.y.cols));
  if (args.delta.data != nullptr) {
    QJ_RETURN_IF_ERROR(CheckMatrix("rms_norm: delta", args.delta));
    QJ_RETURN_IF_ERROR(CheckDType("rms_norm: delta", DType::kFloat32, args.delta.dtype));
    QJ_RETURN_IF_ERROR(
        CheckEqual("rms_norm: delta.rows (rows of x)", args.x.rows, args.delta.rows));
    QJ_RETURN_IF_ERROR(
        CheckEqual("rms_norm: delta.cols (cols of x)", args.x.cols, args.delta.cols));
  }
  if (!(args.eps >= 0.0f)) {
    return Error(StatusCode::kInvalidArgument, "rms_norm: eps: expected >= 0, got ", args.eps);
  }
  if (args.x.rows == 0 || args.x.cols == 0) return OkStatus();
  QJ_RETURN_IF_ERROR(CheckPointer("rms_norm: weight", args.weight));
  if (backend.table().rms_norm == nullptr) return Unsupported("rms_norm");
  return backend.table().rms_norm(backend, args);
}

}  // namespace qwenjet::ops
