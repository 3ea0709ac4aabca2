// SPDX-License-Identifier: Apache-2.0
#include "ops/embedding/embedding.h"

#include <gtest/gtest.h>

#include "ops/embedding/embedding_ref.h"
#include "ops/linear_quant/linear_quant_problem.h"
#include "ops/qwen3_shapes.h"
#include "testing/backend_fixture.h"
#include "testing/generators.h"

namespace qwenjet::ops {
namespace {

using ::qwenjet::testing::Filled;
using ::qwenjet::testing::GuardedMatrix;
using ::qwenjet::testing::IsRefused;
using ::qwenjet::testing::MatchesAndCanFail;
using ::qwenjet::testing::Rng;
using ::qwenjet::testing::SameBits;
using ::qwenjet::testing::TiledBuffer;
using ::qwenjet::testing::ToDense;
using ::qwenjet::testing::Tolerance;
using ::qwenjet::testing::Values;

class EmbeddingTest : public ::qwenjet::testing::BackendTest {
 protected:
  void Check(DType table_dtype, DType y_dtype, int64_t vocab, int64_t hidden, int64_t num_tokens,
             Values values) {
    SCOPED_TRACE(::testing::Message() << NameOf(table_dtype) << " to " << NameOf(y_dtype) << " ["
                                      << vocab << ", " << hidden << "] tokens " << num_tokens);
    Rng rng(static_cast<uint64_t>(vocab * 1000 + hidden + num_tokens));
    const GuardedMatrix plain = Filled(table_dtype, vocab, hidden, values, rng);
    const TiledBuffer table(table_dtype, plain.view());
    std::vector<int32_t> ids;
    for (int64_t t = 0; t < num_tokens; ++t) ids.push_back(static_cast<int32_t>(rng.Below(vocab)));
    if (num_tokens > 1) {
      ids.front() = static_cast<int32_t>(vocab - 1);
      ids.back() = 0;
    }
    GuardedMatrix y(y_dtype, num_tokens, hidden, {1, 3});
    ASSERT_TRUE(Embedding(OneThread(), {table.view, ids.data(), y.view()}).ok());
    EXPECT_TRUE(
        MatchesAndCanFail(y.view(), EmbeddingRef(ToDense(plain.view()), ids), Tolerance::Exact()));
    EXPECT_TRUE(y.GuardsIntact());
    if (!RepeatWithThreeThreads()) return;
    GuardedMatrix again(y_dtype, num_tokens, hidden, {5, 0});
    ASSERT_TRUE(Embedding(ThreeThreads(), {table.view, ids.data(), again.view()}).ok());
    EXPECT_TRUE(SameBits(again.view(), y.view()));
  }
};

TEST_P(EmbeddingTest, CopiesRowsOfEveryShapeAndType) {
  for (const DType table : {DType::kBFloat16, DType::kFloat32}) {
    for (const DType y : {DType::kBFloat16, DType::kFloat32}) {
      for (const int64_t hidden : {1, 2, 15, 31, 32, 33, 64, 100}) {
        for (const int64_t vocab : {1, 15, 16, 17, 50})
          Check(table, y, vocab, hidden, 7, Values::kNormal);
      }
      for (const int64_t num_tokens : {0, 1, 2, 200}) {
        Check(table, y, 33, 48, num_tokens, Values::kDenormals);
      }
    }
  }
}

TEST_P(EmbeddingTest, CopiesRowsOfRealWidth) {
  for (const ModelShape& model : kModelShapes) {
    Check(DType::kBFloat16, DType::kFloat32, 40, model.hidden_size, 3, Values::kOutliers);
    Check(DType::kFloat32, DType::kBFloat16, 40, model.hidden_size, 3, Values::kOutliers);
  }
}

// The table's numbers, each step of the formula rounded to float32.
::qwenjet::testing::Dense NumbersOf(const QuantProblem& problem) {
  using ::qwenjet::testing::RoundTo;
  const LinearQuantRefWeight w = problem.Numbers();
  ::qwenjet::testing::Dense table(problem.view.n, problem.view.k);
  for (int64_t row = 0; row < table.rows; ++row) {
    for (int64_t k = 0; k < table.cols; ++k) {
      const int64_t group = k / w.group_size;
      const double scaled = w.scale(row, group) * (w.code(row, k) - w.zero(row, group));
      const int64_t to = w.permutation.empty() ? k : w.permutation[static_cast<size_t>(k)];
      double value = RoundTo(DType::kFloat32, scaled);
      if (problem.view.scheme.offset_type == layout::OffsetType::kMinimum) {
        value = RoundTo(DType::kFloat32, value + w.minimum(row, group));
      }
      table(row, to) = value;
    }
  }
  return table;
}

TEST_P(EmbeddingTest, DequantisesRows) {
  using layout::OffsetType;
  using layout::ScaleType;
  const layout::QuantScheme schemes[] = {{4, 32, ScaleType::kF16, OffsetType::kSymmetric},
                                         {4, 128, ScaleType::kBF16, OffsetType::kZeroPoint},
                                         {5, 64, ScaleType::kF32, OffsetType::kMinimum},
                                         {4, 32, ScaleType::kTwoLevel, OffsetType::kMinimum},
                                         {6, 16, ScaleType::kTwoLevel, OffsetType::kSymmetric},
                                         {8, 32, ScaleType::kF16, OffsetType::kSymmetric}};
  Rng rng(4);
  for (const layout::QuantScheme& scheme : schemes) {
    for (const DType y_dtype : {DType::kBFloat16, DType::kFloat32}) {
      for (const int64_t hidden : {1, 17, 300, 576}) {
        const QuantProblem table(scheme, 35, hidden, rng, hidden == 300);
        const std::vector<int32_t> ids = {34, 3, 16, 15, 0};
        GuardedMatrix y(y_dtype, 5, hidden, {1, 3});
        EmbeddingArgs args;
        args.token_ids = ids.data();
        args.y = y.view();
        args.quantised = &table.view;
        ASSERT_TRUE(Embedding(ThreeThreads(), args).ok());
        EXPECT_TRUE(
            MatchesAndCanFail(y.view(), EmbeddingRef(NumbersOf(table), ids), Tolerance::Exact()));
        EXPECT_TRUE(y.GuardsIntact());
      }
    }
  }
  const QuantProblem table(schemes[0], 35, 64, rng);
  layout::QuantWeight wrong = table.view;
  wrong.scheme.bits = 7;
  layout::QuantWeight outside = table.view;
  std::vector<int32_t> permutation(64, 0);
  permutation[40] = 64;
  outside.permutation = permutation.data();
  const std::vector<int32_t> ids = {35};
  GuardedMatrix y(DType::kFloat32, 1, 64);
  EmbeddingArgs args;
  args.token_ids = ids.data();
  args.y = y.view();
  args.quantised = &table.view;
  EXPECT_TRUE(IsRefused(Embedding(OneThread(), args), "35"));
  args.quantised = &wrong;
  EXPECT_TRUE(IsRefused(Embedding(OneThread(), args), "7"));
  args.quantised = &outside;
  EXPECT_TRUE(IsRefused(Embedding(OneThread(), args), "permutation[40]"));
}

TEST_P(EmbeddingTest, RefusesWrongArguments) {
  Rng rng(1);
  const GuardedMatrix plain = Filled(DType::kBFloat16, 20, 12, Values::kNormal, rng);
  const TiledBuffer table(DType::kBFloat16, plain.view());
  std::vector<int32_t> ids = {3, 19, 0};
  GuardedMatrix y(DType::kFloat32, 3, 12), narrow(DType::kFloat32, 3, 11);
  const EmbeddingArgs good = {table.view, ids.data(), y.view()};
  ASSERT_TRUE(Embedding(OneThread(), good).ok());

  EmbeddingArgs args = good;
  args.y = narrow.view();
  EXPECT_TRUE(IsRefused(Embedding(OneThread(), args), "11"));
  args = good;
  args.y.row_stride = 9;
  EXPECT_TRUE(IsRefused(Embedding(OneThread(), args), "9"));
  args = good;
  args.y.rows = -2;
  EXPECT_TRUE(IsRefused(Embedding(OneThread(), args), "-2"));
  args = good;
  args.y.data = nullptr;
  EXPECT_TRUE(IsRefused(Embedding(OneThread(), args), "null"));
  args = good;
  args.token_ids = nullptr;
  EXPECT_TRUE(IsRefused(Embedding(OneThread(), args), "null"));
  args = good;
  args.table.data = nullptr;
  EXPECT_TRUE(IsRefused(Embedding(OneThread(), args), "null"));
  args = good;
  args.table.n = -5;
  EXPECT_TRUE(IsRefused(Embedding(OneThread(), args), "-5"));
  for (const int32_t id : {-1, 20, 1 << 30}) {
    ids[1] = id;
    EXPECT_TRUE(IsRefused(Embedding(OneThread(), good), std::to_string(id)));
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, EmbeddingTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::ops
