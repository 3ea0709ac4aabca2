// SPDX-License-Identifier: Apache-2.0
// cpu: the avx2 path; compiled with its instruction set.
#if defined(__x86_64__)
#include "ops/cpu/fill_kernels.h"
#include "ops/simd/vec_avx2.h"

namespace qwenjet::ops::cpu {

const CpuKernels& Avx2Kernels() {
  static const CpuKernels kernels = FillKernels<simd::Avx2Vec>(Isa::kAvx2);
  return kernels;
}

}  // namespace qwenjet::ops::cpu
#endif
