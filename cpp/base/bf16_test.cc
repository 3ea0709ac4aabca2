// SPDX-License-Identifier: Apache-2.0
#include "base/bf16.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qwenjet {
namespace {

TEST(BFloat16, EveryEncodingSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000u; ++bits) {
    const BFloat16 x{static_cast<uint16_t>(bits)};
    const float f = ToFloat(x);
    if (std::isnan(f)) {
      EXPECT_TRUE(std::isnan(ToFloat(ToBFloat16(f))));
    } else {
      EXPECT_EQ(ToBFloat16(f).bits, x.bits);
      EXPECT_TRUE(IsExactBFloat16(f));
    }
  }
}

TEST(BFloat16, RoundsToNearestEven) {
  const auto rounded = [](uint32_t bits) { return ToBFloat16(std::bit_cast<float>(bits)).bits; };
  EXPECT_EQ(rounded(0x3f808000u), 0x3f80);  // tie, even below
  EXPECT_EQ(rounded(0x3f818000u), 0x3f82);  // tie, even above
  EXPECT_EQ(rounded(0x3f808001u), 0x3f81);
  EXPECT_EQ(rounded(0x3f807fffu), 0x3f80);
  EXPECT_EQ(rounded(0x7f7fffffu), 0x7f80);  // past the largest: infinity
  EXPECT_EQ(rounded(0xff800000u), 0xff80);
}

TEST(Half, EveryEncodingMatchesItsFormula) {
  for (uint32_t bits = 0; bits < 0x10000u; ++bits) {
    const int sign = (bits & 0x8000u) != 0 ? -1 : 1;
    const int exponent = static_cast<int>((bits >> 10) & 0x1fu);
    const double mantissa = bits & 0x3ffu;
    const float actual = HalfToFloat(static_cast<uint16_t>(bits));
    if (exponent == 31) {
      EXPECT_EQ(std::isnan(actual), mantissa != 0);
      EXPECT_EQ(std::isinf(actual), mantissa == 0);
      continue;
    }
    const double expected =
        exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024.0 + mantissa, exponent - 25);
    EXPECT_EQ(static_cast<double>(actual), sign * expected);
    EXPECT_EQ(std::signbit(actual), sign < 0);
  }
}

TEST(Half, EveryEncodingSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000u; ++bits) {
    const float f = HalfToFloat(static_cast<uint16_t>(bits));
    if (std::isnan(f)) {
      EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(f))));
    } else {
      EXPECT_EQ(FloatToHalf(f), bits);
    }
  }
}

TEST(Half, RoundsToNearestEven) {
  EXPECT_EQ(FloatToHalf(1.0f + 0x1p-11f), 0x3c00);  // tie, even below
  EXPECT_EQ(FloatToHalf(1.0f + 0x3p-11f), 0x3c02);  // tie, even above
  EXPECT_EQ(FloatToHalf(1.0f + 0x1.002p-11f), 0x3c01);
  EXPECT_EQ(FloatToHalf(0x1p-25f), 0);  // half of the smallest
  EXPECT_EQ(FloatToHalf(0x1.8p-24f), 2);
  EXPECT_EQ(FloatToHalf(0x1.fffp-15f), 0x400);  // up to the smallest normal
  EXPECT_EQ(FloatToHalf(65519.0f), 0x7bff);
  EXPECT_EQ(FloatToHalf(-65520.0f), 0xfc00);
}

}  // namespace
}  // namespace qwenjet
