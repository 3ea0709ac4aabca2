// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <chrono>
#include <system_error>

#include "base/cpu_placement.h"

namespace qwenjet {
namespace {

// How long a worker spins before it sleeps. Decode runs an operator every 50 to 500 us and waking
// a sleeper costs 50 us or more; sampling in between takes up to some milliseconds.
constexpr auto kSpinTime = std::chrono::milliseconds(3);

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

Result<std::unique_ptr<ThreadPool>> ThreadPool::Create(int num_threads) {
  if (num_threads < 1 || num_threads > 1024) {
    return Error(StatusCode::kInvalidArgument, "num_threads: expected 1 to 1024, got ",
                 num_threads);
  }
  std::unique_ptr<ThreadPool> pool(new ThreadPool(num_threads));
  try {
    for (int thread = 1; thread < num_threads; ++thread) {
      pool->workers_.emplace_back([raw = pool.get(), thread] { raw->WorkerLoop(thread); });
    }
  } catch (const std::system_error& e) {
    return Error(StatusCode::kOutOfHostMemory, "thread ", pool->workers_.size() + 1, " of ",
                 num_threads, " could not be started: ", e.what());
  }
  return pool;
}

ThreadPool::~ThreadPool() {
  stopping_.store(true);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    generation_.fetch_add(1);
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::Run(int64_t num_tasks, Function function, void* context) {
  function_ = function;
  context_ = context;
  for (int t = 0; t < num_threads_; ++t) {
    Range& range = ranges_[static_cast<size_t>(t)];
    range.next.store(num_tasks * t / num_threads_, std::memory_order_relaxed);
    range.end = num_tasks * (t + 1) / num_threads_;
  }
  num_running_.store(num_threads_ - 1, std::memory_order_relaxed);
  generation_.fetch_add(1);  // seq_cst: ordered before the look at num_asleep_
  if (num_asleep_.load() > 0) {
    { std::lock_guard<std::mutex> lock(mutex_); }
    wake_.notify_all();
  }
  TakeTasks(0);
  for (int spins = 0; num_running_.load(std::memory_order_acquire) > 0; ++spins) {
    // With more threads than free processors the others need this one to yield.
    if (spins < 4096) {
      Pause();
    } else {
      std::this_thread::yield();
    }
  }
}

void ThreadPool::TakeTasks(int thread) {
  // Its own range first, then what the others have left.
  for (int i = 0; i < num_threads_; ++i) {
    Range& range = ranges_[static_cast<size_t>((thread + i) % num_threads_)];
    for (;;) {
      const int64_t task = range.next.fetch_add(1, std::memory_order_relaxed);
      if (task >= range.end) break;
      function_(context_, task, thread);
    }
  }
}

void ThreadPool::WorkerLoop(int thread) {
  const CpuPlacement placement(num_threads_);
  uint64_t seen = 0;
  for (;;) {
    const auto spin_end = std::chrono::steady_clock::now() + kSpinTime;
    for (int spins = 0; generation_.load(std::memory_order_acquire) == seen; ++spins) {
      Pause();
      if ((spins & 255) != 255) continue;
      // Costs nothing on a free processor; on a busy one the others' threads get their turn.
      std::this_thread::yield();
      if (std::chrono::steady_clock::now() < spin_end) continue;
      std::unique_lock<std::mutex> lock(mutex_);
      num_asleep_.fetch_add(1);
      wake_.wait(lock, [&] { return generation_.load() != seen; });
      num_asleep_.fetch_sub(1);
    }
    seen = generation_.load(std::memory_order_acquire);
    if (stopping_.load()) return;
    TakeTasks(thread);
    num_running_.fetch_sub(1, std::memory_order_acq_rel);
  }
}

}  // namespace qwenjet
