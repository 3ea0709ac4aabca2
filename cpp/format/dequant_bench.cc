// SPDX-License-Identifier: Apache-2.0
// Output rate of DequantizeRows on one thread, each encoding on blocks of 1 MB of output (fits the
// second-level cache, as the loader's conversion of one row tile does).
// Prints one JSON object a line: {"encoding", "gb_per_s": median, "min", "max", "repeats"}.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <vector>

#include "format/dequant.h"

namespace qwenjet::format {
namespace {

constexpr size_t kElems = size_t{1} << 18;
constexpr int kRepeats = 25;
constexpr int kRunsEach = 40;

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + kRepeats / 2, values.end());
  return values[kRepeats / 2];
}

bool Measure(TensorEncoding encoding) {
  const EncodingInfo& info = InfoOf(encoding);
  std::vector<std::byte> src(kElems / static_cast<size_t>(info.block_elems) *
                             static_cast<size_t>(info.block_bytes));
  std::mt19937 random(1);
  for (std::byte& b : src) b = static_cast<std::byte>(random() & 0x3bu);  // finite everywhere
  std::vector<float> dst(kElems);
  std::vector<double> rates;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const auto begin = std::chrono::steady_clock::now();
    for (int run = 0; run < kRunsEach; ++run) {
      if (!DequantizeRows(encoding, src, dst).ok()) return false;
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    rates.push_back(static_cast<double>(kElems) * sizeof(float) * kRunsEach / seconds.count() /
                    1e9);
  }
  const auto [min, max] = std::minmax_element(rates.begin(), rates.end());
  std::printf("{\"encoding\":\"%s\",\"gb_per_s\":%.2f,\"min\":%.2f,\"max\":%.2f,\"repeats\":%d}\n",
              info.name, Median(rates), *min, *max, kRepeats);
  return true;
}

}  // namespace
}  // namespace qwenjet::format

int main() {
  using qwenjet::format::TensorEncoding;
  for (const TensorEncoding encoding :
       {TensorEncoding::kF32, TensorEncoding::kBF16, TensorEncoding::kF16, TensorEncoding::kQ8_0,
        TensorEncoding::kQ4_0, TensorEncoding::kQ4_1, TensorEncoding::kQ5_0, TensorEncoding::kQ5_1,
        TensorEncoding::kQ4_K, TensorEncoding::kQ5_K, TensorEncoding::kQ6_K}) {
    if (!qwenjet::format::Measure(encoding)) return 1;
  }
  return 0;
}
