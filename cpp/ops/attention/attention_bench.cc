// SPDX-License-Identifier: Apache-2.0
#include "ops/attention/attention.h"
#include "ops/attention/attention_problem.h"
#include "ops/qwen3_shapes.h"
#include "testing/bench.h"

namespace qwenjet::ops {
namespace {

void RunCase(testing::Bench& bench, const std::string& name, const AttentionCase& attention) {
  if (!bench.Wants(name)) return;
  AttentionProblem problem(attention);
  testing::GuardedMatrix out(attention.out, problem.batch().num_tokens(), problem.OutCols());
  const AttentionArgs args = problem.Args(out.view());
  double visible = 0;
  for (const AttentionRefSequence& sequence : problem.ref().sequences) {
    for (int64_t i = 0; i < sequence.q.rows; ++i) {
      const int64_t position = sequence.k.rows - sequence.q.rows + i;
      for (int64_t j = 0; j < sequence.k.rows; ++j) {
        visible += problem.ref().Visible(position, j, sequence.window_len[static_cast<size_t>(i)],
                                         sequence.sink_len)
                       ? 1
                       : 0;
      }
    }
  }
  testing::BenchCase c;
  c.name = name;
  c.shape = {{"queries", problem.batch().num_tokens()}, {"kv_len", attention.sequences[0].kv_len},
             {"sequences", attention.sequences.size()}, {"num_q_heads", attention.num_q_heads},
             {"num_kv_heads", attention.num_kv_heads},  {"head_dim", attention.head_dim},
             {"window_len", attention.window_len},      {"page_size", attention.page_size}};
  c.dtype = NameOf(attention.type.pool);
  if (attention.type.pool == DType::kInt8)
    c.dtype += std::string(", q ") + NameOf(attention.type.q);
  c.bytes = static_cast<double>(problem.num_live_pages() * args.pool.PageBytes());
  c.flops = 4 * visible * static_cast<double>(attention.num_q_heads * attention.head_dim);
  c.run = [&] { return Attention(bench.backend(), args); };
  c.check = [&] {
    testing::GuardedMatrix plain(attention.out, out.rows(), out.cols());
    AttentionPlain(problem.ref(), attention.type.q, plain.view());
    return testing::Compare(out.view(), AttentionRef(problem.ref()),
                            testing::Tolerance::Baseline(plain.view()));
  };
  bench.Run(c);
}

}  // namespace
}  // namespace qwenjet::ops

// Names are "qwen3-0.6b decode 8192 bfloat16", "qwen3-0.6b prefill 512 int8", "... batch 8 int8".
int main(int argc, char** argv) {
  using namespace qwenjet;       // NOLINT: a program's own file
  using namespace qwenjet::ops;  // NOLINT
  testing::Bench bench;
  if (!bench.Start("attention", argc, argv)) return 2;
  for (const ModelShape& model : kModelShapes) {
    if (model.num_layers == 40 || model.num_layers == 64) continue;  // more of the same heads
    AttentionCase c;
    c.num_q_heads = model.num_q_heads;
    c.num_kv_heads = model.num_kv_heads;
    c.head_dim = model.head_dim;
    c.page_size = 64;
    for (const PoolType& type : {kPoolTypes[0], kPoolTypes[2]}) {
      const std::string name = model.name, pool = std::string(" ") + NameOf(type.pool);
      c.type = type;
      c.window_len = layout::kWindowFull;
      c.sink_len = 0;
      for (const int32_t kv_len : {512, 2048, 8192}) {
        c.sequences = {{1, kv_len}};
        RunCase(bench, name + " decode " + std::to_string(kv_len) + pool, c);
      }
      c.sequences.assign(8, {1, 1024});
      RunCase(bench, name + " decode 1024 batch 8" + pool, c);
      c.sequences = {{512, 512}};
      RunCase(bench, name + " prefill 512" + pool, c);
      c.sequences = {{1, 8192}};
      c.window_len = 1024;
      c.sink_len = 4;
      RunCase(bench, name + " decode 8192 window 1024" + pool, c);
    }
  }
  return bench.Finish();
}
