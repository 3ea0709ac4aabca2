// SPDX-License-Identifier: Apache-2.0
// logits_topk on the CPU. Rows come one after another; each pass over a row is cut into blocks of
// 4096 logits for the threads, and block results are combined in ascending order. Sparse changes
// are made in the row itself and undone, so that no pass copies the row.
//
// Candidates: every block keeps its own K best above what it has seen so far; the blocks' best are
// then cut to K. Order: larger first, lower id first among equals.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "ops/cpu/cpu_backend.h"
#include "ops/logits_topk/change.h"
#include "ops/logits_topk/logits_topk.h"

namespace qwenjet::ops::cpu {
namespace {

constexpr int64_t kBlock = 4096;
constexpr float kNone = -std::numeric_limits<float>::infinity();

struct Candidate {
  float value;
  int32_t id;
};
bool Before(const Candidate& a, const Candidate& b) {
  return a.value > b.value || (a.value == b.value && a.id < b.id);
}

class RowWork {
 public:
  RowWork(Backend& backend, const LogitsTopkArgs& args, int32_t row)
      : kernels_(KernelsOf(backend)),
        threads_(backend.threads()),
        args_(args),
        row_(args.rows[row]),
        index_(row),
        logits_(args.logits + row * args.vocab_size),
        num_blocks_((args.num_valid + kBlock - 1) / kBlock) {}

  void Run() {
    const layout::LogitResult& result = args_.result;
    const LogitSpan raw = {
        .logits = logits_, .count = args_.num_valid, .mask = nullptr, .scale = 1.0f};
    result.lse_raw[index_] = LogSumExp(raw);
    if (row_.num_raw_top > 0) WriteRawTop(raw);
    for (int32_t i = row_.probes_begin; i < row_.probes_end; ++i) WriteProbe(i);

    std::vector<float> before;
    for (int32_t i = row_.changes_begin; i < row_.changes_end; ++i) {
      float& logit = logits_[args_.changes[i].token];
      before.push_back(logit);
      logit = ApplyChange(args_.changes[i], logit);
    }
    LogitSpan processed = raw;
    processed.scale = 1.0f / row_.temperature;
    if (row_.mask_begin >= 0) processed.mask = args_.masks + row_.mask_begin;
    const bool same = before.empty() && processed.mask == nullptr && row_.temperature == 1.0f;
    result.lse_processed[index_] = same ? result.lse_raw[index_] : LogSumExp(processed);
    const std::vector<Candidate> best = Best(processed, row_.num_candidates);
    // Undone in reverse, so that a token named twice still gets its first value back.
    for (size_t i = before.size(); i-- > 0;) {
      logits_[args_.changes[row_.changes_begin + static_cast<int32_t>(i)].token] = before[i];
    }
    WriteCandidates(best);
  }

 private:
  LogitSpan BlockOf(const LogitSpan& span, int64_t block) const {
    LogitSpan part = span;
    part.logits += block * kBlock;
    part.count = std::min(kBlock, span.count - block * kBlock);
    if (part.mask != nullptr) part.mask += block * kBlock / 32;
    return part;
  }

  // The maximum passes over NaN; where it is infinite no sum follows that would show one.
  static bool HasNan(const LogitSpan& span) {
    for (int64_t t = 0; t < span.count; ++t) {
      const bool allowed = span.mask == nullptr || ((span.mask[t / 32] >> (t % 32)) & 1u) != 0;
      if (allowed && std::isnan(span.logits[t])) return true;
    }
    return false;
  }

  float LogSumExp(const LogitSpan& span) const {
    std::vector<float> values(static_cast<size_t>(num_blocks_));
    threads_.Parallel(num_blocks_, [&](int64_t block, int) {
      values[static_cast<size_t>(block)] = kernels_.logit_max(BlockOf(span, block));
    });
    const float max = *std::max_element(values.begin(), values.end());
    if (std::isinf(max)) return HasNan(span) ? std::numeric_limits<float>::quiet_NaN() : max;
    threads_.Parallel(num_blocks_, [&](int64_t block, int) {
      values[static_cast<size_t>(block)] = kernels_.logit_sum_exp(BlockOf(span, block), max);
    });
    float sum = 0.0f;
    for (const float value : values) sum += value;
    return max + std::log(sum);
  }

