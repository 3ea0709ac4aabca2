// SPDX-License-Identifier: Apache-2.0
// cpu: the avx512bf16 path; compiled with its instruction set.
#if defined(__x86_64__)
#include "ops/cpu/fill_kernels.h"
#include "ops/simd/vec_avx512.h"

namespace qwenjet::ops::cpu {

const CpuKernels& Avx512Bf16Kernels() {
  static const CpuKernels kernels = FillKernels<simd::Avx512DotVec>(Isa::kAvx512Bf16);
  return kernels;
}

}  // namespace qwenjet::ops::cpu
#endif
