// SPDX-License-Identifier: Apache-2.0
// Inputs and result arrays of logits_topk for tests and benchmarks. Results start as NaN and -777
// between guards.
#pragma once

#include <vector>

#include "ops/logits_topk/logits_topk.h"
#include "testing/generators.h"

namespace qwenjet::ops {

struct LogitsAnswer {
  static constexpr int32_t kUnset = -777;

  testing::GuardedMatrix lse_raw, lse_processed, candidate_raw, candidate_processed;
  testing::GuardedMatrix raw_top_logits, probe_logits;
  std::vector<int32_t> num_candidates, candidate_ids, raw_top_ids, probe_ranks;

  LogitsAnswer(int64_t num_rows, int64_t num_probes)
      : lse_raw(DType::kFloat32, 1, num_rows),
        lse_processed(DType::kFloat32, 1, num_rows),
        candidate_raw(DType::kFloat32, num_rows, layout::kMaxCandidates),
        candidate_processed(DType::kFloat32, num_rows, layout::kMaxCandidates),
        raw_top_logits(DType::kFloat32, num_rows, layout::kMaxRawTop),
        probe_logits(DType::kFloat32, 1, num_probes),
        num_candidates(static_cast<size_t>(num_rows), kUnset),
        candidate_ids(static_cast<size_t>(num_rows * layout::kMaxCandidates), kUnset),
        raw_top_ids(static_cast<size_t>(num_rows * layout::kMaxRawTop), kUnset),
        probe_ranks(static_cast<size_t>(num_probes), kUnset) {}

  layout::LogitResult View() {
    return {Floats(lse_raw),      Floats(lse_processed),  num_candidates.data(),
            candidate_ids.data(), Floats(candidate_raw),  Floats(candidate_processed),
            raw_top_ids.data(),   Floats(raw_top_logits), Floats(probe_logits),
            probe_ranks.data()};
  }
  int32_t CandidateId(int64_t row, int64_t i) const {
    return candidate_ids[static_cast<size_t>(row * layout::kMaxCandidates + i)];
  }
  int32_t RawTopId(int64_t row, int64_t i) const {
    return raw_top_ids[static_cast<size_t>(row * layout::kMaxRawTop + i)];
  }
  bool GuardsIntact() const {
    return lse_raw.GuardsIntact() && lse_processed.GuardsIntact() && candidate_raw.GuardsIntact() &&
           candidate_processed.GuardsIntact() && raw_top_logits.GuardsIntact() &&
           probe_logits.GuardsIntact();
  }

 private:
  static float* Floats(testing::GuardedMatrix& matrix) {
    return static_cast<float*>(matrix.view().data);
  }
};

struct LogitsProblem {
  testing::GuardedMatrix logits;  // [num_rows, vocab_size]
  int64_t num_valid;
  std::vector<layout::LogitRow> rows;
  std::vector<layout::LogitChange> changes;
  std::vector<int32_t> probes;
  std::vector<uint32_t> masks;

  LogitsProblem(int64_t num_rows, int64_t vocab_size, double size, uint64_t seed)
      : logits(DType::kFloat32, num_rows, vocab_size, {1, 0}),
        num_valid(vocab_size),
        rows(static_cast<size_t>(num_rows)) {
    testing::Rng rng(seed);
    for (int64_t r = 0; r < num_rows; ++r) {
      rows[static_cast<size_t>(r)].token_index = static_cast<int32_t>(r);
      for (int64_t t = 0; t < vocab_size; ++t) logits.Set(r, t, rng.Normal() * size);
    }
  }

  int64_t vocab_size() const { return logits.cols(); }
  void AddChange(int64_t row, const layout::LogitChange& change) {
    // Changes are added row by row, in ascending order.
    layout::LogitRow& r = rows[static_cast<size_t>(row)];
    if (r.changes_begin == r.changes_end) r.changes_begin = static_cast<int32_t>(changes.size());
    changes.push_back(change);
    r.changes_end = static_cast<int32_t>(changes.size());
  }
  void AddProbe(int64_t row, int32_t token) {
    layout::LogitRow& r = rows[static_cast<size_t>(row)];
    if (r.probes_begin == r.probes_end) r.probes_begin = static_cast<int32_t>(probes.size());
    probes.push_back(token);
    r.probes_end = static_cast<int32_t>(probes.size());
  }
  // A mask in which about `share` of the tokens are allowed; it does not begin at word 0.
  void AddMask(int64_t row, double share, testing::Rng& rng) {
    masks.push_back(0xffffffffu);
    rows[static_cast<size_t>(row)].mask_begin = static_cast<int64_t>(masks.size());
    for (int64_t word = 0; word < (vocab_size() + 31) / 32; ++word) {
      uint32_t bits = 0;
      for (int bit = 0; bit < 32; ++bit) bits |= (rng.Uniform() < share ? 1u : 0u) << bit;
      masks.push_back(bits);
    }
  }
  LogitsTopkArgs Args(LogitsAnswer& answer) {
    LogitsTopkArgs args;
    args.logits = static_cast<float*>(logits.view().data);
    args.vocab_size = vocab_size();
    args.num_valid = num_valid;
    args.num_rows = static_cast<int32_t>(rows.size());
    args.rows = rows.data();
    args.changes = changes.data();
    args.probes = probes.data();
    args.masks = masks.data();
    args.result = answer.View();
    return args;
  }
};

}  // namespace qwenjet::ops
