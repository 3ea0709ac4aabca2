// SPDX-License-Identifier: Apache-2.0
// Every e4m3 code under every form of scales, against code * scale in double rounded once.
#include "format/fp8_source.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "base/bf16.h"
#include "base/fp8.h"
#include "testing/quant_reader.h"

namespace qwenjet::format {
namespace {

using testing::OpenQuantized;
using testing::SafetensorsBuilder;

constexpr char kWeight[] = "model.layers.0.mlp.experts.1.up_proj.weight";
constexpr char kFp8[] = R"({"quant_method":"fp8","weight_block_size":[128,128]})";
constexpr char kFloatQuantized[] =
    R"({"quant_method":"compressed-tensors","format":"float-quantized","config_groups":{"g":{)"
    R"("targets":["Linear"],"weights":{"num_bits":8,"type":"float","strategy":"block",)"
    R"("block_structure":[32,64]}}}})";

// A weight [n, k] and how far its scales reach.
struct Case {
  const char* config;
  const char* suffix;
  const char* dtype;  // of the scales
  size_t n, k;
  size_t block_rows, block_cols;
  const char* shape;  // of the scales
};

size_t NumBlocks(size_t size, size_t block) { return (size + block - 1) / block; }

// Random scale bytes of a type, and their values; all of them positive and finite.
std::pair<std::string, std::vector<double>> Scales(const std::string& dtype, size_t count) {
  std::mt19937 random(11);
  std::string bytes;
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) {
    const auto bits = static_cast<uint16_t>(0x3b00 + random() % 0x200);
    const auto exponent = static_cast<uint8_t>(100 + random() % 40);
    if (dtype == "F32") {
      const float value =
          std::bit_cast<float>(uint32_t{bits} << 16 | static_cast<uint32_t>(random() % 0x10000));
      bytes += testing::Packed(value);
      values.push_back(value);
    } else if (dtype == "F8_E8M0") {
      bytes += testing::Packed(exponent);
      values.push_back(std::ldexp(1.0, exponent - 127));
    } else {
      bytes += testing::Packed(bits);
      values.push_back(dtype == "F16" ? HalfToFloat(bits) : ToFloat(BFloat16{bits}));
    }
  }
  return {bytes, values};
}

void Check(const Case& c) {
  std::vector<uint8_t> codes(c.n * c.k);
  std::mt19937 random(3);
  for (uint8_t& code : codes) code = static_cast<uint8_t>(random());
  const size_t cols = NumBlocks(c.k, c.block_cols);
  const auto [bytes, scales] = Scales(c.dtype, NumBlocks(c.n, c.block_rows) * cols);
  SafetensorsBuilder file;
  file.Add(kWeight, "F8_E4M3", ShapeText({static_cast<int64_t>(c.n), static_cast<int64_t>(c.k)}),
           codes);
  file.Add(std::string(kWeight) + c.suffix, c.dtype, c.shape, bytes);
  const auto checkpoint = OpenQuantized(c.config, file);
  ASSERT_NE(checkpoint, nullptr);
  auto quant = OpenQuantSource(*checkpoint, kWeight, 0);
  ASSERT_TRUE(quant.ok()) << quant.status().message();
  EXPECT_EQ(*quant, nullptr);
  auto source = OpenFp8Source(*checkpoint, kWeight);
  ASSERT_TRUE(source.ok()) << source.status().message();
  ASSERT_NE(*source, nullptr);
  EXPECT_EQ((*source)->n(), static_cast<int64_t>(c.n));
  EXPECT_EQ((*source)->k(), static_cast<int64_t>(c.k));
  EXPECT_EQ((*source)->stored_bytes(), static_cast<int64_t>(codes.size() + bytes.size()));
  (*source)->WillNeed();
  for (const auto& [begin, end] : {std::pair<size_t, size_t>{0, c.n}, {c.n - 1, c.n}, {1, 1}}) {
    std::vector<float> values((end - begin) * c.k, 7.0f);
    const Status status =
        (*source)->ReadRows(static_cast<int64_t>(begin), static_cast<int64_t>(end), values);
    ASSERT_TRUE(status.ok()) << status.message();
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t row = begin + i / c.k, col = i % c.k;
      const double code = E4M3ToFloat(codes[row * c.k + col]);
      const double scale = scales[row / c.block_rows * cols + col / c.block_cols];
      const auto expected = static_cast<float>(code * scale);
      ASSERT_TRUE(std::isnan(expected) ? std::isnan(values[i]) : values[i] == expected)
          << c.shape << " row " << row << " column " << col << ": expected " << expected << ", got "
          << values[i];
    }
  }
}

