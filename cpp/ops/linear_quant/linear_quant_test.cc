// SPDX-License-Identifier: Apache-2.0
#include "ops/linear_quant/linear_quant.h"

#include <gtest/gtest.h>

#include "ops/linear_quant/linear_quant_problem.h"
#include "ops/linear_quant/linear_quant_ref.h"
#include "ops/qwen3_shapes.h"
#include "ops/swiglu/swiglu.h"
#include "testing/backend_fixture.h"
#include "testing/generators.h"

namespace qwenjet::ops {
namespace {

using layout::OffsetType;
using layout::QuantScheme;
using layout::ScaleType;
using ::qwenjet::testing::Filled;
using ::qwenjet::testing::GuardedMatrix;
using ::qwenjet::testing::IsRefused;
using ::qwenjet::testing::MatchesAndCanFail;
using ::qwenjet::testing::RandomVector;
using ::qwenjet::testing::Rng;
using ::qwenjet::testing::SameBits;
using ::qwenjet::testing::SomeOf;
using ::qwenjet::testing::ToDense;
using ::qwenjet::testing::Tolerance;
using ::qwenjet::testing::Values;

// From this many rows on, amx dequantises (kMinTileRows in linear_quant_cpu.cc).
constexpr int64_t kAmxTileRows = 24;
constexpr DType kTypes[] = {DType::kBFloat16, DType::kFloat32};

struct Case {
  int64_t t = 1;
  int64_t n = 1;
  int64_t k = 1;
  QuantScheme scheme;
  DType x = DType::kFloat32;
  DType y = DType::kFloat32;
  bool has_bias = false;
  bool permuted = false;
  Activations activations = Activations::kInt8;
  Values values = Values::kNormal;
};

// The schemes of stored formats.
const std::vector<QuantScheme>& CommonSchemes() {
  static const std::vector<QuantScheme> schemes = {
      {4, 32, ScaleType::kF16, OffsetType::kSymmetric},
      {4, 128, ScaleType::kBF16, OffsetType::kZeroPoint},
      {4, 32, ScaleType::kTwoLevel, OffsetType::kMinimum},
      {5, 32, ScaleType::kF16, OffsetType::kMinimum},
      {6, 16, ScaleType::kTwoLevel, OffsetType::kSymmetric},
      {8, 32, ScaleType::kF16, OffsetType::kSymmetric},
      {8, 128, ScaleType::kF32, OffsetType::kZeroPoint},
  };
  return schemes;
}

class LinearQuantTest : public ::qwenjet::testing::BackendTest {
 protected:
  LinearQuantRefOptions OptionsOf(const Case& c) {
    LinearQuantRefOptions options;
    const bool bf16_dot = GetParam().HasBf16Dot();
    if (c.activations != Activations::kExact) {
      const bool tiles = GetParam().isa == Isa::kAmx && c.t >= kAmxTileRows;
      options.mode = tiles                                  ? LinearQuantRefMode::kBf16
                     : c.activations == Activations::kInt16 ? LinearQuantRefMode::kInt16
                                                            : LinearQuantRefMode::kInt8;
    } else if (bf16_dot && c.x == DType::kBFloat16) {
      options.mode = LinearQuantRefMode::kBf16;
    }
    options.denormals_may_be_zero = options.mode == LinearQuantRefMode::kBf16;
    return options;
  }

