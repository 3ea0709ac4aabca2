// SPDX-License-Identifier: Apache-2.0
// GPTQ and AWQ modules of random codes, zero points and scales, packed bit by bit, against
// scale * (code - zero); their products are exact in float32.
#include "format/gptq_awq.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <sstream>
#include <thread>

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

constexpr char kModule[] = "model.layers.0.mlp.experts.3.up_proj.";
constexpr char kWeight[] = "model.layers.0.mlp.experts.3.up_proj.weight";

std::string Shape(size_t rows, size_t cols) {
  return ShapeText({static_cast<int64_t>(rows), static_cast<int64_t>(cols)});
}

// A matrix [n, k] with group_of[c] the group of column c.
struct Matrix {
  size_t n, k, groups;
  int bits;
  std::vector<int32_t> group_of;
  std::vector<int> codes;        // [k][n]
  std::vector<int> zeros;        // [groups][n]
  std::vector<uint16_t> scales;  // [groups][n], f16

  Matrix(size_t rows, size_t cols, size_t group_size, int num_bits, int zero = -1)
      : n(rows),
        k(cols),
        groups((cols + group_size - 1) / group_size),
        bits(num_bits),
        group_of(cols),
        codes(rows * cols),
        zeros(rows * groups),
        scales(rows * groups) {
    std::mt19937 random(static_cast<uint32_t>(rows * 1000 + cols));
    const auto any = [&] { return static_cast<int>(random() % (1u << bits)); };
    for (size_t c = 0; c < k; ++c) group_of[c] = static_cast<int32_t>(c / group_size);
    for (int& code : codes) code = any();
    for (int& z : zeros) z = zero >= 0 ? zero : any();
    for (uint16_t& scale : scales) scale = static_cast<uint16_t>(0x2000 + random() % 0x1000);
  }

  void Shuffle() {
    std::mt19937 random(5);
    std::shuffle(group_of.begin(), group_of.end(), random);
  }

  float At(size_t row, size_t col) const {
    const size_t at = static_cast<size_t>(group_of[col]) * n + row;
    return HalfToFloat(scales[at]) * static_cast<float>(codes[col * n + row] - zeros[at]);
  }

  SafetensorsBuilder Gptq(bool v1, bool with_index = true) const {
    const auto fields = static_cast<size_t>(32 / bits);
    std::vector<int> stored = zeros;
    for (int& z : stored) z = v1 ? (z - 1) & ((1 << bits) - 1) : z;
    const std::string at = kModule;
    SafetensorsBuilder file;
    file.Add(at + "qweight", "I32", Shape(k / fields, n), PackWords(codes, k, n, bits, 0));
    file.Add(at + "qzeros", "I32", Shape(groups, (n + fields - 1) / fields),
             PackWords(stored, groups, n, bits, 1));
    file.Add(at + "scales", "F16", Shape(groups, n), scales);
    if (with_index) file.Add(at + "g_idx", "I32", ShapeText({static_cast<int64_t>(k)}), group_of);
    return file;
  }

  SafetensorsBuilder Awq() const {
    const std::vector<size_t> order = {0, 2, 4, 6, 1, 3, 5, 7};
    const std::string at = kModule;
    SafetensorsBuilder file;
    file.Add(at + "qweight", "I32", Shape(k, n / 8), PackWords(codes, k, n, 4, 1, order));
    file.Add(at + "qzeros", "I32", Shape(groups, n / 8), PackWords(zeros, groups, n, 4, 1, order));
    file.Add(at + "scales", "F16", Shape(groups, n), scales);
    return file;
  }
};

std::string GptqConfig(int bits, int64_t group_size, const char* format = "gptq") {
  std::ostringstream text;
  text << R"({"quant_method":"gptq","bits":)" << bits << R"(,"group_size":)" << group_size
       << R"(,"checkpoint_format":")" << format << "\"}";
  return text.str();
}

std::string AwqConfig(int64_t group_size) {
  std::ostringstream text;
  text << R"({"quant_method":"awq","group_size":)" << group_size << "}";
  return text.str();
}

void ExpectRefused(const std::string& config, const SafetensorsBuilder& file, StatusCode code,
                   const std::string& message) {
  testing::ExpectRefused(config, file, kWeight, code, message);
}

