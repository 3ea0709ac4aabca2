// SPDX-License-Identifier: Apache-2.0
// Compensated rounding against the published algorithm, which eliminates columns with the inverse
// of H, in double; and what it is for: less error of outputs than rounding to nearest.
#include "model/quantize/gptq.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/bf16.h"
#include "testing/backend_fixture.h"
#include "testing/dense.h"
#include "testing/generators.h"

namespace qwenjet::model::quantize {
namespace {

using ::qwenjet::testing::Dense;
using ::qwenjet::testing::Rng;
using ::qwenjet::testing::Values;

// More than two blocks of columns, the last one short.
constexpr int64_t kColumns = 288, kRows = 24, kTokens = 600;

// Inputs that follow from a few hidden causes, as a model's do; columns of very different size.
std::vector<BFloat16> CorrelatedInputs(Rng& rng) {
  constexpr int64_t kCauses = 40;
  const std::vector<float> mix =
      ::qwenjet::testing::RandomVector(kCauses * kColumns, Values::kNormal, rng);
  std::vector<BFloat16> x(static_cast<size_t>(kTokens * kColumns));
  for (int64_t t = 0; t < kTokens; ++t) {
    const std::vector<float> cause =
        ::qwenjet::testing::RandomVector(kCauses, Values::kNormal, rng);
    for (int64_t col = 0; col < kColumns; ++col) {
      double sum = 0.2 * rng.Normal();
      for (int64_t c = 0; c < kCauses; ++c) {
        sum += static_cast<double>(cause[static_cast<size_t>(c)]) *
               static_cast<double>(mix[static_cast<size_t>(c * kColumns + col)]);
      }
      x[static_cast<size_t>(t * kColumns + col)] =
          ToBFloat16(static_cast<float>(sum * (col % 7 == 0 ? 4.0 : 1.0)));
    }
  }
  return x;
}

Dense SecondMoments(const std::vector<BFloat16>& x) {
  Dense h(kColumns, kColumns);
  for (int64_t t = 0; t < kTokens; ++t) {
    const BFloat16* row = x.data() + t * kColumns;
    for (int64_t i = 0; i < kColumns; ++i) {
      for (int64_t j = 0; j < kColumns; ++j) {
        h(i, j) += static_cast<double>(ToFloat(row[i])) * static_cast<double>(ToFloat(row[j]));
      }
    }
  }
  return h;
}

// Gauss and Jordan, without pivoting: for positive definite matrices.
Dense Inverse(Dense a) {
  const int64_t n = a.rows;
  Dense inverse(n, n);
  for (int64_t i = 0; i < n; ++i) inverse(i, i) = 1;
  for (int64_t pivot = 0; pivot < n; ++pivot) {
    const double scale = 1 / a(pivot, pivot);
    for (int64_t j = 0; j < n; ++j) {
      a(pivot, j) *= scale;
      inverse(pivot, j) *= scale;
    }
    for (int64_t i = 0; i < n; ++i) {
      const double factor = a(i, pivot);
      if (i == pivot || factor == 0) continue;
      for (int64_t j = 0; j < n; ++j) {
        a(i, j) -= factor * a(pivot, j);
        inverse(i, j) -= factor * inverse(pivot, j);
      }
    }
  }
  return inverse;
}

// Column by column: round, and move what is left by -error / [H^-1]_jj * [H^-1]_j, then remove the
// column from H^-1 (Frantar et al., equations 2 and 3). `h` is damped and in processing order.
struct Textbook {
  std::vector<double> codes;    // [rows][columns], stored order
  std::vector<double> margins;  // distance of the wanted value from a rounding boundary, in steps
};

Textbook RoundByElimination(const FloatMatrix& w, const Dense& h, const std::vector<int32_t>& order,
                            const Scheme& scheme, const Codes& scales) {
  Textbook result;
  result.codes.resize(w.values.size());
  result.margins.resize(w.values.size());
  Dense left(w.rows, w.cols);
  for (int64_t row = 0; row < w.rows; ++row) {
    for (int64_t p = 0; p < w.cols; ++p) {
      left(row, p) = static_cast<double>(w.Row(row)[order[static_cast<size_t>(p)]]);
    }
  }
  Dense inverse = Inverse(h);
  for (int64_t p = 0; p < w.cols; ++p) {
    const int64_t col = order[static_cast<size_t>(p)];
    for (int64_t row = 0; row < w.rows; ++row) {
      const GroupScale& group = scales.GroupOf(row, col, scheme.GroupSize(w.cols));
      const auto scale = static_cast<double>(group.scale), zero = static_cast<double>(group.zero);
      const double wanted = left(row, p) / scale + zero;
      const double code =
          std::nearbyint(std::clamp(wanted, 0.0, static_cast<double>(scheme.MaxCode())));
      const auto at = static_cast<size_t>(row * w.cols + col);
      result.codes[at] = code;
      result.margins[at] = std::fabs(std::fabs(wanted - std::floor(wanted)) - 0.5);
      const double error = (left(row, p) - (code - zero) * scale) / inverse(p, p);
      for (int64_t j = p + 1; j < w.cols; ++j) left(row, j) -= error * inverse(p, j);
    }
    const double pivot = inverse(p, p);
    for (int64_t i = p + 1; i < w.cols; ++i) {
      const double factor = inverse(i, p) / pivot;
      for (int64_t j = p + 1; j < w.cols; ++j) inverse(i, j) -= factor * inverse(p, j);
    }
  }
  return result;
}

double OutputError(const FloatMatrix& w, const Dense& h, const Scheme& scheme, const Codes& codes) {
  double total = 0;
  for (int64_t row = 0; row < w.rows; ++row) {
    std::vector<double> d(static_cast<size_t>(w.cols));
    for (int64_t col = 0; col < w.cols; ++col) {
      const GroupScale& group = codes.GroupOf(row, col, scheme.GroupSize(w.cols));
      d[static_cast<size_t>(col)] =
          (static_cast<double>(codes.codes[static_cast<size_t>(row * w.cols + col)]) -
           static_cast<double>(group.zero)) *
              static_cast<double>(group.scale) -
          static_cast<double>(w.Row(row)[col]);
    }
    for (int64_t i = 0; i < w.cols; ++i) {
      for (int64_t j = 0; j < w.cols; ++j) {
        total += d[static_cast<size_t>(i)] * h(i, j) * d[static_cast<size_t>(j)];
      }
    }
  }
  return total;
}

class GptqTest : public ::testing::TestWithParam<::qwenjet::testing::NamedBackend> {
 protected:
  void SetUp() override {
    backend_ = ::qwenjet::testing::CreateBackend(GetParam(), 2);
    ASSERT_NE(backend_, nullptr);
    x_ = CorrelatedInputs(rng_);
    exact_ = SecondMoments(x_);
    const Status status =
        hessian_.Add(*backend_, {x_.data(), DType::kBFloat16, kTokens, kColumns, kColumns});
    ASSERT_TRUE(status.ok()) << status.message();
    hessian_.Mirror();
    w_.values = ::qwenjet::testing::RandomVector(kRows * kColumns, Values::kNormal, rng_);
  }

