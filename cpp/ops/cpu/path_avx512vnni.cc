// SPDX-License-Identifier: Apache-2.0
// cpu: the avx512-vnni path; compiled with its instruction set.
#if defined(__x86_64__)
#include "ops/cpu/fill_kernels.h"
#include "ops/simd/vec_avx512.h"

namespace qwenjet::ops::cpu {

const CpuKernels& Avx512VnniKernels() {
  static const CpuKernels kernels = FillKernels<simd::Avx512Vec>(Isa::kAvx512Vnni);
  return kernels;
}

}  // namespace qwenjet::ops::cpu
#endif
