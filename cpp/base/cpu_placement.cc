// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_placement.h"

#include <array>
#include <mutex>

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#endif

namespace qwenjet {

#if defined(__linux__)
namespace {

std::mutex holders_mutex;
std::array<int, CPU_SETSIZE> num_holders = {};  // of each processor, under the mutex

// The allowed processor that the fewest workers hold; -1 where `num_threads` exceed those allowed.
int TakeCpu(int num_threads) {
  cpu_set_t allowed;
  // The process's own set, not the thread's: a thread started by a pinned one is pinned as well.
  if (sched_getaffinity(getpid(), sizeof(allowed), &allowed) != 0) return -1;
  if (CPU_COUNT(&allowed) < num_threads) return -1;
  const std::lock_guard<std::mutex> lock(holders_mutex);
  int best = -1;
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; --cpu) {
    if (!CPU_ISSET(static_cast<size_t>(cpu), &allowed)) continue;
    const auto i = static_cast<size_t>(cpu);
    if (best < 0 || num_holders[i] < num_holders[static_cast<size_t>(best)]) best = cpu;
  }
  if (best >= 0) ++num_holders[static_cast<size_t>(best)];
  return best;
}

void GiveBack(int cpu) {
  const std::lock_guard<std::mutex> lock(holders_mutex);
  --num_holders[static_cast<size_t>(cpu)];
}

}  // namespace

CpuPlacement::CpuPlacement(int num_threads) {
  const int cpu = TakeCpu(num_threads);
  if (cpu < 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<size_t>(cpu), &one);
  if (pthread_setaffinity_np(pthread_self(), sizeof(one), &one) == 0) {
    cpu_ = cpu;
  } else {
    GiveBack(cpu);
  }
}

CpuPlacement::~CpuPlacement() {
  if (cpu_ >= 0) GiveBack(cpu_);
}
#else
CpuPlacement::CpuPlacement(int) {}
CpuPlacement::~CpuPlacement() = default;
#endif

}  // namespace qwenjet