TEST(GptqTest, BitsGroupsAndVersions) {
  for (const int bits : {4, 8}) {
    for (const size_t group_size : {16, 48, 64, 128, 256}) {
      for (const bool v1 : {true, false}) {
        const Matrix matrix(40, 320, group_size, bits);  // but for 16 and 64 the last is short
        const auto checkpoint = OpenQuantized(
            GptqConfig(bits, static_cast<int64_t>(group_size), v1 ? "gptq" : "gptq_v2"),
            matrix.Gptq(v1));
        const auto source = OpenWeight(*checkpoint, kWeight);
        ASSERT_NE(source, nullptr);
        const int canonical[] = {16, 32, 64, 128};
        for (const int size : canonical) {
          if (group_size % static_cast<size_t>(size) == 0) {
            EXPECT_GE(source->scheme().group_size, size);
          }
        }
        EXPECT_EQ(group_size % static_cast<size_t>(source->scheme().group_size), 0u);
        EXPECT_EQ(source->scheme().bits, bits);
        EXPECT_EQ(source->scheme().scale_type, ScaleType::kF16);
        EXPECT_EQ(source->scheme().offset_type, OffsetType::kZeroPoint);
        EXPECT_TRUE(source->permutation().empty());
        ExpectRows(*source, matrix);
      }
    }
  }
}

TEST(GptqTest, WholeRowsAreOneGroup) {
  const Matrix matrix(24, 104, 104, 4);
  const auto checkpoint = OpenQuantized(GptqConfig(4, -1), matrix.Gptq(true, false));
  const auto source = OpenWeight(*checkpoint, kWeight);
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->scheme().group_size, 128);
  ExpectRows(*source, matrix);
}

TEST(GptqTest, ZerosThatAreAllTheMiddleAreSymmetric) {
  for (const int bits : {4, 8}) {
    // Rows that do not fill the last word of zeros.
    Matrix matrix(21, 64, 32, bits, 1 << (bits - 1));
    for (const bool v1 : {true, false}) {
      const auto checkpoint =
          OpenQuantized(GptqConfig(bits, 32, v1 ? "gptq" : "gptq_v2"), matrix.Gptq(v1));
      const auto source = OpenWeight(*checkpoint, kWeight);
      ASSERT_NE(source, nullptr);
      EXPECT_EQ(source->scheme().offset_type, OffsetType::kSymmetric);
      ExpectRows(*source, matrix);
    }
    matrix.zeros.back() -= 1;
    const auto checkpoint = OpenQuantized(GptqConfig(bits, 32), matrix.Gptq(true));
    const auto source = OpenWeight(*checkpoint, kWeight);
    ASSERT_NE(source, nullptr);
    EXPECT_EQ(source->scheme().offset_type, OffsetType::kZeroPoint);
    ExpectRows(*source, matrix);
  }
}

TEST(GptqTest, ActOrderBecomesAPermutation) {
  Matrix matrix(32, 224, 64, 4);  // the last group is short
  matrix.Shuffle();
  const auto checkpoint = OpenQuantized(GptqConfig(4, 64), matrix.Gptq(true));
  const auto source = OpenWeight(*checkpoint, kWeight);
  ASSERT_NE(source, nullptr);
  std::vector<int32_t> expected(matrix.k);
  std::iota(expected.begin(), expected.end(), 0);
  std::stable_sort(expected.begin(), expected.end(), [&](int32_t a, int32_t b) {
    return matrix.group_of[static_cast<size_t>(a)] < matrix.group_of[static_cast<size_t>(b)];
  });
  EXPECT_EQ(source->permutation(), expected);
  ExpectRows(*source, matrix);
}

TEST(GptqTest, AnEmptyIndexAndOtherScaleTypes) {
  Matrix matrix(16, 32, 32, 4);
  SafetensorsBuilder file = matrix.Gptq(true, false);
  file.Add(std::string(kModule) + "g_idx", "I32", "[0]", std::vector<int32_t>());
  const auto checkpoint = OpenQuantized(GptqConfig(4, 32), file);
  const auto source = OpenWeight(*checkpoint, kWeight);
  ASSERT_NE(source, nullptr);
  ExpectRows(*source, matrix);
}

TEST(GptqTest, WhatTheTensorsShowDecidesWhereNothingIsSaid) {
  const Matrix matrix(24, 96, 48, 8);
  const auto checkpoint =
      OpenQuantized(R"({"quant_method":"gptq","dynamic":{"-:.*up_proj":{}}})", matrix.Gptq(true));
  const auto source = OpenWeight(*checkpoint, kWeight);
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->scheme().group_size, 16);
  ExpectRows(*source, matrix);
}

