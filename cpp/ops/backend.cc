// SPDX-License-Identifier: Apache-2.0
#include "ops/backend.h"

#include "base/check.h"
#include "ops/cpu/cpu_backend.h"

namespace qwenjet::ops {
namespace {

constexpr OpTable kCpuTable = {
    .embedding = cpu::EmbeddingCpu,
    .rms_norm = cpu::RmsNormCpu,
    .linear = cpu::LinearCpu,
    .linear_quant = cpu::LinearQuantCpu,
    .rope_kv_write = cpu::RopeKvWriteCpu,
    .attention = cpu::AttentionCpu,
    .swiglu = cpu::SwigluCpu,
    .logits_topk = cpu::LogitsTopkCpu,
};

const cpu::CpuKernels* NativeKernels(Isa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case Isa::kPortable:
      return &cpu::PortableKernels();
    case Isa::kAvx2:
      return &cpu::Avx2Kernels();
    case Isa::kAvx512:
      return &cpu::Avx512Kernels();
    case Isa::kAvx512Vnni:
      return &cpu::Avx512VnniKernels();
    case Isa::kAvx512Bf16:
      return &cpu::Avx512Bf16Kernels();
    case Isa::kAmx:
      return &cpu::AmxKernels();
  }
#endif
  return isa == Isa::kPortable ? &cpu::PortableKernels() : nullptr;
}

const cpu::CpuKernels* PortableBodies(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return &cpu::PortableKernels();
    case Isa::kAvx512Vnni:
      return &cpu::PortableVnniKernels();
    case Isa::kAvx512Bf16:
      return &cpu::PortableDotKernels();
    case Isa::kAmx:
      return &cpu::PortableTileKernels();
    default:
      return nullptr;
  }
}

}  // namespace

Result<std::unique_ptr<Backend>> Backend::CreateCpu(Isa isa, int num_threads, CpuBodies bodies) {
  if (bodies == CpuBodies::kNative && !IsaSupported(isa)) {
    return Error(StatusCode::kUnsupported, "isa: this machine cannot run ", IsaName(isa),
                 "; the widest path it has is ", IsaName(WidestIsa()));
  }
  const cpu::CpuKernels* kernels =
      bodies == CpuBodies::kNative ? NativeKernels(isa) : PortableBodies(isa);
  if (kernels == nullptr) {
    return Error(StatusCode::kUnsupported, "isa: ", IsaName(isa), " has no portable body");
  }
  QJ_ASSIGN_OR_RETURN(auto threads, ThreadPool::Create(num_threads));
  std::unique_ptr<Backend> backend(new Backend(isa, &kCpuTable, kernels));
  backend->threads_ = std::move(threads);
  return backend;
}

}  // namespace qwenjet::ops
