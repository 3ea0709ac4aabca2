// SPDX-License-Identifier: Apache-2.0
// rms_norm on the CPU: rows are independent; eight a task keep the counter quiet.
#include <algorithm>

#include "ops/cpu/cpu_backend.h"
#include "ops/rms_norm/rms_norm.h"

namespace qwenjet::ops::cpu {

Status RmsNormCpu(Backend& backend, const RmsNormArgs& args) {
  constexpr int64_t kRowsPerTask = 8;
  const CpuKernels& kernels = KernelsOf(backend);
  const int64_t rows = args.x.rows;
  backend.threads().Parallel((rows + kRowsPerTask - 1) / kRowsPerTask, [&](int64_t task, int) {
    const int64_t end = std::min(rows, (task + 1) * kRowsPerTask);
    for (int64_t row = task * kRowsPerTask; row < end; ++row) {
      kernels.rms_norm({
          .x = reinterpret_cast<float*>(args.x.Row(row)),
          .delta = args.delta.data == nullptr ? nullptr
                                              : reinterpret_cast<const float*>(args.delta.Row(row)),
          .weight = args.weight,
          .eps = args.eps,
          .size = args.x.cols,
          .y = args.y.Row(row),
          .y_dtype = args.y.dtype,
      });
    }
  });
  return OkStatus();
}

}  // namespace qwenjet::ops::cpu
