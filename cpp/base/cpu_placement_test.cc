// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_placement.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace qwenjet {
namespace {

int NumAllowed() { return static_cast<int>(std::thread::hardware_concurrency()); }

// Runs `placements` one after another on threads of their own, all held until the end.
std::set<int> CpusOf(int placements, int num_threads) {
  std::set<int> cpus;
  std::vector<std::unique_ptr<CpuPlacement>> held;
  for (int i = 0; i < placements; ++i) {
    std::thread([&] { held.push_back(std::make_unique<CpuPlacement>(num_threads)); }).join();
    cpus.insert(held.back()->cpu());
  }
  return cpus;
}

TEST(CpuPlacement, HoldersShareOutTheProcessors) {
  const int allowed = NumAllowed();
  for (int round = 0; round < 2; ++round) {
    const std::set<int> cpus = CpusOf(allowed, allowed);
    // A system that does not let threads be pinned, or the process use all its processors.
    if (cpus == std::set<int>{-1}) return;
    EXPECT_EQ(static_cast<int>(cpus.size()), allowed);
  }
}

TEST(CpuPlacement, MoreThreadsThanProcessorsStayFree) {
  EXPECT_EQ(CpusOf(2, NumAllowed() + 1), std::set<int>{-1});
}

}  // namespace
}  // namespace qwenjet
