// SPDX-License-Identifier: Apache-2.0
// The comparator must reject what a broken kernel does: a sign flip, one bad element, a NaN, a
// shifted row, an error just past its allowance.
#include "testing/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/bf16.h"
#include "testing/generators.h"
#include "testing/guarded_matrix.h"
#include "testing/mutation.h"

namespace qwenjet::testing {
namespace {

constexpr int64_t kRows = 5, kCols = 9;

struct Fixture {
  Expected expected{AllOf(kRows), AllOf(kCols)};
  GuardedMatrix actual{DType::kFloat32, kRows, kCols, {3, 2}};
  GuardedMatrix plain{DType::kFloat32, kRows, kCols};

  Fixture() {
    Rng rng(1);
    for (int64_t row = 0; row < kRows; ++row) {
      for (int64_t col = 0; col < kCols; ++col) {
        const double value = rng.Normal();
        const size_t at = static_cast<size_t>(row * kCols + col);
        expected.value[at] = value;
        expected.magnitude[at] = std::fabs(value) + 1;
        actual.Set(row, col, value);
        plain.Set(row, col, value * (1 + 0x1p-22));
      }
    }
  }
  std::vector<Tolerance> Tolerances() {
    return {Tolerance::Exact(), Tolerance::Bound(4), Tolerance::Baseline(plain.view()),
            Tolerance::Quant(4)};
  }
};

void ExpectRejected(const std::function<void(GuardedMatrix&)>& damage, int64_t row, int64_t col) {
  for (size_t i = 0; i < 4; ++i) {
    Fixture f;
    EXPECT_TRUE(Compare(f.actual.view(), f.expected, f.Tolerances()[i]).ok);
    damage(f.actual);
    const Comparison result = Compare(f.actual.view(), f.expected, f.Tolerances()[i]);
    EXPECT_FALSE(result.ok) << "tolerance " << i;
    if (row >= 0) {
      EXPECT_EQ(result.worst_row, row);
      EXPECT_EQ(result.worst_col, col);
      EXPECT_EQ(result.num_wrong, 1);
    }
  }
}

TEST(Compare, RejectsASignFlip) {
  ExpectRejected([](GuardedMatrix& m) { m.Set(2, 3, -m.Get(2, 3)); }, 2, 3);
}

TEST(Compare, RejectsOneBadElement) {
  ExpectRejected([](GuardedMatrix& m) { m.Set(4, 8, m.Get(4, 8) + 1e-3); }, 4, 8);
  ExpectRejected([](GuardedMatrix& m) { m.Set(0, 0, m.Get(0, 0) - 1e-3); }, 0, 0);
}

TEST(Compare, RejectsNanAndInfinity) {
  for (const double bad : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    ExpectRejected([bad](GuardedMatrix& m) { m.Set(1, 1, bad); }, 1, 1);
    ExpectRejected([bad](GuardedMatrix& m) { m.Set(1, 1, -bad); }, 1, 1);
  }
}

TEST(Compare, RejectsAShiftedRow) {
  ExpectRejected(
      [](GuardedMatrix& m) {
        for (int64_t col = kCols - 1; col > 0; --col) m.Set(3, col, m.Get(3, col - 1));
      },
      -1, -1);
}

TEST(Compare, RejectsAnOutputThatWasNeverWritten) {
  ExpectRejected([](GuardedMatrix& m) { m.Poison(); }, -1, -1);
}

TEST(Compare, ReportsNanBeforeALargeError) {
  Fixture f;
  f.actual.Set(0, 0, 1e30);
  f.actual.Set(4, 4, NAN);
  const Comparison result = Compare(f.actual.view(), f.expected, Tolerance::Bound(4));
  EXPECT_EQ(result.worst_row, 4);
  EXPECT_EQ(result.worst_col, 4);
  EXPECT_EQ(result.num_wrong, 2);
  EXPECT_NE(result.message.find("NaN"), std::string::npos) << result.message;
}

TEST(Compare, ReportsTheWorstElementWithBothValues) {
  Fixture f;
  f.actual.Set(0, 1, f.actual.Get(0, 1) + 1e-2);
  f.actual.Set(2, 2, 7);
  const Comparison result = Compare(f.actual.view(), f.expected, Tolerance::Bound(4));
  EXPECT_EQ(result.worst_row, 2);
  EXPECT_EQ(result.actual, 7);
  EXPECT_EQ(result.expected, f.expected.value[2 * kCols + 2]);
  EXPECT_NE(result.message.find("got 7"), std::string::npos) << result.message;
}

TEST(Compare, AcceptsExpectedNanAndInfinity) {
  Fixture f;
  f.expected.value[0] = NAN;
  f.expected.value[1] = -INFINITY;
  f.actual.Set(0, 0, NAN);
  f.actual.Set(0, 1, -INFINITY);
  for (const Tolerance& tolerance : f.Tolerances()) {
    EXPECT_TRUE(Compare(f.actual.view(), f.expected, tolerance).ok);
  }
  f.actual.Set(0, 0, 1);  // a number where the oracle has none
  for (const Tolerance& tolerance : f.Tolerances()) {
    EXPECT_FALSE(Compare(f.actual.view(), f.expected, tolerance).ok);
  }
}

TEST(Compare, BoundHoldsAtItsAllowanceAndFailsPastIt) {
  for (const DType dtype : {DType::kFloat32, DType::kBFloat16}) {
    Expected expected({0}, {0});
    expected.value[0] = 1.0;
    expected.magnitude[0] = 1000;
    GuardedMatrix actual(dtype, 1, 1);
    const double allowed = AllowedErrors(dtype, expected, Tolerance::Bound(8))[0];
    EXPECT_GE(allowed, 8000 * 0x1p-24 + UnitRoundoff(dtype));
    EXPECT_LE(allowed, 8000 * 0x1p-24 + 1.01 * UnitRoundoff(dtype));
    const double step = 2 * UnitRoundoff(dtype);
    actual.Set(0, 0, 1.0 + std::floor(allowed / step) * step);
    EXPECT_TRUE(Compare(actual.view(), expected, Tolerance::Bound(8)).ok);
    actual.Set(0, 0, 1.0 + (std::floor(allowed / step) + 1) * step);
    EXPECT_FALSE(Compare(actual.view(), expected, Tolerance::Bound(8)).ok);
  }
}

TEST(Compare, BaselineAllowsTwiceThePlainErrorInEachElementAndOnAverage) {
  Fixture f;
  const auto scaled = [&f](double factor) {
    for (int64_t row = 0; row < kRows; ++row) {
      for (int64_t col = 0; col < kCols; ++col) {
        const double value = f.expected.value[static_cast<size_t>(row * kCols + col)];
        f.actual.Set(row, col, value * (1 + factor * 0x1p-22));
      }
    }
    return Compare(f.actual.view(), f.expected, Tolerance::Baseline(f.plain.view()));
  };
  EXPECT_TRUE(scaled(1.5).ok);
  EXPECT_FALSE(scaled(3).ok);
}

TEST(Compare, ExactSeesTheLastBitAndTheSignOfZero) {
  Fixture f;
  const auto value = static_cast<float>(f.actual.Get(2, 2));
  f.actual.Set(2, 2, static_cast<double>(std::nextafterf(value, 10.0f)));
  EXPECT_FALSE(Compare(f.actual.view(), f.expected, Tolerance::Exact()).ok);
  Expected zero({0}, {0});
  GuardedMatrix minus(DType::kFloat32, 1, 1);
  minus.Set(0, 0, -0.0);
  EXPECT_FALSE(Compare(minus.view(), zero, Tolerance::Exact()).ok);
}

TEST(Compare, BitsDifferAtOnePlace) {
  Fixture f;
  GuardedMatrix copy(DType::kFloat32, kRows, kCols, {1, 7});
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t col = 0; col < kCols; ++col) copy.Set(row, col, f.actual.Get(row, col));
  }
  EXPECT_TRUE(SameBits(copy.view(), f.actual.view()));
  copy.Set(1, 8, -copy.Get(1, 8));
  EXPECT_FALSE(SameBits(copy.view(), f.actual.view()));
  EXPECT_EQ(CompareBits(copy.view(), f.actual.view()).worst_row, 1);
}

