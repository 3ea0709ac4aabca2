// SPDX-License-Identifier: Apache-2.0
// Scaling changes nothing but rounding errors, and those for the better; divergence by its formula.
#include "model/quantize/scaling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/bf16.h"
#include "model/quantize/quality.h"
#include "testing/backend_fixture.h"
#include "testing/generators.h"

namespace qwenjet::model::quantize {
namespace {

using ::qwenjet::testing::Rng;
using ::qwenjet::testing::Values;

constexpr int64_t kColumns = 128, kRows = 48, kTokens = 256;

class ScalingTest : public ::testing::TestWithParam<::qwenjet::testing::NamedBackend> {
 protected:
  void SetUp() override {
    backend_ = ::qwenjet::testing::CreateBackend(GetParam(), 2);
    ASSERT_NE(backend_, nullptr);
    Rng rng(9);
    // A few columns meet activations thirty times as large.
    for (int64_t t = 0; t < kTokens; ++t) {
      for (int64_t col = 0; col < kColumns; ++col) {
        x_.push_back(ToBFloat16(static_cast<float>(rng.Normal() * (col % 32 == 5 ? 30 : 1))));
      }
    }
    ASSERT_TRUE(
        hessian_.Add(*backend_, {x_.data(), DType::kBFloat16, kTokens, kColumns, kColumns}).ok());
    hessian_.Mirror();
    w_.values = ::qwenjet::testing::RandomVector(kRows * kColumns, Values::kNormal, rng);
  }

  // sum over tokens and rows of ((w' - w) x)^2, w' rounded after scaling.
  double OutputError(const std::vector<float>& scales) {
    FloatMatrix rounded = w_;
    ScaleColumns(rounded, scales);
    std::vector<float> importance = hessian_.Importance();
    for (size_t i = 0; i < scales.size(); ++i) importance[i] /= scales[i] * scales[i];
    Codes codes =
        ChooseScales(rounded, importance, scheme_, ScaleChoice::kSearch, backend_->threads());
    RoundToNearest(rounded, scheme_, codes, backend_->threads());
    Dequantize(codes, scheme_, rounded, backend_->threads());
    double total = 0;
    for (int64_t t = 0; t < kTokens; ++t) {
      for (int64_t row = 0; row < kRows; ++row) {
        double sum = 0;
        for (int64_t col = 0; col < kColumns; ++col) {
          const auto scale = static_cast<double>(scales[static_cast<size_t>(col)]);
          sum += (static_cast<double>(rounded.Row(row)[col]) / scale -
                  static_cast<double>(w_.Row(row)[col])) *
                 static_cast<double>(ToFloat(x_[static_cast<size_t>(t * kColumns + col)]));
        }
        total += sum * sum;
      }
    }
    return total;
  }

  std::unique_ptr<ops::Backend> backend_;
  std::vector<BFloat16> x_;
  Hessian hessian_{kColumns};
  FloatMatrix w_{kRows, kColumns};
  const Scheme scheme_ = {4, 128, false, format::TensorEncoding::kBF16};
};

TEST_P(ScalingTest, TheFoundScalesLoseLess) {
  const auto scales = SearchScaling(
      *backend_,
      {.weights = {&w_}, .inputs = &hessian_, .producers = {}, .num_producers = kColumns}, scheme_);
  ASSERT_TRUE(scales.ok()) << scales.status().message();
  EXPECT_GT((*scales)[5], (*scales)[6]);
  EXPECT_LT(OutputError(*scales), OutputError(std::vector<float>(kColumns, 1.0f)));
}

TEST_P(ScalingTest, ColumnsOfOneProducerShareItsScale) {
  std::vector<int32_t> producers;
  for (int32_t col = 0; col < kColumns; ++col) producers.push_back(col % 64);
  const auto scales = SearchScaling(
      *backend_,
      {.weights = {&w_}, .inputs = &hessian_, .producers = producers, .num_producers = 64},
      scheme_);
  ASSERT_TRUE(scales.ok()) << scales.status().message();
  EXPECT_EQ(scales->size(), 64u);
}

INSTANTIATE_TEST_SUITE_P(Backends, ScalingTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

TEST(DivideNormTest, StoredNormTimesScaleIsTheNormItWas) {
  Rng rng(2);
  for (const auto encoding : {format::TensorEncoding::kBF16, format::TensorEncoding::kF16,
                              format::TensorEncoding::kF32}) {
    std::vector<float> norm = ::qwenjet::testing::RandomVector(500, Values::kNormal, rng);
    for (float& x : norm) x = RoundScale(encoding, x);
    norm[7] = 0.0f;
    std::vector<float> scales = ::qwenjet::testing::RandomVector(500, Values::kOffset, rng);
    scales[9] = 1e-30f;
    const std::vector<float> before = norm;
    DivideNorm(norm, encoding, scales);
    for (size_t i = 0; i < norm.size(); ++i) {
      EXPECT_EQ(norm[i], RoundScale(encoding, norm[i]));
      EXPECT_TRUE(std::isfinite(norm[i]) && std::isfinite(scales[i]));
      // Two roundings of float32: of the ratio, and of this product.
      EXPECT_LE(std::fabs(norm[i] * scales[i] - before[i]), 0x1p-22f * std::fabs(before[i]));
    }
  }
}

TEST(QualityTest, PositionsAreScoredByTheFormulas) {
  constexpr int64_t kVocab = 300;
  Rng rng(4);
  std::vector<Quality> qualities(2);
  double nll = 0, divergence = 0;
  int64_t agreeing = 0;
  for (int position = 0; position < 20; ++position) {
    const std::vector<float> p = ::qwenjet::testing::RandomVector(kVocab, Values::kNormal, rng);
    std::vector<float> q = p;
    for (float& x : q) x += static_cast<float>(rng.Normal());
    const auto next = static_cast<int32_t>(rng.Below(kVocab));
    AddPosition({p.data(), q.data()}, kVocab, next, qualities.data());
    double sum_p = 0, sum_q = 0;
    for (size_t i = 0; i < p.size(); ++i) {
      sum_p += std::exp(static_cast<double>(p[i]));
      sum_q += std::exp(static_cast<double>(q[i]));
    }
    for (size_t i = 0; i < p.size(); ++i) {
      const double log_p = static_cast<double>(p[i]) - std::log(sum_p);
      const double log_q = static_cast<double>(q[i]) - std::log(sum_q);
      divergence += std::exp(log_p) * (log_p - log_q);
      if (i == static_cast<size_t>(next)) nll -= log_q;
    }
    agreeing += std::max_element(p.begin(), p.end()) - p.begin() ==
                std::max_element(q.begin(), q.end()) - q.begin();
  }
  EXPECT_EQ(qualities[1].num_positions, 20);
  EXPECT_EQ(qualities[1].num_agreeing, agreeing);
  EXPECT_EQ(qualities[0].num_agreeing, 20);
  EXPECT_EQ(qualities[0].divergence, 0.0);
  // Sums of 300 float32 exponentials, each within two units of the last place.
  EXPECT_LE(std::fabs(qualities[1].nll - nll), 300 * 0x1p-24 * nll);
  EXPECT_LE(std::fabs(qualities[1].divergence - divergence), 300 * 0x1p-24 * divergence * 8);
  EXPECT_LE(std::fabs(qualities[1].Perplexity() - std::exp(nll / 20)),
            300 * 0x1p-24 * nll * std::exp(nll / 20));
}

}  // namespace
}  // namespace qwenjet::model::quantize
