// SPDX-License-Identifier: Apache-2.0
#include "ops/logits_topk/logits_topk.h"
#include "ops/logits_topk/logits_topk_problem.h"
#include "ops/logits_topk/logits_topk_ref.h"
#include "ops/qwen3_shapes.h"
#include "testing/bench.h"

namespace qwenjet::ops {
namespace {

void RunCase(testing::Bench& bench, int64_t num_rows, int32_t num_candidates, float temperature) {
  const int64_t vocab = kModelShapes[0].vocab_size;
  std::ostringstream text;
  text << "vocab " << vocab << " rows " << num_rows << " candidates " << num_candidates
       << " temperature " << temperature;
  if (!bench.Wants(text.str())) return;
  LogitsProblem problem(num_rows, vocab, 3, 1);
  for (layout::LogitRow& row : problem.rows) {
    row.num_candidates = num_candidates;
    row.temperature = temperature;
  }
  LogitsAnswer answer(num_rows, 0);
  const LogitsTopkArgs args = problem.Args(answer);
  testing::BenchCase c;
  c.name = text.str();
  c.shape = {{"rows", num_rows}, {"vocab_size", vocab}, {"candidates", num_candidates}};
  c.dtype = "float32";
  c.bytes = static_cast<double>(num_rows * vocab * 4);
  c.run = [&] { return LogitsTopk(bench.backend(), args); };
  c.check = [&] {
    std::vector<double> logits;
    for (int64_t t = 0; t < vocab; ++t) logits.push_back(problem.logits.Get(0, t));
    const LogitsRefResult ref = LogitsTopkRef(logits, vocab, problem.rows[0], {}, nullptr);
    testing::Expected expected({0}, {0});
    expected.value[0] = ref.lse_processed;
    expected.absolute[0] = ref.lse_processed_allowed;
    testing::Comparison result =
        testing::Compare(answer.lse_processed.view(), expected, testing::Tolerance::Bound(0));
    for (size_t i = 0; i < ref.candidates.size() && result.ok; ++i) {
      if (answer.CandidateId(0, static_cast<int64_t>(i)) == ref.candidates[i]) continue;
      result.ok = false;
      result.message = "candidate " + std::to_string(i) + " differs";
    }
    return result;
  };
  bench.Run(c);
}

}  // namespace
}  // namespace qwenjet::ops

int main(int argc, char** argv) {
  qwenjet::testing::Bench bench;
  if (!bench.Start("logits_topk", argc, argv)) return 2;
  for (const int64_t num_rows : {1, 8}) {
    for (const int32_t num_candidates : {0, 1, 20, 1024}) {
      qwenjet::ops::RunCase(bench, num_rows, num_candidates, 1.0f);
      qwenjet::ops::RunCase(bench, num_rows, num_candidates, 0.5f);
    }
  }
  return bench.Finish();
}
