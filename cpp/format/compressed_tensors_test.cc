// SPDX-License-Identifier: Apache-2.0
// pack-quantized and int-quantized modules of random signed codes and zero points, packed bit by
// bit, against scale * (code - zero); their products are exact in float32.
#include "format/compressed_tensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "base/bf16.h"
#include "testing/packed.h"
#include "testing/quant_reader.h"

namespace qwenjet::format {
namespace {

using layout::OffsetType;
using layout::ScaleType;
using testing::ExpectRows;
using testing::OpenQuantized;
using testing::OpenWeight;
using testing::PackWords;
using testing::SafetensorsBuilder;

constexpr char kModule[] = "model.layers.0.mlp.down_proj.";
constexpr char kWeight[] = "model.layers.0.mlp.down_proj.weight";

std::string Shape(const std::vector<size_t>& dims) {
  return ShapeText(std::vector<int64_t>(dims.begin(), dims.end()));
}

std::string Config(const std::string& weights) {
  return std::string(R"({"quant_method":"compressed-tensors","format":"mixed-precision",)")
      .append(R"("config_groups":{"group_0":{"targets":["Linear"],"input_activations":)")
      .append(R"({"num_bits":8,"dynamic":true},"weights":)")
      .append(weights)
      .append("}}}");
}

std::string GroupConfig(int bits, size_t group_size) {
  std::ostringstream weights;
  weights << R"({"num_bits":)" << bits << R"(,"strategy":"group","group_size":)" << group_size
          << "}";
  return Config(weights.str());
}

std::string ChannelConfig(int bits) {
  std::ostringstream weights;
  weights << R"({"num_bits":)" << bits << R"(,"strategy":"channel"})";
  return Config(weights.str());
}

// Signed codes and zero points of a matrix [n, k]; bf16 scales.
struct Matrix {
  size_t n, k, groups;
  int bits;
  std::vector<int32_t> group_of;
  std::vector<int> codes;        // [n][k]
  std::vector<int> zeros;        // [n][groups]
  std::vector<uint16_t> scales;  // [n][groups]

  Matrix(size_t rows, size_t cols, size_t group_size, int num_bits, bool symmetric)
      : n(rows),
        k(cols),
        groups((cols + group_size - 1) / group_size),
        bits(num_bits),
        group_of(cols),
        codes(rows * cols),
        zeros(rows * groups),
        scales(rows * groups) {
    std::mt19937 random(static_cast<uint32_t>(rows * 1000 + cols));
    const int middle = 1 << (bits - 1);
    const auto any = [&] { return static_cast<int>(random() % (1u << bits)) - middle; };
    for (size_t c = 0; c < k; ++c) group_of[c] = static_cast<int32_t>(c / group_size);
    for (int& code : codes) code = any();
    for (int& zero : zeros) zero = symmetric ? 0 : any();
    for (uint16_t& scale : scales) scale = static_cast<uint16_t>(0x3b00 + random() % 0x200);
  }

  float At(size_t row, size_t col) const {
    const size_t at = row * groups + static_cast<size_t>(group_of[col]);
    return ToFloat(BFloat16{scales[at]}) * static_cast<float>(codes[row * k + col] - zeros[at]);
  }

  std::vector<int> Unsigned(const std::vector<int>& values) const {
    std::vector<int> shifted = values;
    for (int& value : shifted) value += 1 << (bits - 1);
    return shifted;
  }

  SafetensorsBuilder Packed(bool with_zeros, bool with_index = false,
                            bool with_shape = true) const {
    const auto fields = static_cast<size_t>(32 / bits);
    const std::string at = kModule;
    SafetensorsBuilder file;
    file.Add(at + "weight_packed", "I32", Shape({n, (k + fields - 1) / fields}),
             PackWords(Unsigned(codes), n, k, bits, 1));
    file.Add(at + "weight_scale", "BF16", Shape({n, groups}), scales);
    if (with_shape) {
      file.Add(at + "weight_shape", "I64", "[2]",
               std::vector<int64_t>{static_cast<int64_t>(n), static_cast<int64_t>(k)});
    }
    if (with_zeros) {
      file.Add(at + "weight_zero_point", "I32", Shape({(n + fields - 1) / fields, groups}),
               PackWords(Unsigned(zeros), n, groups, bits, 0));
    }
    if (with_index) file.Add(at + "weight_g_idx", "I32", Shape({k}), group_of);
    return file;
  }

