// SPDX-License-Identifier: Apache-2.0
#include "base/fp8.h"

#include <gtest/gtest.h>

#include <cmath>

namespace qwenjet {
namespace {

TEST(E4M3, EveryEncodingMatchesItsFormula) {
  for (uint32_t code = 0; code < 256; ++code) {
    const float actual = E4M3ToFloat(static_cast<uint8_t>(code));
    const int exponent = static_cast<int>((code >> 3) & 15u);
    const double mantissa = code & 7u;
    EXPECT_EQ(std::signbit(actual), code >= 128) << code;
    if ((code & 0x7fu) == 0x7fu) {
      EXPECT_TRUE(std::isnan(actual)) << code;
      continue;
    }
    const double expected =
        exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, exponent - 10);
    EXPECT_EQ(static_cast<double>(std::fabs(actual)), expected) << code;
  }
  EXPECT_EQ(E4M3ToFloat(0x7e), 448.0f);
  EXPECT_EQ(E4M3ToFloat(0x38), 1.0f);
}

TEST(E8M0, EveryEncodingIsAPowerOfTwo) {
  for (int code = 0; code < 255; ++code) {
    EXPECT_EQ(static_cast<double>(E8M0ToFloat(static_cast<uint8_t>(code))),
              std::ldexp(1.0, code - 127))
        << code;
  }
  EXPECT_TRUE(std::isnan(E8M0ToFloat(0xff)));
}

}  // namespace
}  // namespace qwenjet
