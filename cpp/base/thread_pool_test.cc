// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <numeric>

namespace qwenjet {
namespace {

TEST(ThreadPool, RunsEveryTaskOnce) {
  for (int num_threads : {1, 2, 3, 8}) {
    auto pool = ThreadPool::Create(num_threads);
    ASSERT_TRUE(pool.ok());
    for (int64_t num_tasks : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(num_tasks));
      (*pool)->Parallel(num_tasks, [&](int64_t task, int thread) {
        EXPECT_LT(thread, num_threads);
        seen[static_cast<size_t>(task)].fetch_add(1);
      });
      for (auto& count : seen) EXPECT_EQ(count.load(), 1);
    }
  }
}

TEST(ThreadPool, WakesAfterSleeping) {
  auto pool = ThreadPool::Create(3);
  ASSERT_TRUE(pool.ok());
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(round * 3));
    std::atomic<int64_t> sum{0};
    (*pool)->Parallel(100, [&](int64_t task, int) { sum.fetch_add(task); });
    EXPECT_EQ(sum.load(), 4950);
  }
}

TEST(ThreadPool, RefusesImpossibleCounts) {
  for (int num_threads : {0, -1, 1025}) {
    auto pool = ThreadPool::Create(num_threads);
    ASSERT_FALSE(pool.ok());
    EXPECT_EQ(pool.status().code(), StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace qwenjet