TEST(GptqTest, NamesOfABareBaseModel) {
  const Matrix matrix(16, 32, 32, 4);
  const std::string at = "layers.0.mlp.up_proj.";
  SafetensorsBuilder file;
  file.Add(at + "qweight", "I32", Shape(4, 16), PackWords(matrix.codes, 32, 16, 4, 0));
  file.Add(at + "qzeros", "I32", Shape(1, 2), PackWords(matrix.zeros, 1, 16, 4, 1));
  file.Add(at + "scales", "F16", Shape(1, 16), matrix.scales);
  const auto checkpoint = OpenQuantized(GptqConfig(4, 32, "gptq_v2"), file);
  auto source = OpenQuantSource(*checkpoint, "model.layers.0.mlp.up_proj.weight", 0);
  ASSERT_TRUE(source.ok()) << source.status().message();
  ExpectRows(**source, matrix);
}

TEST(GptqTest, WhatDoesNotFitIsRefused) {
  const Matrix matrix(16, 64, 32, 4);
  const StatusCode corrupt = StatusCode::kCorruptModel, unsupported = StatusCode::kUnsupported;
  ExpectRefused(GptqConfig(3, 32), matrix.Gptq(true), unsupported, "3 bits");
  ExpectRefused(GptqConfig(8, 32), matrix.Gptq(true), corrupt, "qzeros: expected shape [2, 4]");
  ExpectRefused(GptqConfig(4, 64), matrix.Gptq(true), corrupt, "groups of 64 of 64 columns");
  ExpectRefused(GptqConfig(4, -1), matrix.Gptq(true), corrupt, "scales of 2 groups");
  ExpectRefused(GptqConfig(4, 16), Matrix(16, 64, 64, 4).Gptq(true), corrupt, "one scale for all");
  ExpectRefused(GptqConfig(4, 8), Matrix(16, 64, 8, 4).Gptq(true), unsupported,
                "groups of 8 columns");
  ExpectRefused(R"({"quant_method":"awq"})", matrix.Gptq(true), corrupt, "scales: expected shape");
  ExpectRefused(R"({"quant_method":"fp8"})", matrix.Gptq(true), unsupported, "got fp8");
  ExpectRefused(GptqConfig(4, 32), Matrix(16, 64, 32, 4).Awq(), corrupt, "qweight: expected shape");

  Matrix uneven = matrix;
  uneven.group_of[0] = 1;
  ExpectRefused(GptqConfig(4, 32), uneven.Gptq(true), unsupported, "31; groups of different sizes");
  uneven.group_of[0] = 2;
  ExpectRefused(GptqConfig(4, 32), uneven.Gptq(true), corrupt,
                "groups from 0 to 1, got 2 of column 0");
  uneven.group_of[0] = -1;
  ExpectRefused(GptqConfig(4, 32), uneven.Gptq(true), corrupt, "got -1");

  const std::string at = kModule;
  const std::vector<int32_t> words(256);
  SafetensorsBuilder file;
  file.Add(at + "qweight", "I32", "[8,16]", std::span(words).first(128));
  ExpectRefused(GptqConfig(4, 32), file, corrupt, "expected a tensor qzeros");
  file.Add(at + "qzeros", "F32", "[2,2]", std::span(words).first(4));
  ExpectRefused(GptqConfig(4, 32), file, corrupt, "qzeros: expected type I32, got F32");
  SafetensorsBuilder stacked;
  stacked.Add(at + "qweight", "I32", "[2,8,16]", words);
  ExpectRefused(GptqConfig(4, 32), stacked, unsupported, "stacked");
  SafetensorsBuilder empty;
  empty.Add(at + "qweight", "I32", "[0,16]", std::span(words).first(0));
  ExpectRefused(GptqConfig(4, 32), empty, corrupt, "dimensions that are not 0");
  SafetensorsBuilder none;
  ExpectRefused(GptqConfig(4, 32), none, StatusCode::kNotFound, kWeight);
}

TEST(AwqTest, GroupsAndRanges) {
  for (const size_t group_size : {32, 64, 128, 100}) {
    const Matrix matrix(40, group_size == 100 ? 100 : 320, group_size, 4);
    const auto checkpoint = OpenQuantized(
        R"({"quant_method":"awq","group_size":)" + std::to_string(group_size) + "}", matrix.Awq());
    const auto source = OpenWeight(*checkpoint, kWeight);
    ASSERT_NE(source, nullptr);
    EXPECT_EQ(source->scheme().bits, 4);
    EXPECT_EQ(source->scheme().offset_type, OffsetType::kZeroPoint);
    EXPECT_EQ(source->stored_bytes(),
              static_cast<int64_t>(matrix.n * matrix.k / 2 + matrix.n * matrix.groups / 2 +
                                   matrix.n * matrix.groups * 2));
    ExpectRows(*source, matrix);
    source->WillNeed();
  }
}

