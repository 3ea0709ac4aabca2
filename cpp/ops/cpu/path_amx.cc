// SPDX-License-Identifier: Apache-2.0
// cpu: the amx path; compiled with its instruction set. Products of few rows and everything but
// linear and attention run on the vectors of avx512-bf16.
#if defined(__x86_64__)
#include "ops/attention/tile_attention.h"
#include "ops/cpu/fill_kernels.h"
#include "ops/linear/tile_kernel.h"
#include "ops/simd/tile_amx.h"
#include "ops/simd/vec_avx512.h"

namespace qwenjet::ops::cpu {

const CpuKernels& AmxKernels() {
  static const CpuKernels kernels = [] {
    CpuKernels k = FillKernels<simd::Avx512DotVec>(Isa::kAmx);
    simd::AddTiles<simd::AmxTiles, simd::Avx512DotVec>(k);
    simd::AddAttentionTiles<simd::AmxTiles, simd::Avx512DotVec>(k);
    return k;
  }();
  return kernels;
}

}  // namespace qwenjet::ops::cpu
#endif
