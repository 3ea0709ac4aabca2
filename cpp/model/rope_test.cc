// SPDX-License-Identifier: Apache-2.0
// Against the test vectors of qwen3-dense, section 4 (double precision) and against the formulas
// evaluated in double. Frequencies are float32 with up to four roundings after the power.
#include "model/rope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace qwenjet::model {
namespace {

// Exponent and power are each rounded once: an exponent near 1 of theta up to 1e7 turns half an
// ulp into ln(theta) half ulps of the power; two or three more roundings follow.
constexpr double kEps = std::numeric_limits<float>::epsilon() / 2;
constexpr double kRelative = (16.2 + 5.0) * kEps;

void ExpectFrequency(const RopeTable& table, size_t j, double expected) {
  ASSERT_LT(j, table.inv_freq.size());
  // The vectors are given to nine digits.
  const double limit = expected * (kRelative + 1e-9);
  EXPECT_TRUE(std::fabs(table.inv_freq[j] - expected) <= limit)
      << "inv_freq[" << j << "]: expected " << expected << ", got " << table.inv_freq[j];
}

RopeTable Compute(const RopeConfig& config, int64_t max_position = 40960, int64_t rope_len = 0) {
  return ComputeRope(config, 128, max_position, rope_len);
}

RopeConfig Yarn(double theta, double factor, int64_t original) {
  RopeConfig config;
  config.type = RopeType::kYarn;
  config.theta = theta;
  config.factor = factor;
  config.original_max_position_embeddings = original;
  return config;
}

TEST(RopeTest, Default) {
  RopeConfig config;
  config.theta = 1e6;
  RopeTable table = Compute(config);
  ASSERT_EQ(table.inv_freq.size(), 64u);
  EXPECT_EQ(table.inv_freq[0], 1.0f);
  EXPECT_EQ(table.attention_factor, 1.0f);
  ExpectFrequency(table, 16, 0.0316227766);
  ExpectFrequency(table, 32, 1e-3);
  ExpectFrequency(table, 63, 1.24093776e-6);
  config.theta = 5e6;
  ExpectFrequency(Compute(config), 32, 4.47213595e-4);
  config.theta = 1e7;
  ExpectFrequency(Compute(config), 32, 3.16227766e-4);
}

TEST(RopeTest, YarnQwen3) {
  const RopeTable table = Compute(Yarn(1e6, 4.0, 32768));
  EXPECT_NEAR(table.attention_factor, 1.138629436, 1.2 * kEps);
  ExpectFrequency(table, 1, 0.805842188);
  ExpectFrequency(table, 23, 6.97830599e-3);
  ExpectFrequency(table, 24, 5.37532149e-3);
  ExpectFrequency(table, 31, 8.02959781e-4);
  ExpectFrequency(table, 40, 4.44569851e-5);
  ExpectFrequency(table, 63, 3.10234441e-7);
}

TEST(RopeTest, YarnOtherBases) {
  RopeTable table = Compute(Yarn(5e6, 4.0, 262144));
  ExpectFrequency(table, 30, 6.90251996e-4);
  ExpectFrequency(table, 45, 4.87221814e-6);
  table = Compute(Yarn(5e6, 3.0, 262144));
  EXPECT_NEAR(table.attention_factor, 1.109861229, 1.2 * kEps);
  ExpectFrequency(table, 63, 8.48359889e-8);
  // b = 1e7: the ramp runs from 28 to 43, so 28 is unscaled and 43 divided.
  table = Compute(Yarn(1e7, 4.0, 262144));
  ExpectFrequency(table, 28, std::pow(1e7, -56.0 / 128));
  ExpectFrequency(table, 29, std::pow(1e7, -58.0 / 128) * (1 - 0.75 / 15));
  ExpectFrequency(table, 43, std::pow(1e7, -86.0 / 128) / 4);
}

TEST(RopeTest, YarnOptions) {
  RopeConfig config = Yarn(1e6, 4.0, 32768);
  config.attention_factor = 1.5;
  EXPECT_EQ(Compute(config).attention_factor, 1.5f);
  config.attention_factor.reset();
  config.mscale = 1.0;
  EXPECT_NEAR(Compute(config).attention_factor, 1.138629436, 1.2 * kEps);  // needs both
  config.mscale_all_dim = 0.5;
  EXPECT_NEAR(Compute(config).attention_factor,
              (0.1 * std::log(4.0) + 1) / (0.05 * std::log(4.0) + 1), 1.2 * kEps);
  config.mscale_all_dim = 1.0;
  EXPECT_EQ(Compute(config).attention_factor, 1.0f);

  // Untruncated, the ramp runs from 23.5959 to 39.6509.
  config.truncate = false;
  const auto correction = [](double rotations) {
    return 128 * std::log(32768 / (2 * 3.141592653589793 * rotations)) / (2 * std::log(1e6));
  };
  EXPECT_NEAR(correction(32), 23.5959, 5e-5);
  EXPECT_NEAR(correction(1), 39.6509, 5e-5);
  const double ramp = (24 - correction(32)) / (correction(1) - correction(32));
  const double expected = std::pow(1e6, -48.0 / 128) * (1 - ramp + ramp / 4);
  // The ramp loses digits where j and low nearly cancel.
  EXPECT_NEAR(Compute(config).inv_freq[24], expected, expected * 4 * kRelative);

  // Without a factor: max_position / original.
  config = Yarn(1e6, 4.0, 32768);
  config.factor.reset();
  EXPECT_EQ(Compute(config, 131072).inv_freq, Compute(Yarn(1e6, 4.0, 32768)).inv_freq);
  config.factor = 0.5;
  EXPECT_EQ(Compute(config).attention_factor, 1.0f);
}

TEST(RopeTest, DynamicFollowsTheLength) {
  RopeConfig config;
  config.type = RopeType::kDynamic;
  config.theta = 1e6;
  config.factor = 2.0;
  EXPECT_TRUE(DependsOnLength(config));
  const auto expected = [](double theta, size_t j) {
    return std::pow(theta, -2.0 * static_cast<double>(j) / 128);
  };
  for (const size_t j : {size_t{1}, size_t{32}, size_t{63}}) {
    ExpectFrequency(Compute(config, 40960, 100), j, expected(1e6, j));
    ExpectFrequency(Compute(config, 40960, 40960), j, expected(1e6, j));
    ExpectFrequency(Compute(config, 40960, 65536), j, expected(2227706.4458, j));
    ExpectFrequency(Compute(config, 40960, 131072), j, expected(5546500.5143, j));
  }
}

TEST(RopeTest, Llama3) {
  RopeConfig config;
  config.type = RopeType::kLlama3;
  config.theta = 5e5;
  config.factor = 8.0;
  config.original_max_position_embeddings = 8192;
  const RopeTable table = Compute(config);
  EXPECT_FALSE(DependsOnLength(config));
  for (size_t j = 0; j <= 28; ++j) {
    ExpectFrequency(table, j, std::pow(5e5, -2.0 * static_cast<double>(j) / 128));
  }
  // Between the bands a difference of two terms of like size magnifies the roundings.
  const auto expect_smoothed = [&](size_t j, double expected) {
    EXPECT_NEAR(table.inv_freq[j], expected, expected * 4 * kRelative) << j;
  };
  expect_smoothed(29, 2.16657076e-3);
  expect_smoothed(30, 1.37189357e-3);
  expect_smoothed(34, 1.78507813e-4);
  ExpectFrequency(table, 35, 9.55621235e-5);
  for (size_t j = 35; j < 64; ++j) {
    ExpectFrequency(table, j, std::pow(5e5, -2.0 * static_cast<double>(j) / 128) / 8);
  }
}

TEST(RopeTest, LinearAndProportionalAndPartial) {
  RopeConfig config;
  config.type = RopeType::kLinear;
  config.theta = 1e6;
  config.factor = 4.0;
  ExpectFrequency(Compute(config), 32, 1e-3 / 4);
  EXPECT_EQ(Compute(config).attention_factor, 1.0f);

  config.type = RopeType::kProportional;
  config.partial_rotary_factor = 0.25;
  RopeTable table = Compute(config);
  ASSERT_EQ(table.inv_freq.size(), 64u);
  ExpectFrequency(table, 15, std::pow(1e6, -30.0 / 128) / 4);
  EXPECT_EQ(table.inv_freq[16], 0.0f);
  EXPECT_EQ(table.inv_freq[63], 0.0f);

  config.type = RopeType::kDefault;
  table = Compute(config);
  ASSERT_EQ(table.inv_freq.size(), 16u);
  ExpectFrequency(table, 8, 1e-3);
  EXPECT_EQ(RotaryDim(config, 128), 32);
}

TEST(RopeTest, Longrope) {
  RopeConfig config;
  config.type = RopeType::kLongrope;
  config.theta = 1e4;
  config.original_max_position_embeddings = 4096;
  config.long_factor.assign(64, 8.0f);
  config.short_factor.assign(64, 2.0f);
  EXPECT_TRUE(DependsOnLength(config));
  const double inv0 = std::pow(1e4, -20.0 / 128);
  ExpectFrequency(Compute(config, 131072, 4096), 10, inv0 / 2);
  ExpectFrequency(Compute(config, 131072, 4097), 10, inv0 / 8);
  // factor = 131072 / 4096 = 32
  const double a = std::sqrt(1 + std::log(32.0) / std::log(4096.0));
  EXPECT_NEAR(Compute(config, 131072, 1).attention_factor, a, 1.2 * kEps);
  config.factor = 1.0;
  EXPECT_EQ(Compute(config, 131072, 1).attention_factor, 1.0f);
  config.attention_factor = 1.25;
  EXPECT_EQ(Compute(config, 131072, 1).attention_factor, 1.25f);
}

TEST(RopeTest, GgufDivisors) {
  RopeConfig config;
  config.theta = 1e6;
  config.freq_divisors.assign(64, 1.0f);
  config.freq_divisors[32] = 8.0f;
  ExpectFrequency(Compute(config), 32, 1e-3 / 8);
  ExpectFrequency(Compute(config), 16, 0.0316227766);
}

}  // namespace
}  // namespace qwenjet::model
