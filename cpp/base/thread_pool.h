// SPDX-License-Identifier: Apache-2.0
// base: the threads of one model. Parallel() gives every thread a range of task indices, in which
// it goes upwards (a weight is then one stream, and prefetches past a task's end are the thread's
// own next task); a thread that is through takes tasks from the others' ranges, so that a slow or
// stolen core only takes fewer. Between calls the workers spin for a while (the next operator
// follows within microseconds) and then sleep, so that an idle engine costs nothing. Each worker
// stays on a processor of its own (base/cpu_placement.h); the calling thread is not touched.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/status.h"

namespace qwenjet {

class ThreadPool {
 public:
  // num_threads counts the calling thread: 1 starts no other. Workers are joined on destruction.
  static Result<std::unique_ptr<ThreadPool>> Create(int num_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int num_threads() const { return num_threads_; }

  // Calls body(task, thread) once for every task in [0, num_tasks), thread in [0, num_threads).
  // Blocks until all are done. One caller at a time; body must not throw or call Parallel.
  template <typename Body>
  void Parallel(int64_t num_tasks, Body&& body) {
    if (num_tasks <= 0) return;
    if (num_threads_ == 1 || num_tasks == 1) {
      for (int64_t task = 0; task < num_tasks; ++task) body(task, 0);
      return;
    }
    Run(
        num_tasks,
        [](void* context, int64_t task, int thread) {
          (*static_cast<std::remove_reference_t<Body>*>(context))(task, thread);
        },
        &body);
  }

 private:
  using Function = void (*)(void* context, int64_t task, int thread);

  explicit ThreadPool(int num_threads)
      : num_threads_(num_threads), ranges_(static_cast<size_t>(num_threads)) {}
  void Run(int64_t num_tasks, Function function, void* context);
  void WorkerLoop(int thread);
  void TakeTasks(int thread);

  // Tasks that are left of a thread's range; a line of its own for each.
  struct alignas(64) Range {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };

  const int num_threads_;
  std::vector<Range> ranges_;
  std::vector<std::thread> workers_;

  // One generation is one call of Parallel; a worker acts when it sees a new number.
  std::atomic<uint64_t> generation_{0};
  std::atomic<int> num_running_{0};
  std::atomic<bool> stopping_{false};
  Function function_ = nullptr;
  void* context_ = nullptr;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int> num_asleep_{0};
};

}  // namespace qwenjet
