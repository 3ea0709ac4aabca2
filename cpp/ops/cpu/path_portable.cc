// SPDX-License-Identifier: Apache-2.0
// cpu: the paths in portable code: the one for any processor, and the logic of the int8-dot, the
// bf16-dot and the tile path with portable bodies of their instructions.
#include "ops/attention/tile_attention.h"
#include "ops/cpu/fill_kernels.h"
#include "ops/linear/tile_kernel.h"
#include "ops/simd/int8_portable.h"
#include "ops/simd/tile_portable.h"

namespace qwenjet::ops::cpu {

const CpuKernels& PortableKernels() {
  static const CpuKernels kernels = FillKernels<simd::PortableVec>(Isa::kPortable);
  return kernels;
}

const CpuKernels& PortableVnniKernels() {
  static const CpuKernels kernels = FillKernels<simd::PortableVnniVec>(Isa::kAvx512Vnni);
  return kernels;
}

const CpuKernels& PortableDotKernels() {
  static const CpuKernels kernels = FillKernels<simd::PortableDotVec>(Isa::kAvx512Bf16);
  return kernels;
}

const CpuKernels& PortableTileKernels() {
  static const CpuKernels kernels = [] {
    CpuKernels k = FillKernels<simd::PortableDotVec>(Isa::kAmx);
    simd::AddTiles<simd::PortableTiles, simd::PortableDotVec>(k);
    simd::AddAttentionTiles<simd::PortableTiles, simd::PortableDotVec>(k);
    return k;
  }();
  return kernels;
}

}  // namespace qwenjet::ops::cpu
