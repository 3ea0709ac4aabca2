// SPDX-License-Identifier: Apache-2.0
// cpu: the operators of the CPU backend (each in <op>/<op>_cpu.cc) and what they share.
#pragma once

#include "ops/backend.h"
#include "ops/cpu/cpu_kernels.h"

namespace qwenjet::ops::cpu {

Status EmbeddingCpu(Backend& backend, const EmbeddingArgs& args);
Status RmsNormCpu(Backend& backend, const RmsNormArgs& args);
Status LinearCpu(Backend& backend, const LinearArgs& args);
Status LinearQuantCpu(Backend& backend, const LinearQuantArgs& args);
Status RopeKvWriteCpu(Backend& backend, const RopeKvWriteArgs& args);
Status AttentionCpu(Backend& backend, const AttentionArgs& args);
Status SwigluCpu(Backend& backend, const SwigluArgs& args);
Status LogitsTopkCpu(Backend& backend, const LogitsTopkArgs& args);

inline const CpuKernels& KernelsOf(const Backend& backend) { return backend.kernels(); }

inline Status OutOfScratch(const char* op) {
  return Error(StatusCode::kOutOfHostMemory, op, ": scratch memory could not grow");
}

}  // namespace qwenjet::ops::cpu
