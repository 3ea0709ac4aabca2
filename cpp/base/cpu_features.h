// SPDX-License-Identifier: Apache-2.0
// base: which instruction-set paths this machine and operating system can run.
#pragma once

#include <cstdint>

namespace qwenjet {

// Each path includes the ones before it. The values are those of qj_isa.
enum class Isa : int32_t {
  kPortable = 0,
  kAvx2 = 1,    // with FMA and F16C
  kAvx512 = 2,  // F, BW, VL, DQ
  kAvx512Vnni = 3,
  kAvx512Bf16 = 4,
  kAmx = 5,  // TILE, BF16, INT8
};
inline constexpr int32_t kNumIsas = 6;

// "avx512-bf16"
const char* IsaName(Isa isa);
// Asks cpuid, the saved-state mask (xgetbv) and, for AMX, the kernel's permission to use tiles,
// which covers every thread of the process. Answers are cached.
bool IsaSupported(Isa isa);
// The last path that is supported.
Isa WidestIsa();
// The fastest one, which "auto" stands for. Intel's processors multiply pairs of bf16 at half the
// rate of widened floats, so that those without AMX take avx512-vnni. (Family 6 model 207, one
// thread: 84 against 168 GFLOP/s; Qwen3-0.6B in bf16, prefill of 512: 158 against 222 tokens/s.)
Isa BestIsa();

// Of one core; 1 MB where the system does not say.
int64_t SecondLevelCacheBytes();

}  // namespace qwenjet
