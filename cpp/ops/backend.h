// SPDX-License-Identifier: Apache-2.0
// ops: what an operator runs on. A backend owns its threads and scratch memory and names the table
// of operators that it implements; an entry that is null is unsupported and says so.
#pragma once

#include <memory>

#include "base/arena.h"
#include "base/cpu_features.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "ops/op_table.h"

namespace qwenjet::ops {

namespace cpu {
struct CpuKernels;
}

// Whether a path runs its instructions or, in tests on machines that lack them, their portable
// bodies (portable, avx512-vnni, avx512-bf16 and amx have such bodies).
enum class CpuBodies { kNative, kPortable };

class Backend {
 public:
  // The CPU backend on one instruction-set path. kUnsupported, naming the path, where the machine
  // lacks it.
  static Result<std::unique_ptr<Backend>> CreateCpu(Isa isa, int num_threads,
                                                    CpuBodies bodies = CpuBodies::kNative);

  const OpTable& table() const { return *table_; }
  Isa isa() const { return isa_; }
  const cpu::CpuKernels& kernels() const { return *kernels_; }
  ThreadPool& threads() { return *threads_; }
  // Scratch memory of an operator: valid until the next operator asks for it. nullptr when host
  // memory is exhausted. Grows, never shrinks.
  std::byte* Scratch(int64_t size_bytes) { return scratch_.Reserve(size_bytes); }
  int64_t scratch_bytes() const { return scratch_.size_bytes(); }

 private:
  Backend(Isa isa, const OpTable* table, const cpu::CpuKernels* kernels)
      : isa_(isa), table_(table), kernels_(kernels) {}

  Isa isa_;
  const OpTable* table_;
  const cpu::CpuKernels* kernels_;
  std::unique_ptr<ThreadPool> threads_;
  GrowingBuffer scratch_;
};

}  // namespace qwenjet::ops
