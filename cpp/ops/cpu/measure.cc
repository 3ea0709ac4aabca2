// SPDX-License-Identifier: Apache-2.0
#include "ops/cpu/measure.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <vector>

#include "base/arena.h"
#include "base/check.h"
#include "ops/backend.h"
#include "ops/cpu/cpu_kernels.h"
#include "ops/validate.h"

namespace qwenjet::ops::cpu {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

double BestRate(Backend& backend, double (*run)(int64_t passes)) {
  constexpr double kStretchSeconds = 0.05;
  constexpr int kStretches = 6;
  const int num_threads = backend.threads().num_threads();
  double best = 0.0;
  for (int stretch = 0; stretch < kStretches; ++stretch) {
    std::vector<double> flop(static_cast<size_t>(num_threads), 0.0);
    const auto start = Clock::now();
    backend.threads().Parallel(num_threads, [&](int64_t task, int) {
      while (Seconds(start) < kStretchSeconds) flop[static_cast<size_t>(task)] += run(100);
    });
    const double elapsed = Seconds(start);
    double total = 0.0;
    for (const double f : flop) total += f;
    best = std::max(best, total / elapsed);
  }
  return best;
}

}  // namespace

Result<double> MeasureReadBandwidth(int num_threads, int64_t bytes, int repeat) {
  QJ_RETURN_IF_ERROR(CheckRange("bytes", 1 << 20, int64_t{1} << 40, bytes));
  QJ_RETURN_IF_ERROR(CheckRange("repeat", 1, 1000, repeat));
  QJ_ASSIGN_OR_RETURN(const auto backend, Backend::CreateCpu(BestIsa(), num_threads));
  ThreadPool* const threads = &backend->threads();
  const auto read_sum = backend->kernels().read_sum;
  QJ_ASSIGN_OR_RETURN(const MemoryBlock block, MemoryBlock::Create(bytes));
  constexpr int64_t kPiece = 1 << 20;
  const int64_t pieces = bytes / kPiece;
  threads->Parallel(pieces,
                    [&](int64_t i, int) { std::memset(block.data() + i * kPiece, 1, kPiece); });
  double best = 0.0;
  std::atomic<float> sink{0.0f};
  for (int r = 0; r < repeat; ++r) {
    const auto start = Clock::now();
    threads->Parallel(pieces, [&](int64_t i, int) {
      sink.store(read_sum(reinterpret_cast<const char*>(block.data()) + i * kPiece, kPiece),
                 std::memory_order_relaxed);
    });
    best = std::max(best, static_cast<double>(pieces * kPiece) / Seconds(start));
  }
  return best;
}

Result<double> MeasureRate(Isa isa, DType dtype, int num_threads) {
  QJ_ASSIGN_OR_RETURN(const auto backend, Backend::CreateCpu(isa, num_threads));
  const CpuKernels& kernels = backend->kernels();
  return BestRate(*backend, dtype == DType::kFloat32 ? kernels.float32_rate : kernels.bf16_rate);
}

Result<double> MeasureInt8Rate(Isa isa, int num_threads) {
  QJ_ASSIGN_OR_RETURN(const auto backend, Backend::CreateCpu(isa, num_threads));
  return BestRate(*backend, backend->kernels().int8_rate);
}

}  // namespace qwenjet::ops::cpu
