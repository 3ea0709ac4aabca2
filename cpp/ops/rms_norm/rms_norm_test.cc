// SPDX-License-Identifier: Apache-2.0
#include "ops/rms_norm/rms_norm.h"

#include <gtest/gtest.h>

#include "ops/qwen3_shapes.h"
#include "ops/rms_norm/rms_norm_ref.h"
#include "testing/backend_fixture.h"
#include "testing/generators.h"

namespace qwenjet::ops {
namespace {

using ::qwenjet::testing::Dense;
using ::qwenjet::testing::Filled;
using ::qwenjet::testing::GuardedMatrix;
using ::qwenjet::testing::IsRefused;
using ::qwenjet::testing::MatchesAndCanFail;
using ::qwenjet::testing::RandomVector;
using ::qwenjet::testing::Rng;
using ::qwenjet::testing::SameBits;
using ::qwenjet::testing::ToDense;
using ::qwenjet::testing::Tolerance;
using ::qwenjet::testing::Values;

struct Case {
  int64_t rows = 1;
  int64_t cols = 1;
  bool has_delta = false;
  DType y = DType::kFloat32;
  bool in_place = false;
  Values values = Values::kNormal;
  float eps = 1e-6f;
};

class RmsNormTest : public ::qwenjet::testing::BackendTest {
 protected:
  void Check(const Case& c) {
    SCOPED_TRACE(::testing::Message()
                 << "[" << c.rows << ", " << c.cols << "] to " << NameOf(c.y)
                 << (c.has_delta ? " with delta" : "") << (c.in_place ? " in place" : "")
                 << " values " << static_cast<int>(c.values));
    const uint64_t seed = static_cast<uint64_t>(c.rows * 10000 + c.cols);
    Rng rng(seed);
    GuardedMatrix x = Filled(DType::kFloat32, c.rows, c.cols, c.values, rng, {1, 3});
    const GuardedMatrix delta = Filled(DType::kFloat32, c.rows, c.cols, c.values, rng, {3, 1});
    const std::vector<float> weight = RandomVector(c.cols, Values::kNormal, rng);
    const Dense dense_delta = ToDense(delta.view());
    const RmsNormRefResult expected =
        RmsNormRef(ToDense(x.view()), c.has_delta ? &dense_delta : nullptr,
                   ::qwenjet::testing::Widened(weight), static_cast<double>(c.eps));
    GuardedMatrix x_again(DType::kFloat32, c.rows, c.cols);
    for (int64_t r = 0; r < c.rows; ++r) {
      for (int64_t i = 0; i < c.cols; ++i) x_again.Set(r, i, x.Get(r, i));
    }
    GuardedMatrix y(c.y, c.rows, c.cols, {5, 2}), y_again(c.y, c.rows, c.cols, {2, 0});
    RmsNormArgs args;
    args.x = x.view();
    if (c.has_delta) args.delta = delta.view();
    args.weight = weight.data();
    args.eps = c.eps;
    args.y = c.in_place ? x.view() : y.view();
    ASSERT_TRUE(RmsNorm(OneThread(), args).ok());
    EXPECT_TRUE(MatchesAndCanFail(args.y, expected.y, Tolerance::Bound(RmsNormBound(c.cols))));
    if (!c.in_place) {
      EXPECT_TRUE(MatchesAndCanFail(x.view(), expected.x, Tolerance::Exact()));
    }
    EXPECT_TRUE(x.GuardsIntact());
    EXPECT_TRUE(y.GuardsIntact());

    if (!RepeatWithThreeThreads()) return;
    args.x = x_again.view();
    const layout::Matrix first_y = args.y;
    args.y = y_again.view();
    ASSERT_TRUE(RmsNorm(ThreeThreads(), args).ok());
    EXPECT_TRUE(SameBits(y_again.view(), first_y));
    if (!c.in_place) {
      EXPECT_TRUE(SameBits(x_again.view(), x.view()));
    }
  }
};

TEST_P(RmsNormTest, MatchesTheOracleForEveryShape) {
  for (const int64_t cols : {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 511}) {
    for (const int64_t rows : {0, 1, 2, 5}) {
      for (const bool has_delta : {false, true}) {
        for (const DType y : {DType::kFloat32, DType::kBFloat16}) Check({rows, cols, has_delta, y});
      }
    }
  }
}

TEST_P(RmsNormTest, MatchesTheOracleForRealShapes) {
  for (const ModelShape& model : kModelShapes) {
    Check({3, model.hidden_size, true, DType::kBFloat16});
    Check({2, model.head_dim, false, DType::kFloat32});
  }
}

TEST_P(RmsNormTest, MatchesTheOracleForHardValues) {
  for (const Values values :
       {Values::kAlternating, Values::kOutliers, Values::kDenormals, Values::kSmallIntegers}) {
    Check({3, 257, true, DType::kFloat32, false, values});
    Check({3, 257, true, DType::kBFloat16, false, values});
  }
  Check({2, 64, false, DType::kFloat32, false, Values::kNormal, 0.0f});
  Check({2, 64, false, DType::kFloat32, false, Values::kNormal, 10.0f});
}

TEST_P(RmsNormTest, WritesOverItsInput) {
  for (const bool has_delta : {false, true}) {
    for (const int64_t cols : {1, 33, 128}) Check({3, cols, has_delta, DType::kFloat32, true});
  }
}

TEST_P(RmsNormTest, ARowsBitsDoNotDependOnTheOthers) {
  Rng rng(7);
  const GuardedMatrix x = Filled(DType::kFloat32, 9, 131, Values::kNormal, rng);
  const std::vector<float> weight = RandomVector(131, Values::kNormal, rng);
  GuardedMatrix all(DType::kFloat32, 9, 131), one(DType::kFloat32, 9, 131, {3, 4});
  RmsNormArgs args;
  args.x = {const_cast<void*>(x.view().data), DType::kFloat32, 9, 131, 131};
  args.weight = weight.data();
  args.eps = 1e-6f;
  args.y = all.view();
  ASSERT_TRUE(RmsNorm(ThreeThreads(), args).ok());
  for (int64_t r = 0; r < 9; ++r) {
    args.x.data = const_cast<char*>(x.view().Row(r));
    args.x.rows = args.y.rows = 1;
    args.y = one.view();
    args.y.data = one.view().Row(r);
    args.y.rows = 1;
    ASSERT_TRUE(RmsNorm(OneThread(), args).ok());
  }
  EXPECT_TRUE(SameBits(one.view(), all.view()));
}

TEST_P(RmsNormTest, ANanStaysInItsRow) {
  Rng rng(8);
  GuardedMatrix x = Filled(DType::kFloat32, 3, 40, Values::kNormal, rng);
  x.Set(1, 17, NAN);
  const std::vector<float> weight(40, 1.0f);
  const RmsNormRefResult expected =
      RmsNormRef(ToDense(x.view()), nullptr, ::qwenjet::testing::Widened(weight), 1e-6f);
  GuardedMatrix y(DType::kFloat32, 3, 40);
  ASSERT_TRUE(RmsNorm(OneThread(), {x.view(), {}, weight.data(), 1e-6f, y.view()}).ok());
  EXPECT_TRUE(MatchesAndCanFail(y.view(), expected.y, Tolerance::Bound(RmsNormBound(40))));
}

TEST_P(RmsNormTest, RefusesWrongArguments) {
  Rng rng(1);
  GuardedMatrix x = Filled(DType::kFloat32, 3, 12, Values::kNormal, rng);
  GuardedMatrix delta = Filled(DType::kFloat32, 3, 12, Values::kNormal, rng);
  GuardedMatrix half(DType::kBFloat16, 3, 12), narrow(DType::kFloat32, 3, 11);
  GuardedMatrix shorter(DType::kFloat32, 2, 12), y(DType::kFloat32, 3, 12);
  const std::vector<float> weight(12, 1.0f);
  const RmsNormArgs good = {x.view(), delta.view(), weight.data(), 1e-6f, y.view()};
  ASSERT_TRUE(RmsNorm(OneThread(), good).ok());
  const auto refused = [&](auto change, const char* got) {
    RmsNormArgs args = good;
    change(args);
    return IsRefused(RmsNorm(OneThread(), args), got);
  };
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.x = half.view(); }, "bfloat16"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.delta = half.view(); }, "bfloat16"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.y = narrow.view(); }, "11"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.delta = narrow.view(); }, "11"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.y = shorter.view(); }, "2"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.delta = shorter.view(); }, "2"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.x.row_stride = 5; }, "5"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.x.rows = -1; }, "-1"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.x.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.y.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.weight = nullptr; }, "null"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.eps = -1.5f; }, "-1.5"));
  EXPECT_TRUE(refused([&](RmsNormArgs& a) { a.eps = NAN; }, "nan"));
}

INSTANTIATE_TEST_SUITE_P(Backends, RmsNormTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::ops
