// SPDX-License-Identifier: Apache-2.0
#include "ops/logits_topk/logits_topk_ref.h"

#include <algorithm>
#include <cmath>

namespace qwenjet::ops {
namespace {

struct Sum {
  double lse = 0;
  double allowed = 0;
};

// ln sum exp(z). Allowed: terms within 2 ulp (4 roundings), summed in blocks of 4096 and then over
// the blocks; by Higham and Mary (SIAM J. Sci. Comput. 41, 2019) n sums stay within 6 sqrt(n)
// roundings except with probability 2 exp(-18). A relative error of the sum is an absolute one of
// its logarithm. The arguments are of size |z| and rounded three times (scaling, maximum, minus).
Sum LogSumExp(const std::vector<double>& z) {
  double largest = -INFINITY;
  for (const double x : z) {
    if (std::isnan(x)) return {NAN, 0};
    largest = std::max(largest, x);
  }
  if (std::isinf(largest)) return {largest, 0};
  double sum = 0;
  for (const double x : z) sum += std::exp(x - largest);
  const double lse = largest + std::log(sum);
  const auto count = static_cast<double>(z.size());
  const double roundings = 4 + 6 * std::sqrt(std::min(count, 4096.0) + count / 4096) +
                           3 * (std::fabs(largest) + std::fabs(lse)) + 2;
  return {lse, roundings * testing::UnitRoundoff(DType::kFloat32)};
}

std::vector<int32_t> Largest(const std::vector<double>& z, int64_t end, int32_t wanted) {
  std::vector<int32_t> ids;
  for (int64_t t = 0; t < end; ++t) {
    const double x = z[static_cast<size_t>(t)];
    if (!std::isnan(x) && x != -INFINITY) ids.push_back(static_cast<int32_t>(t));
  }
  const auto count = std::min(ids.size(), static_cast<size_t>(wanted));
  std::partial_sort(ids.begin(), ids.begin() + static_cast<int64_t>(count), ids.end(),
                    [&z](int32_t a, int32_t b) {
                      const double x = z[static_cast<size_t>(a)], y = z[static_cast<size_t>(b)];
                      return x > y || (x == y && a < b);
                    });
  ids.resize(count);
  return ids;
}

}  // namespace

LogitsRefResult LogitsTopkRef(const std::vector<double>& logits, int64_t num_valid,
                              const layout::LogitRow& row,
                              const std::vector<layout::LogitChange>& changes,
                              const uint32_t* mask) {
  const auto step = [](double x) { return testing::RoundTo(DType::kFloat32, x); };
  LogitsRefResult result;
  result.processed = logits;
  for (int32_t i = row.changes_begin; i < row.changes_end; ++i) {
    const layout::LogitChange& change = changes[static_cast<size_t>(i)];
    double& l = result.processed[static_cast<size_t>(change.token)];
    l = step(l + static_cast<double>(change.bias));
    const auto repetition = static_cast<double>(change.repetition);
    if (repetition != 1) l = step(l > 0 ? l / repetition : l * repetition);
    l = step(l - static_cast<double>(change.subtract));
  }
  for (size_t t = 0; t < logits.size(); ++t) {
    const bool allowed = static_cast<int64_t>(t) < num_valid &&
                         (mask == nullptr || (mask[t / 32] >> (t % 32) & 1u) != 0);
    double& z = result.processed[t];
    z = allowed ? step(z / static_cast<double>(row.temperature)) : -INFINITY;
  }
  const std::vector<double> valid(logits.begin(), logits.begin() + num_valid);
  const Sum raw = LogSumExp(valid), processed = LogSumExp(result.processed);
  result.lse_raw = raw.lse;
  result.lse_raw_allowed = raw.allowed;
  result.lse_processed = processed.lse;
  result.lse_processed_allowed = processed.allowed;
  result.candidates = Largest(result.processed, num_valid, row.num_candidates);
  result.raw_top = Largest(logits, num_valid, row.num_raw_top);
  return result;
}

int32_t RankRef(const std::vector<double>& logits, int64_t num_valid, int32_t token) {
  int32_t rank = 1;
  for (int64_t t = 0; t < num_valid; ++t) {
    rank += logits[static_cast<size_t>(t)] > logits[static_cast<size_t>(token)] ? 1 : 0;
  }
  return rank;
}

}  // namespace qwenjet::ops