TEST(Mutation, IsCaughtInEveryClass) {
  Fixture f;
  for (const Tolerance& tolerance : f.Tolerances()) {
    EXPECT_TRUE(MatchesAndCanFail(f.actual.view(), f.expected, tolerance));
  }
  EXPECT_TRUE(f.actual.GuardsIntact());
}

TEST(Mutation, ShowsAComparisonThatCannotFail) {
  Fixture f;
  for (double& absolute : f.expected.absolute) absolute = INFINITY;
  EXPECT_TRUE(Compare(f.actual.view(), f.expected, Tolerance::Bound(1)).ok);
  EXPECT_FALSE(MatchesAndCanFail(f.actual.view(), f.expected, Tolerance::Bound(1)));
}

TEST(RoundTo, AgreesWithEveryBFloat16AndItsNeighbourhood) {
  for (uint32_t bits = 0; bits < 0x7f80u; ++bits) {
    const auto low = static_cast<double>(ToFloat(BFloat16{static_cast<uint16_t>(bits)}));
    const double high =
        bits == 0x7f7fu ? 0x1p128
                        : static_cast<double>(ToFloat(BFloat16{static_cast<uint16_t>(bits + 1)}));
    const double middle = (low + high) / 2;
    EXPECT_EQ(RoundTo(DType::kBFloat16, low), low);
    EXPECT_EQ(RoundTo(DType::kBFloat16, std::nextafter(middle, 0)), low);
    const double up = bits == 0x7f7fu ? INFINITY : high;
    EXPECT_EQ(RoundTo(DType::kBFloat16, std::nextafter(middle, INFINITY)), up);
    EXPECT_EQ(RoundTo(DType::kBFloat16, -middle), bits % 2 == 0 ? -low : -up);
  }
}

TEST(RoundTo, AgreesWithTheProcessorForFloat32) {
  Rng rng(2);
  for (int i = 0; i < 100000; ++i) {
    const double x = std::ldexp(rng.Normal(), static_cast<int>(rng.Below(300)) - 160);
    EXPECT_EQ(RoundTo(DType::kFloat32, x), static_cast<double>(static_cast<float>(x)));
  }
}

TEST(GuardedMatrix, NoticesAWriteIntoPaddingAndGuards) {
  for (const int64_t offset : {int64_t{-1}, kCols, kCols + 1}) {
    GuardedMatrix matrix(DType::kBFloat16, kRows, kCols, {1, 2});
    Rng rng(3);
    Fill(matrix, Values::kNormal, rng);
    EXPECT_TRUE(matrix.GuardsIntact());
    SetElement(matrix.view(), 2, offset, 1.0);
    EXPECT_FALSE(matrix.GuardsIntact());
  }
}

}  // namespace
}  // namespace qwenjet::testing