  // int8 codes; scales and zero points of one value a row.
  SafetensorsBuilder Bytes(bool with_zeros, const std::vector<size_t>& scale_shape) const {
    SafetensorsBuilder file;
    file.Add(kWeight, "I8", Shape({n, k}), std::vector<int8_t>(codes.begin(), codes.end()));
    file.Add(std::string(kWeight) + "_scale", "BF16", Shape(scale_shape), scales);
    if (with_zeros) {
      file.Add(std::string(kWeight) + "_zero_point", "I8", Shape(scale_shape),
               std::vector<int8_t>(zeros.begin(), zeros.end()));
    }
    return file;
  }
};

void ExpectRefused(const std::string& config, const SafetensorsBuilder& file, StatusCode code,
                   const std::string& message) {
  testing::ExpectRefused(config, file, kWeight, code, message);
}

TEST(PackQuantizedTest, BitsGroupsAndZeroPoints) {
  for (const int bits : {4, 8}) {
    for (const size_t group_size : {32, 128, 96}) {
      for (const bool symmetric : {true, false}) {
        // Rows do not fill a word of zero points, nor columns one of codes.
        const Matrix matrix(21, 331, group_size, bits, symmetric);
        const auto checkpoint =
            OpenQuantized(GroupConfig(bits, group_size), matrix.Packed(!symmetric));
        const auto source = OpenWeight(*checkpoint, kWeight);
        ASSERT_NE(source, nullptr);
        EXPECT_EQ(source->scheme().group_size, group_size == 128 ? 128 : 32);
        EXPECT_EQ(source->scheme().scale_type, ScaleType::kBF16);
        EXPECT_EQ(source->scheme().offset_type,
                  symmetric ? OffsetType::kSymmetric : OffsetType::kZeroPoint);
        ExpectRows(*source, matrix);
      }
    }
  }
}

TEST(PackQuantizedTest, ChannelsAndZeroPointsOfZero) {
  const Matrix matrix(16, 72, 72, 4, true);
  const auto checkpoint = OpenQuantized(ChannelConfig(4), matrix.Packed(true, false, false));
  const auto source = OpenWeight(*checkpoint, kWeight);
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->scheme().group_size, 128);
  EXPECT_EQ(source->scheme().offset_type, OffsetType::kSymmetric);
  ExpectRows(*source, matrix);
}

TEST(PackQuantizedTest, ActOrderBecomesAPermutation) {
  Matrix matrix(24, 256, 32, 4, false);
  std::mt19937 random(3);
  std::shuffle(matrix.group_of.begin(), matrix.group_of.end(), random);
  const auto checkpoint = OpenQuantized(GroupConfig(4, 32), matrix.Packed(true, true));
  const auto source = OpenWeight(*checkpoint, kWeight);
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->permutation().size(), 256u);
  ExpectRows(*source, matrix);
}

TEST(PackQuantizedTest, IgnoredModulesAreReadByWhatTheirTensorsShow) {
  for (const int bits : {4, 8}) {
    const Matrix matrix(16, 96, 48, bits, false);
    const auto checkpoint = OpenQuantized(
        R"({"quant_method":"compressed-tensors","ignore":["re:.*"]})", matrix.Packed(true));
    const auto source = OpenWeight(*checkpoint, kWeight);
    ASSERT_NE(source, nullptr);
    EXPECT_EQ(source->scheme().group_size, 16);
    ExpectRows(*source, matrix);
  }
}

TEST(PackQuantizedTest, WhatDoesNotFitIsRefused) {
  const StatusCode corrupt = StatusCode::kCorruptModel, unsupported = StatusCode::kUnsupported;
  const Matrix matrix(16, 64, 32, 4, false);
  ExpectRefused(GroupConfig(8, 32), matrix.Packed(true), corrupt, "weight_shape: expected");
  ExpectRefused(GroupConfig(4, 16), matrix.Packed(true), corrupt, "groups of 16 of 64 columns");
  ExpectRefused(ChannelConfig(4), matrix.Packed(true), corrupt, "scales of 2 groups");
  ExpectRefused(GroupConfig(4, 8), Matrix(16, 64, 8, 4, true).Packed(false), unsupported,
                "groups of 8 columns");
  ExpectRefused(Config(R"({"num_bits":8,"type":"float","strategy":"channel"})"),
                matrix.Packed(true), unsupported, "8-bit floats");
  ExpectRefused(R"({"quant_method":"gptq","bits":2})", matrix.Packed(true), unsupported, "2 bits");
  Matrix uneven = matrix;
  uneven.group_of[0] = 1;
  ExpectRefused(GroupConfig(4, 32), uneven.Packed(true, true), unsupported, "different sizes");

  const std::string at = kModule;
  const std::vector<int64_t> words(256);
  SafetensorsBuilder file;
  file.Add(at + "weight_packed", "I32", "[16,8]", std::span(words).first(64));
  ExpectRefused(GroupConfig(4, 32), file, corrupt, "expected a tensor weight_scale");
  SafetensorsBuilder scaled = file;
  scaled.Add(at + "weight_scale", "F16", "[8,2]", std::span(words).first(4));
  ExpectRefused(GroupConfig(4, 32), scaled, corrupt, "weight_scale: expected [16, groups]");
  scaled = file;
  scaled.Add(at + "weight_scale", "F32", "[16,2]", std::span(words).first(16));
  scaled.Add(at + "weight_zero_point", "I32", "[4,2]", std::span(words).first(4));
  ExpectRefused(GroupConfig(4, 32), scaled, corrupt, "zero_point: expected shape [2, 2]");
  for (const auto& shape : {std::vector<int64_t>{15, 64}, {16, 65}, {16, 56}, {16, -64}}) {
    scaled = file;
    scaled.Add(at + "weight_scale", "F32", "[16,2]", std::span(words).first(16));
    scaled.Add(at + "weight_shape", "I64", "[2]", shape);
    ExpectRefused(GroupConfig(4, 32), scaled, corrupt, "16 rows packed in 8 words");
  }
  SafetensorsBuilder stacked;
  stacked.Add(at + "weight_packed", "I32", "[2,16,8]", std::span(words).first(128));
  ExpectRefused(GroupConfig(4, 32), stacked, unsupported, "stacked");
}

