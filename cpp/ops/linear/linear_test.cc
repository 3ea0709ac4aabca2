// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/linear.h"

#include <gtest/gtest.h>

#include "ops/linear/linear_ref.h"
#include "ops/qwen3_shapes.h"
#include "ops/swiglu/swiglu.h"
#include "testing/backend_fixture.h"
#include "testing/generators.h"

namespace qwenjet::ops {
namespace {

using ::qwenjet::testing::Filled;
using ::qwenjet::testing::GuardedMatrix;
using ::qwenjet::testing::IsRefused;
using ::qwenjet::testing::MatchesAndCanFail;
using ::qwenjet::testing::RandomVector;
using ::qwenjet::testing::Rng;
using ::qwenjet::testing::SameBits;
using ::qwenjet::testing::SomeOf;
using ::qwenjet::testing::TiledBuffer;
using ::qwenjet::testing::ToDense;
using ::qwenjet::testing::Tolerance;
using ::qwenjet::testing::Values;

constexpr DType kTypes[] = {DType::kBFloat16, DType::kFloat32};

struct Types {
  DType x = DType::kBFloat16;
  DType w = DType::kBFloat16;
  DType y = DType::kFloat32;
};

struct Case {
  int64_t t = 1;
  int64_t n = 1;
  int64_t k = 1;
  Types types;
  bool has_bias = false;
  Values x_values = Values::kNormal;
  Values w_values = Values::kNormal;
};

class LinearTest : public ::qwenjet::testing::BackendTest {
 protected:
  void Check(const Case& c) {
    SCOPED_TRACE(::testing::Message()
                 << "T " << c.t << " N " << c.n << " K " << c.k << " x " << NameOf(c.types.x)
                 << " w " << NameOf(c.types.w) << " y " << NameOf(c.types.y)
                 << (c.has_bias ? " bias" : "") << " values " << static_cast<int>(c.x_values));
    Rng rng(static_cast<uint64_t>(c.t * 1000000 + c.n * 1000 + c.k));
    const GuardedMatrix x = Filled(c.types.x, c.t, c.k, c.x_values, rng, {1, 5});
    const GuardedMatrix w = Filled(c.types.w, c.n, c.k, c.w_values, rng);
    const TiledBuffer tiled(c.types.w, w.view());
    const std::vector<float> bias = RandomVector(c.n, c.x_values, rng);
    const std::vector<double> wide_bias = ::qwenjet::testing::Widened(bias);
    LinearRefOptions options;
    if (c.has_bias) options.bias = &wide_bias;
    options.denormals_may_be_zero =
        GetParam().HasBf16Dot() && c.types.x == DType::kBFloat16 && c.types.w == DType::kBFloat16;
    // The oracle computes at most some 60,000 products a case.
    const int64_t budget = std::max<int64_t>(8, 60000 / std::max<int64_t>(c.k, 1));
    const auto expected = LinearRef(ToDense(x.view()), ToDense(w.view()), SomeOf(c.t, 12),
                                    SomeOf(c.n, std::max<int64_t>(4, budget / 12)), options);
    GuardedMatrix y(c.types.y, c.t, c.n, {3, 2}), again(c.types.y, c.t, c.n, {1, 0});
    LinearArgs args = {x.view(), tiled.view, c.has_bias ? bias.data() : nullptr, y.view()};
    ASSERT_TRUE(Linear(OneThread(), args).ok());
    const bool exact = c.x_values == Values::kSmallIntegers && c.w_values == Values::kSmallIntegers;
    EXPECT_TRUE(MatchesAndCanFail(y.view(), expected,
                                  exact ? Tolerance::Exact() : Tolerance::Bound(LinearBound(c.k))));
    EXPECT_TRUE(y.GuardsIntact());
    for (int64_t row = 0; row < c.t; ++row) {
      for (int64_t col = 0; col < c.n; ++col) {
        ASSERT_FALSE(std::isnan(y.Get(row, col))) << "[" << row << ", " << col << "]";
      }
    }
    if (!RepeatWithThreeThreads()) return;
    args.y = again.view();
    ASSERT_TRUE(Linear(ThreeThreads(), args).ok());
    EXPECT_TRUE(SameBits(again.view(), y.view()));
  }
};

std::vector<Types> AllTypes() {
  std::vector<Types> all;
  for (const DType x : kTypes) {
    for (const DType w : kTypes) {
      for (const DType y : kTypes) all.push_back({x, w, y});
    }
  }
  return all;
}

TEST_P(LinearTest, MatchesTheOracleForEveryNumberOfRows) {
  for (const Types& types : AllTypes()) {
    for (const int64_t t : {0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 31, 32, 33, 65}) {
      Check({t, 35, 70, types, t % 2 == 0});
    }
  }
}

TEST_P(LinearTest, MatchesTheOracleForEveryWidthAndDepth) {
  for (const Types& types : AllTypes()) {
    for (const int64_t k : {1, 2, 15, 31, 32, 33, 63, 64, 65, 576}) {
      for (const int64_t t : {1, 6, 19}) Check({t, 33, k, types, k % 2 == 0});
    }
    for (const int64_t n : {1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 128}) {
      for (const int64_t t : {1, 6, 19}) Check({t, n, 40, types, n % 2 == 0});
    }
  }
}

TEST_P(LinearTest, ExactInputsGiveExactSums) {
  for (const Types& types : AllTypes()) {
    for (const int64_t t : {1, 5, 34}) {
      Check({t, 50, 300, types, true, Values::kSmallIntegers, Values::kSmallIntegers});
    }
  }
}

TEST_P(LinearTest, MatchesTheOracleForHardValues) {
  for (const Types& types : AllTypes()) {
    for (const int64_t t : {1, 18}) {
      Check({t, 33, 512, types, true, Values::kAlternating, Values::kOffset});
      Check({t, 33, 512, types, false, Values::kOutliers, Values::kOutliers});
      Check({t, 33, 128, types, true, Values::kDenormals, Values::kNormal});
      Check({t, 33, 128, types, false, Values::kNormal, Values::kDenormals});
    }
  }
}

TEST_P(LinearTest, MatchesTheOracleForRealShapes) {
  // The smallest layer whole; of the others every depth with few outputs.
  for (const ModelShape& model : kModelShapes) {
    const bool small = model.hidden_size < 600;
    for (const int64_t t : {1, 18}) {
      Check({t, small ? model.QkvSize() : 48, model.hidden_size, {}, true});
      Check({t, 17, model.intermediate_size, {}, false});
    }
  }
}

TEST_P(LinearTest, NoDepthGivesTheBias) {
  const std::vector<float> bias = {1.5f, -2.0f, 3.25f};
  for (const DType dtype : kTypes) {
    GuardedMatrix y(DType::kFloat32, 4, 3, {1, 1}), x(dtype, 4, 0), w(dtype, 3, 0);
    const TiledBuffer tiled(dtype, w.view());
    ASSERT_TRUE(Linear(OneThread(), {x.view(), tiled.view, bias.data(), y.view()}).ok());
    for (int64_t row = 0; row < 4; ++row) {
      for (int64_t col = 0; col < 3; ++col) {
        EXPECT_EQ(y.Get(row, col), static_cast<double>(bias[static_cast<size_t>(col)]));
      }
    }
    ASSERT_TRUE(Linear(OneThread(), {x.view(), tiled.view, nullptr, y.view()}).ok());
    for (int64_t row = 0; row < 4; ++row) EXPECT_EQ(y.Get(row, 2), 0.0);
    EXPECT_TRUE(y.GuardsIntact());
  }
}

TEST_P(LinearTest, NoOutputsLeaveEverythingAsItIs) {
  GuardedMatrix y(DType::kFloat32, 4, 0, {0, 6}), x(DType::kFloat32, 4, 8),
      w(DType::kFloat32, 0, 8);
  const TiledBuffer tiled(DType::kFloat32, w.view());
  ASSERT_TRUE(Linear(OneThread(), {x.view(), tiled.view, nullptr, y.view()}).ok());
  EXPECT_TRUE(y.GuardsIntact());
}

// Rows computed `group` at a time have the bits of all rows at once.
TEST_P(LinearTest, ARowsBitsDoNotDependOnTheOthers) {
  constexpr int64_t kT = 33, kN = 50, kK = 165;
  for (const Types& types : AllTypes()) {
    Rng rng(5);
    const GuardedMatrix x = Filled(types.x, kT, kK, Values::kNormal, rng);
    const GuardedMatrix w = Filled(types.w, kN, kK, Values::kNormal, rng);
    const TiledBuffer tiled(types.w, w.view());
    const auto in_groups = [&](int64_t group, GuardedMatrix& y) {
      for (int64_t row = 0; row < kT; row += group) {
        LinearArgs args = {x.view(), tiled.view, nullptr, y.view()};
        args.x.data = x.view().Row(row);
        args.y.data = y.view().Row(row);
        args.x.rows = args.y.rows = std::min(group, kT - row);
        ASSERT_TRUE(Linear(group > 4 ? ThreeThreads() : OneThread(), args).ok());
      }
    };
    // On amx the header promises it among calls of up to 4 rows and among larger ones.
    const bool two_kernels =
        GetParam().isa == Isa::kAmx && types.x == DType::kBFloat16 && types.w == DType::kBFloat16;
    GuardedMatrix all(types.y, kT, kN), single(types.y, kT, kN);
    in_groups(kT, all);
    in_groups(1, single);
    // The rest after the last whole group is on the same side of 4 as the group.
    for (const int64_t group : {1, 2, 3, 4, 11, 14, 28}) {
      SCOPED_TRACE(::testing::Message() << "rows at a time " << group << ", x " << NameOf(types.x)
                                        << " w " << NameOf(types.w));
      GuardedMatrix grouped(types.y, kT, kN);
      in_groups(group, grouped);
      GuardedMatrix& reference = two_kernels && group <= 4 ? single : all;
      EXPECT_TRUE(SameBits(grouped.view(), reference.view()));
    }
  }
}

// Whether a path gates as it goes or afterwards, the bits are those of the two operators.
TEST_P(LinearTest, AGatedProductIsTheProductThenSwiglu) {
  for (const Types& types : AllTypes()) {
    for (const int64_t inner : {16, 80, 144, 40}) {
      for (const int64_t t : {0, 1, 5, 20, 49}) {
        SCOPED_TRACE(::testing::Message() << "T " << t << " inner " << inner << " x "
                                          << NameOf(types.x) << " w " << NameOf(types.w));
        Rng rng(3);
        const GuardedMatrix x = Filled(types.x, t, 70, Values::kNormal, rng);
        const GuardedMatrix w = Filled(types.w, 2 * inner, 70, Values::kNormal, rng);
        const TiledBuffer tiled(types.w, w.view());
        GuardedMatrix product(DType::kFloat32, t, 2 * inner), memory(DType::kFloat32, t, 2 * inner);
        GuardedMatrix expected(types.y, t, inner), y(types.y, t, inner, {1, 3});
        const LinearArgs plain = {x.view(), tiled.view, nullptr, product.view(), {}};
        ASSERT_TRUE(Linear(OneThread(), plain).ok());
        ASSERT_TRUE(Swiglu(OneThread(), {product.view(), expected.view()}).ok());
        const LinearArgs gated = {x.view(), tiled.view, nullptr, y.view(), memory.view()};
        ASSERT_TRUE(Linear(OneThread(), gated).ok());
        EXPECT_TRUE(SameBits(y.view(), expected.view()));
        EXPECT_TRUE(y.GuardsIntact());
      }
    }
  }
}

TEST_P(LinearTest, ANanStaysInItsRow) {
  for (const Types& types : AllTypes()) {
    Rng rng(6);
    GuardedMatrix x = Filled(types.x, 20, 64, Values::kNormal, rng);
    x.Set(7, 33, NAN);
    x.Set(9, 1, INFINITY);
    const GuardedMatrix w = Filled(types.w, 20, 64, Values::kOffset, rng);
    const TiledBuffer tiled(types.w, w.view());
    GuardedMatrix y(types.y, 20, 20);
    ASSERT_TRUE(Linear(OneThread(), {x.view(), tiled.view, nullptr, y.view()}).ok());
    for (int64_t row = 0; row < 20; ++row) {
      EXPECT_EQ(std::isnan(y.Get(row, 5)), row == 7);
      EXPECT_EQ(std::isinf(y.Get(row, 5)), row == 9);
    }
  }
}

TEST_P(LinearTest, RefusesWrongArguments) {
  Rng rng(1);
  const GuardedMatrix x = Filled(DType::kFloat32, 3, 12, Values::kNormal, rng);
  const GuardedMatrix w = Filled(DType::kBFloat16, 20, 12, Values::kNormal, rng);
  const TiledBuffer tiled(DType::kBFloat16, w.view());
  GuardedMatrix y(DType::kFloat32, 3, 20);
  const LinearArgs good = {x.view(), tiled.view, nullptr, y.view()};
  ASSERT_TRUE(Linear(OneThread(), good).ok());
  const auto refused = [&](auto change, const char* got) {
    LinearArgs args = good;
    change(args);
    return IsRefused(Linear(OneThread(), args), got);
  };
  EXPECT_TRUE(refused([](LinearArgs& a) { a.x.cols = 11; }, "11"));
  EXPECT_TRUE(refused([](LinearArgs& a) { a.y.cols = 19; }, "19"));
  EXPECT_TRUE(refused([](LinearArgs& a) { a.y.rows = 2; }, "2"));
  GuardedMatrix memory(DType::kFloat32, 3, 20);
  EXPECT_TRUE(refused([&](LinearArgs& a) { a.ungated = memory.view(); }, "expected 40, got 20"));
  EXPECT_TRUE(refused(
      [&](LinearArgs& a) {
        a.ungated = memory.view();
        a.ungated.rows = 2;
        a.y.cols = 10;
      },
      "ungated"));
  EXPECT_TRUE(refused([](LinearArgs& a) { a.x.rows = -4; }, "-4"));
  EXPECT_TRUE(refused([](LinearArgs& a) { a.x.row_stride = 7; }, "7"));
  EXPECT_TRUE(refused([](LinearArgs& a) { a.y.row_stride = 13; }, "13"));
  EXPECT_TRUE(refused(
      [](LinearArgs& a) {
        a.w.n = -6;
        a.y.cols = -6;
      },
      "-6"));
  EXPECT_TRUE(refused([](LinearArgs& a) { a.x.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([](LinearArgs& a) { a.y.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([](LinearArgs& a) { a.w.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([](LinearArgs& a) { a.x.dtype = DType::kInt8; }, "x: expected float32"));
  EXPECT_TRUE(refused([](LinearArgs& a) { a.y.dtype = DType::kInt8; }, "y: expected float32"));
  EXPECT_TRUE(refused([](LinearArgs& a) { a.w.dtype = DType::kInt8; }, "w: expected float32"));
}

INSTANTIATE_TEST_SUITE_P(Backends, LinearTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::ops