  Rng rng_{11};
  std::unique_ptr<ops::Backend> backend_;
  std::vector<BFloat16> x_;
  Dense exact_{0, 0};
  Hessian hessian_{kColumns};
  FloatMatrix w_{kRows, kColumns};
};

TEST_P(GptqTest, SecondMomentsAreTheSumOfProducts) {
  for (int64_t i = 0; i < kColumns; ++i) {
    for (int64_t j = 0; j < kColumns; ++j) {
      // Float32 sums of kTokens terms: gamma_n of the sum of magnitudes, by Cauchy and Schwarz.
      const double bound = (kTokens + 2) * 0x1p-24 * std::sqrt(exact_(i, i) * exact_(j, j));
      ASSERT_LE(std::fabs(static_cast<double>(hessian_.matrix().Row(i)[j]) - exact_(i, j)), bound)
          << i << ", " << j;
    }
  }
}

TEST_P(GptqTest, TheFactorGivesHBack) {
  const auto feedback = ComputeFeedback(*backend_, hessian_.matrix(), {}, nullptr);
  ASSERT_TRUE(feedback.ok()) << feedback.status().message();
  const std::vector<int32_t>& order = feedback->order;
  for (size_t p = 1; p < order.size(); ++p) {
    EXPECT_GE(hessian_.matrix().Row(order[p - 1])[order[p - 1]],
              hessian_.matrix().Row(order[p])[order[p]]);
  }
  double mean = 0;
  for (int64_t i = 0; i < kColumns; ++i) mean += exact_(i, i) / kColumns;
  Dense a(kColumns, kColumns);
  for (int64_t i = 0; i < kColumns; ++i) {
    for (int64_t j = 0; j < kColumns; ++j) {
      const auto value = static_cast<double>(feedback->matrix.Row(i)[j]);
      if (i >= j) {
        EXPECT_EQ(value, 0.0);
      }
      a(i, j) = i == j ? 1.0 : value;
    }
  }
  // D from the last column on: D_j = H_jj - sum_{k > j} A_jk^2 D_k; then every element of H.
  std::vector<double> d(static_cast<size_t>(kColumns));
  const auto h = [&](int64_t i, int64_t j) {
    return exact_(order[static_cast<size_t>(i)], order[static_cast<size_t>(j)]) +
           (i == j ? feedback->damping * mean : 0.0);
  };
  for (int64_t j = kColumns - 1; j >= 0; --j) {
    double rest = h(j, j);
    for (int64_t k = j + 1; k < kColumns; ++k)
      rest -= a(j, k) * a(j, k) * d[static_cast<size_t>(k)];
    ASSERT_GT(rest, 0.0);
    d[static_cast<size_t>(j)] = rest;
  }
  for (int64_t i = 0; i < kColumns; ++i) {
    for (int64_t j = i; j < kColumns; ++j) {
      double product = 0, magnitude = 0;
      for (int64_t k = j; k < kColumns; ++k) {
        const double term = a(i, k) * d[static_cast<size_t>(k)] * a(j, k);
        product += term;
        magnitude += std::fabs(term);
      }
      // The factor's backward error (Higham, Accuracy and Stability, theorem 10.3), and H's own.
      const double bound = 8 * (kColumns + kTokens) * 0x1p-24 * std::sqrt(h(i, i) * h(j, j));
      ASSERT_LE(std::fabs(product - h(i, j)), bound + magnitude * 0x1p-40) << i << ", " << j;
    }
  }
}

TEST_P(GptqTest, CodesAreThoseOfEliminationWithTheInverse) {
  for (const bool asymmetric : {false, true}) {
    const Scheme scheme = {4, 32, asymmetric, format::TensorEncoding::kBF16};
    const auto feedback = ComputeFeedback(*backend_, hessian_.matrix(), {}, nullptr);
    ASSERT_TRUE(feedback.ok());
    Codes codes =
        ChooseScales(w_, hessian_.Importance(), scheme, ScaleChoice::kSearch, backend_->threads());
    ASSERT_TRUE(RoundWithFeedback(*backend_, w_, *feedback, scheme, codes, nullptr).ok());
    double mean = 0;
    for (int64_t i = 0; i < kColumns; ++i) mean += exact_(i, i) / kColumns;
    Dense h(kColumns, kColumns);
    for (int64_t i = 0; i < kColumns; ++i) {
      for (int64_t j = 0; j < kColumns; ++j) {
        h(i, j) = exact_(feedback->order[static_cast<size_t>(i)],
                         feedback->order[static_cast<size_t>(j)]) +
                  (i == j ? feedback->damping * mean : 0.0);
      }
    }
    const Textbook expected = RoundByElimination(w_, h, feedback->order, scheme, codes);
    // A row is the same until float32 decides a tie otherwise; what follows then differs for good.
    for (int64_t row = 0; row < kRows; ++row) {
      for (int64_t p = 0; p < kColumns; ++p) {
        const auto at =
            static_cast<size_t>(row * kColumns + feedback->order[static_cast<size_t>(p)]);
        if (static_cast<double>(codes.codes[at]) == expected.codes[at]) continue;
        EXPECT_LT(expected.margins[at], 0x1p-8) << "row " << row << ", place " << p;
        break;
      }
    }
  }
}

TEST_P(GptqTest, CorrelatedInputsLoseLessThanRoundedToNearest) {
  for (const int32_t bits : {4, 8}) {
    const Scheme scheme = {bits, 96, false, format::TensorEncoding::kBF16};
    const auto feedback = ComputeFeedback(*backend_, hessian_.matrix(), {}, nullptr);
    ASSERT_TRUE(feedback.ok());
    Codes nearest =
        ChooseScales(w_, hessian_.Importance(), scheme, ScaleChoice::kSearch, backend_->threads());
    Codes compensated = nearest;
    RoundToNearest(w_, scheme, nearest, backend_->threads());
    ASSERT_TRUE(RoundWithFeedback(*backend_, w_, *feedback, scheme, compensated, nullptr).ok());
    EXPECT_LT(2 * OutputError(w_, exact_, scheme, compensated),
              OutputError(w_, exact_, scheme, nearest));
  }
}

TEST_P(GptqTest, ColumnsThatNeverMoveAndSecondMomentsOfNothingAreRounded) {
  Hessian nothing(kColumns);
  nothing.Mirror();
  const auto feedback = ComputeFeedback(*backend_, nothing.matrix(), {}, nullptr);
  ASSERT_TRUE(feedback.ok()) << feedback.status().message();
  const Scheme scheme = {4, 32, false, format::TensorEncoding::kBF16};
  Codes codes =
      ChooseScales(w_, nothing.Importance(), scheme, ScaleChoice::kSearch, backend_->threads());
  Codes nearest = codes;
  ASSERT_TRUE(RoundWithFeedback(*backend_, w_, *feedback, scheme, codes, nullptr).ok());
  RoundToNearest(w_, scheme, nearest, backend_->threads());
  EXPECT_EQ(codes.codes, nearest.codes);
}

TEST_P(GptqTest, CancellingEndsBothSteps) {
  const std::atomic<bool> cancelled{true};
  EXPECT_EQ(ComputeFeedback(*backend_, hessian_.matrix(), {}, &cancelled).status().code(),
            StatusCode::kCancelled);
  const auto feedback = ComputeFeedback(*backend_, hessian_.matrix(), {}, nullptr);
  ASSERT_TRUE(feedback.ok());
  const Scheme scheme = {4, 32, false, format::TensorEncoding::kBF16};
  Codes codes =
      ChooseScales(w_, hessian_.Importance(), scheme, ScaleChoice::kRange, backend_->threads());
  EXPECT_EQ(RoundWithFeedback(*backend_, w_, *feedback, scheme, codes, &cancelled).code(),
            StatusCode::kCancelled);
}

INSTANTIATE_TEST_SUITE_P(Backends, GptqTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::model::quantize
