// SPDX-License-Identifier: Apache-2.0
// Attention against its oracle. Bitwise promises, page counts and refusals are in
// attention_promises_test.cc, reference cases in attention_conformance_test.cc.
#include "ops/attention/attention.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "ops/attention/attention_problem.h"
#include "ops/qwen3_shapes.h"
#include "testing/backend_fixture.h"

namespace qwenjet::ops {
namespace {

using ::qwenjet::testing::Expected;
using ::qwenjet::testing::GuardedMatrix;
using ::qwenjet::testing::MatchesAndCanFail;
using ::qwenjet::testing::SameBits;
using ::qwenjet::testing::SequenceShape;
using ::qwenjet::testing::Tolerance;

// A problem with its oracle's and the plain implementation's answer: the same for every backend,
// so computed once.
struct Solved {
  AttentionProblem problem;
  Expected expected;
  GuardedMatrix plain;

  explicit Solved(const AttentionCase& c)
      : problem(c),
        expected(AttentionRef(problem.ref())),
        plain(c.out, problem.batch().num_tokens(), problem.OutCols()) {
    AttentionPlain(problem.ref(), c.type.q, plain.view());
  }
};

Solved& Solve(const std::string& name, const AttentionCase& c) {
  static std::map<std::string, std::unique_ptr<Solved>> solved;
  std::unique_ptr<Solved>& entry = solved[name];
  if (entry == nullptr) entry = std::make_unique<Solved>(c);
  return *entry;
}

class AttentionTest : public ::qwenjet::testing::BackendTest {
 protected:
  // Cases of one name are one case.
  void Check(const std::string& group, const AttentionCase& c) {
    std::ostringstream text;
    text << group << " heads " << c.num_q_heads << ":" << c.num_kv_heads << " head_dim "
         << c.head_dim << " page_size " << c.page_size << " pool " << NameOf(c.type.pool) << " q "
         << NameOf(c.type.q) << " out " << NameOf(c.out) << (c.causal ? " causal" : " not causal")
         << " window " << c.window_len << " sinks " << c.sink_len << " rel " << c.rel_rows
         << " zero at " << c.rel_row_of_zero;
    SCOPED_TRACE(text.str());
    Solved& solved = Solve(text.str(), c);
    AttentionProblem& problem = solved.problem;
    GuardedMatrix out(c.out, problem.batch().num_tokens(), problem.OutCols(), {5, 3});
    const Status status = Attention(OneThread(), problem.Args(out.view()));
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_TRUE(
        MatchesAndCanFail(out.view(), solved.expected, Tolerance::Baseline(solved.plain.view())));
    EXPECT_TRUE(out.GuardsIntact());
    if (!RepeatWithThreeThreads()) return;
    GuardedMatrix again(c.out, problem.batch().num_tokens(), problem.OutCols());
    ASSERT_TRUE(Attention(ThreeThreads(), problem.Args(again.view())).ok());
    EXPECT_TRUE(SameBits(again.view(), out.view()));
  }
};

// Prompt chunks, single tokens, a lone first token and a sequence without queries.
const std::vector<SequenceShape> kMixed = {{17, 17}, {1, 40}, {5, 133}, {0, 9}, {1, 1}, {66, 70}};

TEST_P(AttentionTest, EveryRatioOfQueryHeadsToKvHeads) {
  for (const auto& [q, kv] : std::vector<std::pair<int64_t, int64_t>>{
           {1, 1}, {2, 2}, {2, 1}, {6, 2}, {3, 1}, {9, 3}, {8, 2}, {8, 1}, {14, 2}}) {
    for (const PoolType& type : kPoolTypes) {
      AttentionCase c;
      c.num_q_heads = q;
      c.num_kv_heads = kv;
      c.type = type;
      c.out = type.q;
      c.sequences = kMixed;
      Check("ratio", c);
    }
  }
}

TEST_P(AttentionTest, EveryHeadDim) {
  for (const int64_t head_dim : {2, 30, 32, 64, 80, 96, 128, 256, 512}) {
    for (const PoolType& type : kPoolTypes) {
      AttentionCase c;
      c.num_q_heads = 2;
      c.num_kv_heads = 1;
      c.head_dim = head_dim;
      c.type = type;
      c.out = type.q;
      c.sequences = kMixed;
      Check("head_dim", c);
    }
  }
}

TEST_P(AttentionTest, EveryPageSizeAndOutputType) {
  for (const int64_t page_size : {16, 32, 64, 128, 1024}) {
    for (const PoolType& type : kPoolTypes) {
      for (const DType out : {DType::kBFloat16, DType::kFloat32}) {
        AttentionCase c;
        c.page_size = page_size;
        c.type = type;
        c.out = out;
        c.sequences = kMixed;
        Check("page_size", c);
      }
    }
  }
}

TEST_P(AttentionTest, EveryWindowAndSink) {
  for (const int32_t window_len : {1, 7, 64, 100, layout::kWindowFull}) {
    for (const int32_t sink_len : {0, 1, 4, 70}) {
      for (const bool causal : {true, false}) {
        for (const PoolType& type : kPoolTypes) {
          AttentionCase c;
          c.num_q_heads = 2;
          c.num_kv_heads = 1;
          c.head_dim = 32;
          c.type = type;
          c.out = type.q;
          c.causal = causal;
          c.window_len = window_len;
          c.sink_len = sink_len;
          c.sequences = {{20, 200}, {1, 150}, {70, 70}};
          Check("window", c);
        }
      }
    }
  }
}

TEST_P(AttentionTest, AWindowThatGrowsWithThePosition) {
  for (const PoolType& type : kPoolTypes) {
    AttentionCase c;
    c.type = type;
    c.out = type.q;
    c.sequences = {{200, 200}, {40, 300}, {1, 250}};
    c.num_q_heads = 2;
    c.window_of = [](int64_t position) {  // dynamic(min 32, max 60, growth 0.25)
      const int64_t n = position + 1;
      return static_cast<int32_t>(n <= 32 ? n : std::min<int64_t>(60, 32 + (n - 32) / 4));
    };
    Check("dynamic window", c);
    c.window_of = [](int64_t position) { return position % 3 == 0 ? 1 : 90; };
    c.sink_len = 2;
    Check("alternating window", c);
  }
}

TEST_P(AttentionTest, RelativePositionsInsideAndOutsideTheTable) {
  for (const bool causal : {true, false}) {
    for (const int32_t window_len : {16, 40, layout::kWindowFull}) {
      for (const int64_t zero : {0, 15, 30, -4, 50}) {
        for (const PoolType& type : kPoolTypes) {
          AttentionCase c;
          c.num_q_heads = 2;
          c.num_kv_heads = 1;
          c.type = type;
          c.out = type.q;
          c.causal = causal;
          c.window_len = window_len;
          c.sink_len = window_len == 40 ? 3 : 0;
          c.rel_rows = 31;
          c.rel_row_of_zero = zero;
          c.q_size = 1;
          c.sequences = {{33, 33}, {1, 90}, {5, 66}};
          Check("relative", c);
        }
      }
    }
  }
}

TEST_P(AttentionTest, ContextsPastTheMergeSpan) {
  for (const PoolType& type : kPoolTypes) {
    AttentionCase c;
    c.type = type;
    c.out = type.q;
    c.num_q_heads = 4;
    c.num_kv_heads = 1;
    c.page_size = 64;
    c.sequences = {{1, 2500}, {2, 4200}, {3, 2049}, {1, 2048}, {1, 64}};
    Check("long", c);
    c.window_len = 2100;
    c.sink_len = 70;
    Check("long window", c);
    c.window_len = 50;
    c.sink_len = 2060;
    Check("long sinks", c);
  }
}

TEST_P(AttentionTest, ScoresOfAnySize) {
  for (const PoolType& type : kPoolTypes) {
    for (const double q_size : {0.0, 1e-3, 100.0}) {
      AttentionCase c;
      c.type = type;
      c.out = type.q;
      c.q_size = q_size;
      c.sequences = {{200, 200}, {1, 300}};
      Check("scores of size " + std::to_string(q_size), c);
    }
  }
}

TEST_P(AttentionTest, HeadsOfRealModels) {
  for (const ModelShape& model : kModelShapes) {
    AttentionCase c;
    c.num_q_heads = model.num_q_heads;
    c.num_kv_heads = model.num_kv_heads;
    c.head_dim = model.head_dim;
    c.page_size = 64;
    c.sequences = {{3, 3}, {1, 100}};
    Check("model", c);
  }
}

TEST_P(AttentionTest, NoQueriesAndNoSequences) {
  for (const std::vector<SequenceShape>& sequences :
       {std::vector<SequenceShape>{}, std::vector<SequenceShape>{{0, 5}, {0, 0}}}) {
    AttentionCase c;
    c.sequences = sequences;
    AttentionProblem problem(c);
    GuardedMatrix out(c.out, 0, problem.OutCols());
    EXPECT_TRUE(Attention(OneThread(), problem.Args(out.view())).ok());
    EXPECT_TRUE(out.GuardsIntact());
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, AttentionTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::ops