  void Check(const Case& c) {
    SCOPED_TRACE(::testing::Message()
                 << "T " << c.t << " N " << c.n << " K " << c.k << " " << NameOf(c.scheme) << " x "
                 << NameOf(c.x) << " y " << NameOf(c.y) << (c.has_bias ? " bias" : "")
                 << (c.permuted ? " permuted" : "") << " activations "
                 << static_cast<int>(c.activations) << " values " << static_cast<int>(c.values));
    Rng rng(static_cast<uint64_t>(c.t * 1000000 + c.n * 1000 + c.k));
    const GuardedMatrix x = Filled(c.x, c.t, c.k, c.values, rng, {1, 5});
    const QuantProblem w(c.scheme, c.n, c.k, rng, c.permuted);
    const std::vector<float> bias = RandomVector(c.n, c.values, rng);
    const std::vector<double> wide_bias = ::qwenjet::testing::Widened(bias);
    LinearQuantRefOptions options = OptionsOf(c);
    if (c.has_bias) options.bias = &wide_bias;
    const int64_t budget = std::max<int64_t>(8, 40000 / std::max<int64_t>(c.k, 1));
    const auto expected = LinearQuantRef(ToDense(x.view()), w.Numbers(), SomeOf(c.t, 13),
                                         SomeOf(c.n, std::max<int64_t>(4, budget / 13)), options);
    GuardedMatrix y(c.y, c.t, c.n, {3, 2}), again(c.y, c.t, c.n, {1, 0});
    LinearQuantArgs args = {x.view(), w.view, c.has_bias ? bias.data() : nullptr, y.view(),
                            c.activations};
    ASSERT_TRUE(LinearQuant(OneThread(), args).ok());
    const double bound = LinearQuantBound(options.mode, c.k, c.scheme.group_size);
    EXPECT_TRUE(MatchesAndCanFail(y.view(), expected, Tolerance::Quant(bound)));
    EXPECT_TRUE(y.GuardsIntact());
    for (int64_t row = 0; row < c.t; ++row) {
      for (int64_t col = 0; col < c.n; ++col) {
        ASSERT_FALSE(std::isnan(y.Get(row, col))) << "[" << row << ", " << col << "]";
      }
    }
    if (!RepeatWithThreeThreads()) return;
    args.y = again.view();
    ASSERT_TRUE(LinearQuant(ThreeThreads(), args).ok());
    EXPECT_TRUE(SameBits(again.view(), y.view()));
  }
};

constexpr Activations kWays[] = {Activations::kInt8, Activations::kInt16, Activations::kExact};

TEST_P(LinearQuantTest, MatchesTheOracleForEveryScheme) {
  int64_t i = 0;
  for (const QuantScheme& scheme : AllSchemes()) {
    for (const Activations activations : kWays) {
      const DType x = kTypes[i % 2];
      Check({1 + i % 3, 19, 300, scheme, x, DType::kFloat32, i % 2 == 0, false, activations});
      ++i;
    }
  }
}

TEST_P(LinearQuantTest, MatchesTheOracleForEveryNumberOfRows) {
  for (const QuantScheme& scheme : CommonSchemes()) {
    for (const int64_t t : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 24, 33, 65}) {
      Check({t, 35, 96, scheme, kTypes[t % 2], DType::kFloat32, t % 2 == 0});
    }
    for (const int64_t t : {1, 6, 17}) {
      for (const DType x : kTypes) {
        for (const DType y : kTypes) {
          for (const Activations activations : kWays) {
            Check({t, 35, 96, scheme, x, y, true, false, activations});
          }
        }
      }
    }
  }
}

TEST_P(LinearQuantTest, MatchesTheOracleForEveryWidthAndDepth) {
  for (const QuantScheme& scheme : CommonSchemes()) {
    for (const Activations activations : kWays) {
      for (const int64_t k :
           {1, 2, 3, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 129, 255, 257, 576}) {
        for (const int64_t t : {1, 18}) {
          Check({t, 17, k, scheme, kTypes[k % 2], DType::kFloat32, false, false, activations});
        }
      }
      for (const int64_t n : {1, 15, 16, 32, 33, 63, 64, 65, 300}) {
        Check({3, n, 64, scheme, kTypes[n % 2], DType::kFloat32, true, false, activations});
      }
    }
  }
}

TEST_P(LinearQuantTest, PermutesTheColumns) {
  for (const QuantScheme& scheme : CommonSchemes()) {
    for (const Activations activations : kWays) {
      for (const DType x : kTypes) {
        for (const int64_t t : {1, 19}) {
          Check({t, 20, 165, scheme, x, DType::kFloat32, false, true, activations});
        }
      }
    }
  }
}

TEST_P(LinearQuantTest, MatchesTheOracleForHardValues) {
  for (const QuantScheme& scheme : CommonSchemes()) {
    for (const Values values :
         {Values::kAlternating, Values::kOutliers, Values::kDenormals, Values::kSmallIntegers}) {
      for (const Activations activations : kWays) {
        for (const int64_t t : {1, 18}) {
          Check({t, 33, 256, scheme, DType::kFloat32, DType::kFloat32, true, false, activations,
                 values});
          Check({t, 33, 256, scheme, DType::kBFloat16, DType::kBFloat16, false, false, activations,
                 values});
        }
      }
    }
  }
}

TEST_P(LinearQuantTest, MatchesTheOracleForRealShapes) {
  for (const ModelShape& model : kModelShapes) {
    const bool small = model.hidden_size < 600;
    for (const int64_t t : {1, 18}) {
      const QuantScheme& scheme = CommonSchemes()[static_cast<size_t>(t % 7)];
      Check({t, small ? model.QkvSize() : 48, model.hidden_size, scheme});
      Check({t, 17, model.intermediate_size, scheme, DType::kBFloat16});
      if (!small) continue;
      Check({t, model.hidden_size, model.intermediate_size, scheme, DType::kFloat32,
             DType::kFloat32, false, false, Activations::kExact});
    }
  }
}

// Large integers of one sign: sums of products that leave no room in 16 bits.
TEST_P(LinearQuantTest, LargestCodesAndColumnsDoNotOverflow) {
  for (const int32_t bits : {4, 5, 6, 8}) {
    for (const double sign : {1.0, -1.0}) {
      for (const int fill : {0, 255}) {
        Rng rng(3);
        QuantProblem w({bits, 128, ScaleType::kF16, OffsetType::kZeroPoint}, 16, 256, rng);
        for (uint8_t& code : w.rows.codes) {
          code = static_cast<uint8_t>(fill & ((1 << bits) - 1));
        }
        auto* block = reinterpret_cast<std::byte*>(w.memory.data());
        PackQuantBlock(w.view, 16, w.rows.From(0, w.view), block);
        GuardedMatrix x(DType::kFloat32, 13, 256), y(DType::kFloat32, 13, 16);
        // Half a step below the largest: a second term is at its end as well.
        for (int64_t row = 0; row < 13; ++row) {
          for (int64_t col = 0; col < 256; ++col) {
            x.Set(row, col, col % 128 == 0 ? sign : sign * 126.499 / 127);
          }
        }
        Case c;
        c.t = 13;
        for (const Activations activations : {Activations::kInt8, Activations::kInt16}) {
          c.activations = activations;
          const LinearQuantRefOptions options = OptionsOf(c);
          const auto expected = LinearQuantRef(ToDense(x.view()), w.Numbers(), SomeOf(13, 13),
                                               SomeOf(16, 16), options);
          ASSERT_TRUE(
              LinearQuant(OneThread(), {x.view(), w.view, nullptr, y.view(), activations}).ok());
          EXPECT_TRUE(MatchesAndCanFail(
              y.view(), expected, Tolerance::Quant(LinearQuantBound(options.mode, 256, 128))));
        }
      }
    }
  }
}

TEST_P(LinearQuantTest, MatchesTheOracleForTheLargestNumbers) {
  for (const int64_t t : {3, 40}) {
    Rng rng(4);
    const QuantProblem w(CommonSchemes()[0], 35, 64, rng);
    GuardedMatrix x(DType::kFloat32, t, 64), y(DType::kFloat32, t, 35);
    for (int64_t row = 0; row < t; ++row) {
      for (int64_t col = 0; col < 64; ++col) x.Set(row, col, rng.Normal() * 0x1p106);
    }
    Case c;
    c.t = t;
    LinearQuantRefOptions options = OptionsOf(c);
    const auto expected =
        LinearQuantRef(ToDense(x.view()), w.Numbers(), SomeOf(t, 13), SomeOf(35, 35), options);
    ASSERT_TRUE(LinearQuant(OneThread(), {x.view(), w.view, nullptr, y.view()}).ok());
    EXPECT_TRUE(MatchesAndCanFail(y.view(), expected,
                                  Tolerance::Quant(LinearQuantBound(options.mode, 64, 32))));
  }
}

// What quantised activations cost beside exact ones, which the header does not bound: a mistake in
// scales would show as more than a half of a 127th of the largest element, for every product, or of
// a 254th of that.
TEST_P(LinearQuantTest, QuantisedActivationsStayNearExactOnes) {
  Rng rng(8);
  const GuardedMatrix x = Filled(DType::kFloat32, 3, 512, Values::kNormal, rng);
  const QuantProblem w(CommonSchemes()[0], 40, 512, rng);
  GuardedMatrix y(DType::kFloat32, 3, 40), exact(DType::kFloat32, 3, 40);
  ASSERT_TRUE(
      LinearQuant(OneThread(), {x.view(), w.view, nullptr, exact.view(), Activations::kExact})
          .ok());
  for (const Activations activations : {Activations::kInt8, Activations::kInt16}) {
    ASSERT_TRUE(LinearQuant(OneThread(), {x.view(), w.view, nullptr, y.view(), activations}).ok());
    double error = 0, size = 0;
    for (int64_t row = 0; row < 3; ++row) {
      for (int64_t col = 0; col < 40; ++col) {
        const double difference = y.Get(row, col) - exact.Get(row, col);
        error += difference * difference;
        size += exact.Get(row, col) * exact.Get(row, col);
      }
    }
    EXPECT_GT(error, 0);
    // The largest of 32 is under 4 deviations.
    const double step = 1.0 / 127 / (activations == Activations::kInt16 ? 254 : 1);
    EXPECT_LT(std::sqrt(error / size), 0.5 * step * 4);
  }
}

TEST_P(LinearQuantTest, NoDepthGivesTheBias) {
  const std::vector<float> bias = {1.5f, -2.0f, 3.25f};
  Rng rng(1);
  for (const Activations activations : kWays) {
    for (const QuantScheme& scheme : CommonSchemes()) {
      for (const int64_t t : {4, 20}) {
        GuardedMatrix y(DType::kFloat32, t, 3, {1, 1}), x(DType::kFloat32, t, 0);
        const QuantProblem w(scheme, 3, 0, rng);
        ASSERT_TRUE(
            LinearQuant(OneThread(), {x.view(), w.view, bias.data(), y.view(), activations}).ok());
        for (int64_t row = 0; row < t; ++row) {
          for (int64_t col = 0; col < 3; ++col) {
            EXPECT_EQ(y.Get(row, col), static_cast<double>(bias[static_cast<size_t>(col)]));
          }
        }
        EXPECT_TRUE(y.GuardsIntact());
      }
    }
  }
}

// Rows computed `group` at a time have the bits of all rows at once.
TEST_P(LinearQuantTest, ARowsBitsDoNotDependOnTheOthers) {
  constexpr int64_t kT = 29, kN = 50, kK = 165;
  for (const QuantScheme& scheme : CommonSchemes()) {
    for (const Activations activations : kWays) {
      for (const DType x_dtype : kTypes) {
        Rng rng(5);
        const GuardedMatrix x = Filled(x_dtype, kT, kK, Values::kNormal, rng);
        const QuantProblem w(scheme, kN, kK, rng);
        const auto in_groups = [&](int64_t group, GuardedMatrix& y) {
          for (int64_t row = 0; row < kT; row += group) {
            LinearQuantArgs args = {x.view(), w.view, nullptr, y.view(), activations};
            args.x.data = x.view().Row(row);
            args.y.data = y.view().Row(row);
            args.x.rows = args.y.rows = std::min(group, kT - row);
            ASSERT_TRUE(LinearQuant(OneThread(), args).ok());
          }
        };
        GuardedMatrix single(DType::kFloat32, kT, kN), all(DType::kFloat32, kT, kN);
        in_groups(1, single);
        in_groups(kT, all);
        const bool two_ways = GetParam().isa == Isa::kAmx && activations != Activations::kExact;
        for (const int64_t group : {2, 3, 5, 8, 12, 15, 29}) {
          SCOPED_TRACE(::testing::Message() << NameOf(scheme) << ", rows at a time " << group);
          GuardedMatrix grouped(DType::kFloat32, kT, kN);
          in_groups(group, grouped);
          const bool tiled = two_ways && group >= kAmxTileRows;
          EXPECT_TRUE(SameBits(grouped.view(), (tiled ? all : single).view()));
        }
      }
    }
  }
}

TEST_P(LinearQuantTest, AGatedProductIsTheProductThenSwiglu) {
  for (const QuantScheme& scheme : CommonSchemes()) {
    for (const int64_t inner : {16, 80, 40}) {
      for (const int64_t t : {1, 9, 49}) {
        for (const Activations activations : kWays) {
          Rng rng(8);
          const GuardedMatrix x = Filled(DType::kBFloat16, t, 96, Values::kNormal, rng);
          const QuantProblem w(scheme, 2 * inner, 96, rng);
          GuardedMatrix product(DType::kFloat32, t, 2 * inner);
          GuardedMatrix memory(DType::kFloat32, t, 2 * inner);
          GuardedMatrix expected(DType::kBFloat16, t, inner), y(DType::kBFloat16, t, inner);
          LinearQuantArgs args = {x.view(), w.view, nullptr, product.view(), activations, {}};
          ASSERT_TRUE(LinearQuant(OneThread(), args).ok());
          ASSERT_TRUE(Swiglu(OneThread(), {product.view(), expected.view()}).ok());
          args.y = y.view();
          args.ungated = memory.view();
          ASSERT_TRUE(LinearQuant(OneThread(), args).ok());
          EXPECT_TRUE(SameBits(y.view(), expected.view())) << NameOf(scheme) << " T " << t;
        }
      }
    }
  }
}

TEST_P(LinearQuantTest, ANanStaysInItsRow) {
  for (const QuantScheme& scheme : CommonSchemes()) {
    for (const int64_t rows : {13, 20}) {
      for (const Activations activations : kWays) {
        Rng rng(6);
        GuardedMatrix x = Filled(DType::kFloat32, rows, 64, Values::kNormal, rng);
        x.Set(7, 33, NAN);
        x.Set(9, 1, INFINITY);
        const QuantProblem w(scheme, 20, 64, rng);
        GuardedMatrix y(DType::kFloat32, rows, 20);
        ASSERT_TRUE(
            LinearQuant(OneThread(), {x.view(), w.view, nullptr, y.view(), activations}).ok());
        for (int64_t row = 0; row < rows; ++row) {
          EXPECT_EQ(!std::isfinite(y.Get(row, 5)), row == 7 || row == 9) << row;
        }
      }
    }
  }
}

TEST_P(LinearQuantTest, RefusesWrongArguments) {
  Rng rng(1);
  const GuardedMatrix x = Filled(DType::kFloat32, 3, 12, Values::kNormal, rng);
  const QuantProblem w({}, 20, 12, rng);
  GuardedMatrix y(DType::kFloat32, 3, 20);
  const LinearQuantArgs good = {x.view(), w.view, nullptr, y.view()};
  ASSERT_TRUE(LinearQuant(OneThread(), good).ok());
  const auto refused = [&](auto change, const char* got) {
    LinearQuantArgs args = good;
    change(args);
    return IsRefused(LinearQuant(OneThread(), args), got);
  };
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.x.cols = 11; }, "11"));
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.y.cols = 19; }, "19"));
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.y.rows = 2; }, "2"));
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.x.rows = -4; }, "-4"));
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.x.row_stride = 7; }, "7"));
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.y.row_stride = 13; }, "13"));
  EXPECT_TRUE(refused(
      [](LinearQuantArgs& a) {
        a.w.n = -6;
        a.y.cols = -6;
      },
      "-6"));
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.x.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.y.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.w.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.w.data += 4; }, "64 bytes"));
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.w.scheme.bits = 3; }, "3"));
  EXPECT_TRUE(refused([](LinearQuantArgs& a) { a.w.scheme.group_size = 256; }, "256"));
  EXPECT_TRUE(
      refused([](LinearQuantArgs& a) { a.w.scheme.scale_type = static_cast<ScaleType>(9); }, "9"));
  EXPECT_TRUE(refused(
      [](LinearQuantArgs& a) { a.w.scheme.offset_type = static_cast<OffsetType>(-1); }, "-1"));
  std::vector<int32_t> permutation = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12};
  EXPECT_TRUE(refused([&](LinearQuantArgs& a) { a.w.permutation = permutation.data(); }, "12"));
}

INSTANTIATE_TEST_SUITE_P(Backends, LinearQuantTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::ops