  std::vector<Candidate> Best(const LogitSpan& span, int32_t wanted) const {
    std::vector<Candidate> all;
    if (wanted == 0) return all;
    std::vector<std::vector<Candidate>> parts(static_cast<size_t>(num_blocks_));
    threads_.Parallel(num_blocks_, [&](int64_t block, int) {
      parts[static_cast<size_t>(block)] = BestOfBlock(BlockOf(span, block), block * kBlock, wanted);
    });
    for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    Cut(all, wanted);
    std::sort(all.begin(), all.end(), Before);
    return all;
  }

  static void Cut(std::vector<Candidate>& candidates, int32_t wanted) {
    if (candidates.size() <= static_cast<size_t>(wanted)) return;
    std::nth_element(candidates.begin(), candidates.begin() + wanted, candidates.end(), Before);
    candidates.resize(static_cast<size_t>(wanted));
  }

  std::vector<Candidate> BestOfBlock(const LogitSpan& span, int64_t first_id,
                                     int32_t wanted) const {
    constexpr int32_t kCapacity = 512;
    int32_t indices[kCapacity];
    std::vector<Candidate> best;
    float threshold = kNone;
    for (int64_t at = 0; at < span.count;) {
      const int32_t found = kernels_.logit_above(span, threshold, at, indices, kCapacity, &at);
      for (int32_t i = 0; i < found; ++i) {
        best.push_back(
            {span.logits[indices[i]] * span.scale, static_cast<int32_t>(first_id) + indices[i]});
      }
      if (best.size() < static_cast<size_t>(wanted)) continue;
      Cut(best, wanted);
      // Ids ascend: a later equal of the last one kept never replaces it.
      threshold = std::max_element(best.begin(), best.end(), Before)->value;
    }
    return best;
  }

  void WriteRawTop(const LogitSpan& raw) const {
    const std::vector<Candidate> best = Best(raw, row_.num_raw_top);
    const int64_t base = int64_t{index_} * layout::kMaxRawTop;
    for (int32_t i = 0; i < row_.num_raw_top; ++i) {
      const bool has = static_cast<size_t>(i) < best.size();
      args_.result.raw_top_ids[base + i] = has ? best[static_cast<size_t>(i)].id : -1;
      args_.result.raw_top_logits[base + i] = has ? best[static_cast<size_t>(i)].value : kNone;
    }
  }

  void WriteProbe(int32_t probe) const {
    const float logit = logits_[args_.probes[probe]];
    int32_t rank = 1;
    for (int64_t t = 0; t < args_.num_valid; ++t) rank += logits_[t] > logit ? 1 : 0;
    args_.result.probe_logits[probe] = logit;
    args_.result.probe_ranks[probe] = rank;
  }

  void WriteCandidates(const std::vector<Candidate>& best) const {
    const layout::LogitResult& result = args_.result;
    const int64_t base = int64_t{index_} * layout::kMaxCandidates;
    result.num_candidates[index_] = static_cast<int32_t>(best.size());
    for (size_t i = 0; i < best.size(); ++i) {
      const int64_t at = base + static_cast<int64_t>(i);
      result.candidate_ids[at] = best[i].id;
      result.candidate_processed[at] = best[i].value;
      result.candidate_raw[at] = logits_[best[i].id];
    }
  }

  const CpuKernels& kernels_;
  ThreadPool& threads_;
  const LogitsTopkArgs& args_;
  const layout::LogitRow& row_;
  const int32_t index_;
  float* const logits_;
  const int64_t num_blocks_;
};

}  // namespace

Status LogitsTopkCpu(Backend& backend, const LogitsTopkArgs& args) {
  for (int32_t row = 0; row < args.num_rows; ++row) RowWork(backend, args, row).Run();
  return OkStatus();
}

}  // namespace qwenjet::ops::cpu
