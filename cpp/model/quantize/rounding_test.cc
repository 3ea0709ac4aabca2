// SPDX-License-Identifier: Apache-2.0
// Codes and scales against their definition, and packed words against the specification, unpacked
// here bit by bit.
#include "model/quantize/rounding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "model/quantize/packing.h"
#include "testing/generators.h"

namespace qwenjet::model::quantize {
namespace {

using ::qwenjet::testing::Rng;
using ::qwenjet::testing::Values;

FloatMatrix Random(int64_t rows, int64_t cols, Values values, Rng& rng) {
  FloatMatrix matrix(rows, cols);
  matrix.values = ::qwenjet::testing::RandomVector(rows * cols, values, rng);
  return matrix;
}

double ErrorOf(const FloatMatrix& w, const std::vector<float>& importance, const Scheme& scheme,
               const Codes& codes) {
  double error = 0;
  for (int64_t row = 0; row < w.rows; ++row) {
    for (int64_t col = 0; col < w.cols; ++col) {
      const GroupScale& group = codes.GroupOf(row, col, scheme.GroupSize(w.cols));
      const double code = codes.codes[static_cast<size_t>(row * w.cols + col)];
      const double difference =
          (code - static_cast<double>(group.zero)) * static_cast<double>(group.scale) -
          static_cast<double>(w.Row(row)[col]);
      error += static_cast<double>(importance[static_cast<size_t>(col)]) * difference * difference;
    }
  }
  return error;
}

// `bits` bits from bit `at` of little-endian words.
int64_t BitsOf(const int32_t* words, int64_t at, int32_t bits) {
  int64_t value = 0;
  for (int32_t i = 0; i < bits; ++i) {
    const int64_t bit = at + i;
    value |= int64_t{static_cast<uint32_t>(words[bit / 32]) >> (bit % 32) & 1u} << i;
  }
  return value;
}

std::vector<Scheme> Schemes() {
  std::vector<Scheme> schemes;
  for (const int32_t bits : {4, 8}) {
    for (const int64_t group_size : {0, 32, 64, 128}) {
      for (const bool asymmetric : {false, true}) {
        schemes.push_back({bits, group_size, asymmetric, format::TensorEncoding::kBF16});
      }
    }
  }
  return schemes;
}

std::string NameOfScheme(const Scheme& s) {
  return std::to_string(s.bits) + " bits, groups of " + std::to_string(s.group_size) +
         (s.asymmetric ? ", asymmetric" : "");
}

class RoundingTest : public ::testing::Test {
 protected:
  std::unique_ptr<ThreadPool> threads_ = std::move(*ThreadPool::Create(2));
  Rng rng_{7};
};

TEST_F(RoundingTest, CodesAreTheNearestOfTheirGroup) {
  const FloatMatrix w = Random(17, 256, Values::kOutliers, rng_);
  const std::vector<float> importance(256, 1.0f);
  for (const Scheme& scheme : Schemes()) {
    SCOPED_TRACE(NameOfScheme(scheme));
    for (const ScaleChoice choice : {ScaleChoice::kRange, ScaleChoice::kSearch}) {
      Codes codes = ChooseScales(w, importance, scheme, choice, *threads_);
      RoundToNearest(w, scheme, codes, *threads_);
      for (int64_t row = 0; row < w.rows; ++row) {
        for (int64_t col = 0; col < w.cols; ++col) {
          const GroupScale& group = codes.GroupOf(row, col, scheme.GroupSize(w.cols));
          ASSERT_EQ(group.scale, RoundScale(scheme.scale_encoding, group.scale));
          const double x = static_cast<double>(w.Row(row)[col]);
          const auto distance = [&](double code) {
            return std::fabs(
                (code - static_cast<double>(group.zero)) * static_cast<double>(group.scale) - x);
          };
          const double code = codes.codes[static_cast<size_t>(row * w.cols + col)];
          ASSERT_LE(code, static_cast<double>(scheme.MaxCode()));
          // One unit of the last place may decide a tie.
          const double slack = 4 * 0x1p-24 * (std::fabs(x) + static_cast<double>(group.scale));
          if (code > 0) {
            ASSERT_LE(distance(code), distance(code - 1) + slack);
          }
          if (code < static_cast<double>(scheme.MaxCode())) {
            ASSERT_LE(distance(code), distance(code + 1) + slack);
          }
        }
      }
    }
  }
}

TEST_F(RoundingTest, TheSearchedScaleIsNeverWorseAndSeesTheWeights) {
  const FloatMatrix w = Random(32, 128, Values::kNormal, rng_);
  std::vector<float> importance(128);
  for (size_t i = 0; i < importance.size(); ++i) importance[i] = i % 16 == 0 ? 100.0f : 0.01f;
  const std::vector<float> flat(128, 1.0f);
  for (const Scheme& scheme : Schemes()) {
    SCOPED_TRACE(NameOfScheme(scheme));
    const auto rounded = [&](const std::vector<float>& weights, ScaleChoice choice) {
      Codes codes = ChooseScales(w, weights, scheme, choice, *threads_);
      RoundToNearest(w, scheme, codes, *threads_);
      return ErrorOf(w, importance, scheme, codes);
    };
    const double searched = rounded(importance, ScaleChoice::kSearch);
    // Grids need not hold the range's own scale, so single groups may lose a little.
    EXPECT_LT(searched, rounded(importance, ScaleChoice::kRange));
    EXPECT_LT(searched, rounded(flat, ScaleChoice::kSearch));
  }
}

TEST_F(RoundingTest, GroupsOfZerosAndOfTinyNumbersStayFinite) {
  FloatMatrix w(2, 64);
  std::fill_n(w.Row(1), 64, 1e-42f);
  const std::vector<float> importance(64, 1.0f);
  for (const Scheme& scheme : Schemes()) {
    if (scheme.group_size == 128) continue;
    SCOPED_TRACE(NameOfScheme(scheme));
    FloatMatrix back = w;
    Codes codes = ChooseScales(w, importance, scheme, ScaleChoice::kSearch, *threads_);
    RoundToNearest(w, scheme, codes, *threads_);
    Dequantize(codes, scheme, back, *threads_);
    for (const float x : std::vector<float>(back.Row(0), back.Row(0) + 64)) EXPECT_EQ(x, 0.0f);
    for (const float x : back.values) EXPECT_TRUE(std::isfinite(x));
  }
}

TEST_F(RoundingTest, PackedWordsHoldCodesAndZerosAsSpecified) {
  const FloatMatrix w = Random(19, 96, Values::kOffset, rng_);
  const std::vector<float> importance(96, 1.0f);
  for (const int32_t bits : {4, 8}) {
    const Scheme scheme = {bits, 32, true, format::TensorEncoding::kF16};
    Codes codes = ChooseScales(w, importance, scheme, ScaleChoice::kSearch, *threads_);
    RoundToNearest(w, scheme, codes, *threads_);
    const std::vector<int32_t> packed = PackCodes(codes, bits);
    ASSERT_EQ(packed.size(), static_cast<size_t>(19 * 96 * bits / 32));
    for (int64_t row = 0; row < 19; ++row) {
      for (int64_t col = 0; col < 96; ++col) {
        EXPECT_EQ(BitsOf(packed.data() + row * 96 * bits / 32, col * bits, bits),
                  codes.codes[static_cast<size_t>(row * 96 + col)]);
      }
    }
    const std::vector<int32_t> zeros = PackZeros(codes, bits);
    ASSERT_EQ(zeros.size(), static_cast<size_t>((19 * bits + 31) / 32 * 3));
    for (int64_t row = 0; row < 19; ++row) {
      for (int64_t group = 0; group < 3; ++group) {
        const int64_t word = row * bits / 32;
        EXPECT_EQ(BitsOf(&zeros[static_cast<size_t>(word * 3 + group)], row * bits % 32, bits),
                  static_cast<int64_t>(codes.groups[static_cast<size_t>(row * 3 + group)].zero));
      }
    }
  }
}

}  // namespace
}  // namespace qwenjet::model::quantize
