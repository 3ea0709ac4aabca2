// SPDX-License-Identifier: Apache-2.0
// base: which processor a worker thread stays on. Pools of one process share out the processors
// that the process may use: each worker takes the one that the fewest others hold, the highest
// number first, since callers tend to run on the low ones.
#pragma once

#include "base/status.h"

namespace qwenjet {

// A worker's hold on a processor; given back on destruction. Thread-safe against other holds.
class CpuPlacement {
 public:
  // Pins the calling thread. Leaves it free, cpu() = -1, where the process may use fewer processors
  // than `num_threads` (pinned threads would wait for each other) or the system cannot pin.
  explicit CpuPlacement(int num_threads);
  ~CpuPlacement();
  CpuPlacement(const CpuPlacement&) = delete;
  CpuPlacement& operator=(const CpuPlacement&) = delete;

  int cpu() const { return cpu_; }

 private:
  int cpu_ = -1;
};

}  // namespace qwenjet