TEST(IntQuantizedTest, ChannelsTensorsAndZeroPoints) {
  for (const bool symmetric : {true, false}) {
    for (const auto& shape : {std::vector<size_t>{19, 1}, {19}}) {
      const Matrix matrix(19, 77, 77, 8, symmetric);
      for (const bool with_zeros : {true, false}) {
        if (!with_zeros && !symmetric) continue;
        const auto checkpoint = OpenQuantized(ChannelConfig(8), matrix.Bytes(with_zeros, shape));
        const auto source = OpenWeight(*checkpoint, kWeight);
        ASSERT_NE(source, nullptr);
        EXPECT_EQ(source->scheme().group_size, 128);
        EXPECT_EQ(source->scheme().offset_type,
                  symmetric ? OffsetType::kSymmetric : OffsetType::kZeroPoint);
        ExpectRows(*source, matrix);
      }
    }
  }
}

TEST(IntQuantizedTest, OneScaleForTheMatrix) {
  Matrix matrix(19, 300, 300, 8, false);
  std::fill(matrix.scales.begin(), matrix.scales.end(), matrix.scales[0]);
  std::fill(matrix.zeros.begin(), matrix.zeros.end(), -7);
  Matrix one = matrix;
  one.scales.resize(1);
  one.zeros.resize(1);
  for (const auto& shape : {std::vector<size_t>{}, {1}, {1, 1}}) {
    const auto checkpoint =
        OpenQuantized(Config(R"({"num_bits":8,"strategy":"tensor"})"), one.Bytes(true, shape));
    const auto source = OpenWeight(*checkpoint, kWeight);
    ASSERT_NE(source, nullptr);
    EXPECT_EQ(source->scheme().offset_type, OffsetType::kZeroPoint);
    ExpectRows(*source, matrix);
  }
}

TEST(IntQuantizedTest, GroupsAndActOrder) {
  Matrix matrix(19, 256, 32, 8, false);
  for (const bool shuffled : {false, true}) {
    std::mt19937 random(3);
    if (shuffled) std::shuffle(matrix.group_of.begin(), matrix.group_of.end(), random);
    SafetensorsBuilder file = matrix.Bytes(true, {matrix.n, matrix.groups});
    if (shuffled) file.Add(std::string(kModule) + "weight_g_idx", "I32", "[256]", matrix.group_of);
    const auto checkpoint = OpenQuantized(GroupConfig(8, 32), file);
    const auto source = OpenWeight(*checkpoint, kWeight);
    ASSERT_NE(source, nullptr);
    EXPECT_EQ(source->scheme().group_size, 32);
    EXPECT_EQ(source->permutation().empty(), !shuffled);
    ExpectRows(*source, matrix);
  }
}

TEST(IntQuantizedTest, WhatDoesNotFitIsRefused) {
  const StatusCode corrupt = StatusCode::kCorruptModel;
  const std::vector<int8_t> bytes(64);
  SafetensorsBuilder file;
  file.Add(kWeight, "I8", "[2,32]", bytes);
  ExpectRefused(ChannelConfig(8), file, corrupt, "expected a tensor weight_scale");
  SafetensorsBuilder scaled = file;
  scaled.Add(std::string(kWeight) + "_scale", "I8", "[2,1]", std::span(bytes).first(2));
  ExpectRefused(ChannelConfig(8), scaled, corrupt, "weight_scale: expected type F16, got I8");
  scaled = file;
  scaled.Add(std::string(kWeight) + "_scale", "F16", "[2,1,1]", std::span(bytes).first(4));
  ExpectRefused(ChannelConfig(8), scaled, corrupt, "[2, groups] or one value");
  scaled = file;
  scaled.Add(std::string(kWeight) + "_scale", "F16", "[2,1]", std::span(bytes).first(4));
  scaled.Add(std::string(kWeight) + "_zero_point", "I8", "[3]", std::span(bytes).first(3));
  ExpectRefused(ChannelConfig(8), scaled, corrupt, "zero_point: expected shape [2, 1]");
  scaled = file;
  scaled.Add(std::string(kWeight) + "_scale", "F16", "[2,1]", std::span(bytes).first(4));
  scaled.Add(std::string(kWeight) + "_zero_point", "I8", "[1,2]", std::span(bytes).first(2));
  ExpectRefused(ChannelConfig(8), scaled, corrupt, "zero_point: expected shape [2, 1], got [1, 2]");
}

}  // namespace
}  // namespace qwenjet::format
