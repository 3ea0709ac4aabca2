// SPDX-License-Identifier: Apache-2.0
#include "ops/swiglu/swiglu.h"

#include <gtest/gtest.h>

#include "ops/qwen3_shapes.h"
#include "ops/swiglu/swiglu_ref.h"
#include "testing/backend_fixture.h"
#include "testing/generators.h"

namespace qwenjet::ops {
namespace {

using ::qwenjet::testing::GuardedMatrix;
using ::qwenjet::testing::IsRefused;
using ::qwenjet::testing::MatchesAndCanFail;
using ::qwenjet::testing::Rng;
using ::qwenjet::testing::SameBits;
using ::qwenjet::testing::ToDense;
using ::qwenjet::testing::Tolerance;
using ::qwenjet::testing::Values;

class SwigluTest : public ::qwenjet::testing::BackendTest {
 protected:
  void CheckInput(const GuardedMatrix& gate_up, DType y_dtype) {
    const int64_t size = gate_up.cols() / 2;
    SCOPED_TRACE(::testing::Message()
                 << "[" << gate_up.rows() << ", " << size << "] to " << NameOf(y_dtype));
    GuardedMatrix y(y_dtype, gate_up.rows(), size, {3, 1}), again(y_dtype, gate_up.rows(), size);
    ASSERT_TRUE(Swiglu(OneThread(), {gate_up.view(), y.view()}).ok());
    EXPECT_TRUE(MatchesAndCanFail(y.view(), SwigluRef(ToDense(gate_up.view())),
                                  Tolerance::Bound(kSwigluBound)));
    EXPECT_TRUE(y.GuardsIntact());
    if (!RepeatWithThreeThreads()) return;
    ASSERT_TRUE(Swiglu(ThreeThreads(), {gate_up.view(), again.view()}).ok());
    EXPECT_TRUE(SameBits(again.view(), y.view()));
  }
  void Check(int64_t rows, int64_t size, DType y_dtype, Values values, double scale) {
    Rng rng(static_cast<uint64_t>(rows * 1000 + size));
    GuardedMatrix gate_up(DType::kFloat32, rows, 2 * size, {1, 5});
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < 2 * size; ++c) gate_up.Set(r, c, Draw(values, c, rng) * scale);
    }
    CheckInput(gate_up, y_dtype);
  }
};

TEST_P(SwigluTest, MatchesTheOracleForEveryShape) {
  for (const DType y : {DType::kFloat32, DType::kBFloat16}) {
    for (const int64_t size : {1, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100}) {
      for (const int64_t rows : {0, 1, 3}) Check(rows, size, y, Values::kNormal, 3);
    }
    for (const ModelShape& model : kModelShapes) {
      Check(1, model.intermediate_size, y, Values::kOutliers, 1);
    }
  }
}

TEST_P(SwigluTest, MatchesTheOracleOverTheWholeRange) {
  // Every exponent and both signs; around the ends of float32's exp; far beyond them.
  std::vector<double> gates = {0.0, -0.0, 3e38, -3e38, 1e10, -1e10, 1000, -1000, 104, -104};
  for (double z = -95; z <= 95; z += 0.37) gates.push_back(z);
  for (int exponent = -149; exponent < 8; ++exponent) {
    gates.push_back(std::ldexp(1.3, exponent));
    gates.push_back(std::ldexp(-1.7, exponent));
  }
  const auto size = static_cast<int64_t>(gates.size());
  GuardedMatrix gate_up(DType::kFloat32, 2, 2 * size);
  for (int64_t i = 0; i < size; ++i) {
    for (int64_t row = 0; row < 2; ++row) {
      gate_up.Set(row, i, gates[static_cast<size_t>(i)]);
      gate_up.Set(row, size + i, row == 0 ? 1.0 : -0.37);
    }
  }
  CheckInput(gate_up, DType::kFloat32);
  CheckInput(gate_up, DType::kBFloat16);
}

TEST_P(SwigluTest, NanAndInfinityStayInTheirElement) {
  GuardedMatrix gate_up(DType::kFloat32, 1, 80);
  for (int64_t i = 0; i < 80; ++i) gate_up.Set(0, i, 0.5);
  gate_up.Set(0, 3, NAN);
  gate_up.Set(0, 40 + 20, NAN);
  gate_up.Set(0, 30, INFINITY);
  gate_up.Set(0, 40 + 39, -INFINITY);
  CheckInput(gate_up, DType::kFloat32);
  CheckInput(gate_up, DType::kBFloat16);
}

TEST_P(SwigluTest, ARowsBitsDoNotDependOnTheOthers) {
  Rng rng(4);
  const GuardedMatrix gate_up =
      ::qwenjet::testing::Filled(DType::kFloat32, 7, 2 * 45, Values::kNormal, rng);
  GuardedMatrix all(DType::kBFloat16, 7, 45), one(DType::kBFloat16, 7, 45);
  ASSERT_TRUE(Swiglu(ThreeThreads(), {gate_up.view(), all.view()}).ok());
  for (int64_t r = 0; r < 7; ++r) {
    SwigluArgs args = {gate_up.view(), one.view()};
    args.gate_up.data = gate_up.view().Row(r);
    args.y.data = one.view().Row(r);
    args.gate_up.rows = args.y.rows = 1;
    ASSERT_TRUE(Swiglu(OneThread(), args).ok());
  }
  EXPECT_TRUE(SameBits(one.view(), all.view()));
}

TEST_P(SwigluTest, RefusesWrongArguments) {
  Rng rng(1);
  const GuardedMatrix gate_up =
      ::qwenjet::testing::Filled(DType::kFloat32, 3, 24, Values::kNormal, rng);
  GuardedMatrix y(DType::kFloat32, 3, 12), half(DType::kBFloat16, 3, 24);
  const SwigluArgs good = {gate_up.view(), y.view()};
  ASSERT_TRUE(Swiglu(OneThread(), good).ok());
  const auto refused = [&](auto change, const char* got) {
    SwigluArgs args = good;
    change(args);
    return IsRefused(Swiglu(OneThread(), args), got);
  };
  EXPECT_TRUE(refused([&](SwigluArgs& a) { a.gate_up = half.view(); }, "bfloat16"));
  EXPECT_TRUE(refused([&](SwigluArgs& a) { a.y.cols = 11; }, "24"));
  EXPECT_TRUE(refused([&](SwigluArgs& a) { a.gate_up.cols = 23; }, "23"));
  EXPECT_TRUE(refused([&](SwigluArgs& a) { a.y.rows = 2; }, "2"));
  EXPECT_TRUE(refused([&](SwigluArgs& a) { a.y.rows = -3; }, "-3"));
  EXPECT_TRUE(refused([&](SwigluArgs& a) { a.y.row_stride = 7; }, "7"));
  EXPECT_TRUE(refused([&](SwigluArgs& a) { a.y.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([&](SwigluArgs& a) { a.gate_up.data = nullptr; }, "null"));
}

INSTANTIATE_TEST_SUITE_P(Backends, SwigluTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::ops