TEST(Fp8SourceTest, EveryFormOfScales) {
  const Case cases[] = {
      {kFp8, "_scale_inv", "F32", 256, 384, 128, 128, "[2,3]"},
      {kFp8, "_scale_inv", "BF16", 200, 130, 128, 128, "[2,2]"},
      {kFp8, "_scale_inv", "F8_E8M0", 130, 128, 128, 128, "[2,1]"},
      {kFp8, "_scale_inv", "F16", 100, 100, 128, 128, "[1,1]"},
      {R"({"quant_method":"fp8"})", "_scale_inv", "F32", 129, 300, 128, 128, "[2,3]"},
      {R"({"quant_method":"fp8"})", "_scale", "F32", 20, 300, 20, 300, "[]"},
      {R"({"quant_method":"fp8"})", "_scale", "BF16", 20, 300, 20, 300, "[1]"},
      {kFloatQuantized, "_scale", "BF16", 100, 130, 32, 64, "[4,3]"},
      {kFloatQuantized, "_scale", "BF16", 30, 130, 1, 130, "[30,1]"},
      {kFloatQuantized, "_scale", "F32", 30, 130, 1, 130, "[30]"},
      {kFloatQuantized, "_scale", "F32", 30, 130, 30, 130, "[1,1]"},
      // More than one piece of two megabytes.
      {kFp8, "_scale_inv", "F32", 300, 9000, 128, 128, "[3,71]"},
  };
  for (const Case& c : cases) Check(c);
}

TEST(Fp8SourceTest, OtherWeightsAreNotE4M3) {
  SafetensorsBuilder file;
  file.Add(kWeight, "BF16", "[1,2]", std::string(4, '\0'));
  const auto checkpoint = OpenQuantized(kFp8, file);
  for (const char* name : {kWeight, "absent.weight"}) {
    auto source = OpenFp8Source(*checkpoint, name);
    ASSERT_TRUE(source.ok()) << source.status().message();
    EXPECT_EQ(*source, nullptr);
  }
}

TEST(Fp8SourceTest, WhatDoesNotFitIsRefused) {
  const std::string bytes(256 * 4, '\0');
  const auto open = [&](const char* shape, size_t size, const char* dtype, const char* scale_shape,
                        size_t scale_size) {
    SafetensorsBuilder file;
    file.Add(kWeight, "F8_E4M3", shape, bytes.substr(0, size));
    if (dtype != nullptr) {
      file.Add(std::string(kWeight) + "_scale_inv", dtype, scale_shape,
               bytes.substr(0, scale_size));
    }
    const auto source = OpenFp8Source(*OpenQuantized(kFp8, file), kWeight);
    EXPECT_FALSE(source.ok());
    return source.ok() ? Status() : source.status();
  };
  const Status missing = open("[2,128]", 256, nullptr, "", 0);
  EXPECT_EQ(missing.code(), StatusCode::kCorruptModel);
  EXPECT_NE(missing.message().find("expected a tensor weight_scale"), std::string::npos);
  const Status shape = open("[2,128]", 256, "F32", "[3,1]", 12);
  EXPECT_EQ(shape.code(), StatusCode::kCorruptModel);
  EXPECT_NE(shape.message().find("expected shape [1, 1], got [3, 1]"), std::string::npos);
  const Status type = open("[2,128]", 256, "F64", "[1]", 8);
  EXPECT_EQ(type.code(), StatusCode::kCorruptModel);
  EXPECT_NE(type.message().find("got F64"), std::string::npos);
  const Status stacked = open("[2,2,64]", 256, "F32", "[2,1,1]", 8);
  EXPECT_EQ(stacked.code(), StatusCode::kUnsupported);
  EXPECT_NE(stacked.message().find("stacked"), std::string::npos);
  EXPECT_EQ(open("[256]", 256, "F32", "[1]", 4).code(), StatusCode::kCorruptModel);
  EXPECT_EQ(open("[0,4]", 0, "F32", "[1]", 4).code(), StatusCode::kCorruptModel);
}

TEST(Fp8SourceTest, RowsMustLieInside) {
  SafetensorsBuilder file;
  file.Add(kWeight, "F8_E4M3", "[2,4]", std::string(8, '\0'));
  file.Add(std::string(kWeight) + "_scale_inv", "F32", "[1]", std::string(4, '\0'));
  const auto checkpoint = OpenQuantized(kFp8, file);
  auto source = OpenFp8Source(*checkpoint, kWeight);
  ASSERT_TRUE(source.ok()) << source.status().message();
  std::vector<float> values(8);
  EXPECT_TRUE((*source)->ReadRows(0, 2, values).ok());
  for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{-1, 1}, {2, 1}, {1, 3}, {0, 1}}) {
    EXPECT_EQ((*source)->ReadRows(begin, end, values).code(), StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace qwenjet::format
