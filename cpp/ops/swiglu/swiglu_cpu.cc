// SPDX-License-Identifier: Apache-2.0
// swiglu on the CPU: stretches of a row of at most 1,024 elements, so that a single token is shared
// among the threads too.
#include <algorithm>

#include "ops/cpu/cpu_backend.h"
#include "ops/swiglu/swiglu.h"

namespace qwenjet::ops::cpu {

Status SwigluCpu(Backend& backend, const SwigluArgs& args) {
  constexpr int64_t kStretch = 1024;
  const CpuKernels& kernels = KernelsOf(backend);
  const int64_t cols = args.y.cols, stretches = (cols + kStretch - 1) / kStretch;
  backend.threads().Parallel(args.y.rows * stretches, [&](int64_t task, int) {
    const int64_t row = task / stretches, begin = task % stretches * kStretch;
    const auto* gate = reinterpret_cast<const float*>(args.gate_up.Row(row)) + begin;
    kernels.swiglu({
        .gate = gate,
        .up = gate + cols,
        .size = std::min(kStretch, cols - begin),
        .y = args.y.Row(row) + begin * static_cast<int64_t>(SizeOf(args.y.dtype)),
        .y_dtype = args.y.dtype,
    });
  });
  return OkStatus();
}

}  // namespace qwenjet::ops::cpu