// So many columns that a strip of the matrix holds 16 of its 34 words a line.
TEST(AwqTest, ThreadsShareStrips) {
  constexpr size_t kK = 66048, kWords = 34, kN = kWords * 8, kThreads = 4, kPiece = kN / kThreads;
  constexpr size_t kNibbleOf[8] = {0, 4, 1, 5, 2, 6, 3, 7};
  std::vector<uint32_t> words(kK * kWords);
  std::mt19937 random(9);
  for (uint32_t& word : words) word = static_cast<uint32_t>(random());
  const std::string at = kModule;
  SafetensorsBuilder file;
  file.Add(at + "qweight", "I32", Shape(kK, kWords), words);
  file.Add(at + "qzeros", "I32", Shape(1, kWords), std::span(words).first(kWords));
  file.Add(at + "scales", "F16", Shape(1, kN), std::vector<uint16_t>(kN));
  const auto checkpoint = OpenQuantized(AwqConfig(-1), file);
  const auto source = OpenWeight(*checkpoint, kWeight);
  ASSERT_NE(source, nullptr);
  std::array<QuantRows, kThreads> rows;
  for (int round = 0; round < 2; ++round) {  // strips are dropped after all rows, and come back
    std::array<Status, kThreads> status;
    std::vector<std::thread> threads;
    for (size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        const auto begin = static_cast<int64_t>(t * kPiece);
        status[t] = source->ReadRows(begin, begin + static_cast<int64_t>(kPiece), rows[t]);
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (size_t n = 0; n < kN; ++n) {
      const size_t t = n / kPiece;
      ASSERT_TRUE(status[t].ok()) << status[t].message();
      const uint8_t* codes = rows[t].codes.data() + n % kPiece * kK;
      size_t num_wrong = 0;
      for (size_t c = 0; c < kK; ++c) {
        num_wrong += codes[c] != (words[c * kWords + n / 8] >> (4 * kNibbleOf[n % 8]) & 15u);
      }
      ASSERT_EQ(num_wrong, 0u) << "row " << n;
    }
  }
}

TEST(AwqTest, ShapesMustFit) {
  const Matrix matrix(16, 64, 32, 4);
  ExpectRefused(AwqConfig(64), matrix.Awq(), StatusCode::kCorruptModel, "scales of 2 groups");
  ExpectRefused(R"({"quant_method":"awq"})", matrix.Gptq(true), StatusCode::kCorruptModel,
                "scales: expected shape [2, 128], got [2, 16]");
}

TEST(AwqTest, RowsMustLieInside) {
  const Matrix matrix(16, 64, 32, 4);
  const auto checkpoint = OpenQuantized(R"({"quant_method":"awq"})", matrix.Awq());
  const auto source = OpenWeight(*checkpoint, kWeight);
  ASSERT_NE(source, nullptr);
  QuantRows rows;
  for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{-1, 1}, {3, 2}, {0, 17}}) {
    EXPECT_EQ(source->ReadRows(begin, end, rows).code(), StatusCode::kInvalidArgument);
  }
}

TEST(PlainModulesTest, LoadPlainWhateverIsSaid) {
  const Matrix matrix(16, 64, 32, 4);
  for (const char* dtype : {"F32", "F16", "BF16"}) {
    SafetensorsBuilder file = matrix.Gptq(true);
    const std::string bytes(dtype == std::string("F32") ? 8 : 4, '\0');
    file.Add(kWeight, dtype, "[2]", bytes);
    const auto checkpoint = OpenQuantized(GptqConfig(4, 32), file);
    auto source = OpenQuantSource(*checkpoint, kWeight, 0);
    ASSERT_TRUE(source.ok()) << source.status().message();
    EXPECT_EQ(*source, nullptr);
  }
  SafetensorsBuilder file;
  file.Add(kWeight, "U8", "[2]", std::string(2, '\0'));
  ExpectRefused(GptqConfig(4, 32), file, StatusCode::kUnsupported, "type U8");
}

}  // namespace
}  // namespace qwenjet::format
