// SPDX-License-Identifier: Apache-2.0
// The canonical form of GGUF tensors against DequantizeRows, whose formulas dequant_test.cc checks,
// bit by bit; rows in any range and in the llama architecture's order; and shared cases.
#include "format/gguf_quant.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "format/dequant.h"
#include "testing/checkpoint_builder.h"
#include "testing/shared.h"

namespace qwenjet::format {
namespace {

using layout::OffsetType;
using layout::QuantScheme;
using layout::ScaleType;
using testing::GgufBuilder;
using testing::TemporaryFolder;

constexpr TensorEncoding kQuantized[] = {
    TensorEncoding::kQ4_0, TensorEncoding::kQ4_1, TensorEncoding::kQ5_0, TensorEncoding::kQ5_1,
    TensorEncoding::kQ8_0, TensorEncoding::kQ4_K, TensorEncoding::kQ5_K, TensorEncoding::kQ6_K};

constexpr const char* kName = "blk.0.attn_q.weight";

// A file of one tensor [n, k] of random bytes: any scale, NaN and infinity included.
std::string RandomFile(const char* architecture, TensorEncoding encoding, uint64_t n, uint64_t k) {
  const EncodingInfo& info = InfoOf(encoding);
  std::mt19937 random(static_cast<uint32_t>(encoding));
  std::string data(
      n * k / static_cast<uint64_t>(info.block_elems) * static_cast<uint64_t>(info.block_bytes),
      '\0');
  for (char& byte : data) byte = static_cast<char>(random());
  return GgufBuilder(1, 1)
      .StringEntry("general.architecture", architecture)
      .Tensor(kName, {k, n}, static_cast<uint32_t>(info.ggml_type), 0)
      .Data(0)
      .Raw(data)
      .bytes();
}

// Row `row` as published, dequantised from the stored bytes.
std::vector<float> Expected(const Checkpoint& checkpoint, const TensorInfo& tensor, int64_t row,
                            int64_t head_dim) {
  const int64_t stored = checkpoint.RowsOf(tensor, head_dim)(row);
  const uint64_t row_bytes = tensor.size_bytes / static_cast<uint64_t>(tensor.shape[0]);
  std::vector<std::byte> bytes(row_bytes);
  std::vector<float> values(static_cast<size_t>(tensor.shape[1]), 7.0f);
  EXPECT_TRUE(checkpoint.Read(tensor, static_cast<uint64_t>(stored) * row_bytes, bytes).ok());
  EXPECT_TRUE(DequantizeRows(tensor.encoding, bytes, values).ok());
  return values;
}

void ExpectRows(const Checkpoint& checkpoint, const QuantSource& source, int64_t begin, int64_t end,
                int64_t head_dim) {
  const TensorInfo& tensor = *checkpoint.Find(kName);
  QuantRows rows;
  const Status status = source.ReadRows(begin, end, rows);
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(rows.codes.size(), static_cast<size_t>((end - begin) * source.k()));
  for (const uint8_t code : rows.codes) ASSERT_EQ(code >> source.scheme().bits, 0);
  std::vector<float> got(static_cast<size_t>(source.k()), NAN);
  for (int64_t row = begin; row < end; ++row) {
    const std::vector<float> expected = Expected(checkpoint, tensor, row, head_dim);
    DequantizeQuantRow(source.scheme(), source.k(), rows, row - begin, got.data());
    for (size_t c = 0; c < got.size(); ++c) {
      const bool same = std::isnan(expected[c]) ? std::isnan(got[c]) : got[c] == expected[c];
      ASSERT_TRUE(same) << NameOf(tensor.encoding) << " row " << row << " column " << c
                        << ": expected " << expected[c] << ", got " << got[c];
    }
  }
}

TEST(GgufQuantTest, RowsAreThoseOfTheFormulasInAnyRange) {
  constexpr int64_t kRows = 24, kHeadDim = 8;
  TemporaryFolder folder;
  for (const TensorEncoding encoding : kQuantized) {
    EXPECT_TRUE(IsGgufQuantized(encoding));
    for (const char* architecture : {"qwen3", "llama"}) {
      const std::string path =
          folder.Write("model.gguf", RandomFile(architecture, encoding, kRows, 512));
      auto checkpoint = Checkpoint::Open(path);
      ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
      auto source = OpenQuantSource(**checkpoint, kName, kHeadDim);
      ASSERT_TRUE(source.ok()) << source.status().message();
      ASSERT_NE(*source, nullptr);
      EXPECT_EQ((*source)->n(), kRows);
      EXPECT_EQ((*source)->k(), 512);
      EXPECT_TRUE((*source)->permutation().empty());
      EXPECT_EQ((*source)->stored_bytes(),
                static_cast<int64_t>((*checkpoint)->Find(kName)->size_bytes));
      for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, kRows},
                                       {3, 4},
                                       {7, 17},
                                       {8, 16},
                                       {5, 5},
                                       {kRows, kRows},
                                       {kRows - 1, kRows}}) {
        ExpectRows(**checkpoint, **source, begin, end, kHeadDim);
      }
      // Without a head size rows come as stored.
      auto stored = OpenQuantSource(**checkpoint, kName, 0);
      ASSERT_TRUE(stored.ok());
      ExpectRows(**checkpoint, **stored, 2, 9, 0);
    }
  }
}

TEST(GgufQuantTest, SchemesAreThoseOfTheFormats) {
  const auto two = ScaleType::kTwoLevel;
  const auto minimum = OffsetType::kMinimum;
  const std::pair<TensorEncoding, QuantScheme> cases[] = {
      {TensorEncoding::kQ4_0, {.bits = 4, .group_size = 32}},
      {TensorEncoding::kQ4_1, {.bits = 4, .group_size = 32, .offset_type = minimum}},
      {TensorEncoding::kQ5_0, {.bits = 5, .group_size = 32}},
      {TensorEncoding::kQ5_1, {.bits = 5, .group_size = 32, .offset_type = minimum}},
      {TensorEncoding::kQ8_0, {.bits = 8, .group_size = 32}},
      {TensorEncoding::kQ4_K,
       {.bits = 4, .group_size = 32, .scale_type = two, .offset_type = minimum}},
      {TensorEncoding::kQ5_K,
       {.bits = 5, .group_size = 32, .scale_type = two, .offset_type = minimum}},
      {TensorEncoding::kQ6_K, {.bits = 6, .group_size = 16, .scale_type = two}}};
  TemporaryFolder folder;
  for (const auto& [encoding, scheme] : cases) {
    auto checkpoint =
        Checkpoint::Open(folder.Write("model.gguf", RandomFile("qwen3", encoding, 2, 256)));
    ASSERT_TRUE(checkpoint.ok());
    auto source = OpenQuantSource(**checkpoint, kName, 0);
    ASSERT_TRUE(source.ok());
    EXPECT_TRUE((*source)->scheme() == scheme) << NameOf(encoding);
  }
}

TEST(GgufQuantTest, RowsOfOneSourceCanFollowThoseOfAnother) {
  TemporaryFolder folder;
  QuantRows rows;
  for (const TensorEncoding encoding :
       {TensorEncoding::kQ4_K, TensorEncoding::kQ4_1, TensorEncoding::kQ6_K}) {
    auto checkpoint =
        Checkpoint::Open(folder.Write("model.gguf", RandomFile("qwen3", encoding, 4, 256)));
    ASSERT_TRUE(checkpoint.ok());
    auto source = OpenQuantSource(**checkpoint, kName, 0);
    ASSERT_TRUE(source.ok());
    ASSERT_TRUE((*source)->ReadRows(0, 4, rows).ok());
    const QuantScheme& scheme = (*source)->scheme();
    const bool two = scheme.scale_type == ScaleType::kTwoLevel;
    const bool minimum = scheme.offset_type == OffsetType::kMinimum;
    const auto groups = static_cast<size_t>(4 * 256 / scheme.group_size);
    EXPECT_EQ(rows.scales.size(), two ? 0 : groups);
    EXPECT_EQ(rows.minimums.size(), minimum && !two ? groups : 0);
    EXPECT_EQ(rows.super_scales.size(), two ? 4u : 0u);
    EXPECT_EQ(rows.sub_scales.size(), two ? groups : 0);
    EXPECT_EQ(rows.super_minimums.size(), minimum && two ? 4u : 0u);
    EXPECT_EQ(rows.sub_minimums.size(), minimum && two ? groups : 0);
    EXPECT_TRUE(rows.zeros.empty());
  }
}

TEST(GgufQuantTest, PlainTensorsHaveNoSourceAndOthersAreNamed) {
  TemporaryFolder folder;
  for (int32_t i = 0; i < kNumTensorEncodings; ++i) {
    const auto encoding = static_cast<TensorEncoding>(i);
    if (InfoOf(encoding).ggml_type < 0) continue;
    auto checkpoint =
        Checkpoint::Open(folder.Write("model.gguf", RandomFile("qwen3", encoding, 2, 256)));
    ASSERT_TRUE(checkpoint.ok());
    auto source = OpenQuantSource(**checkpoint, kName, 0);
    if (source.ok()) {
      EXPECT_TRUE(CanDequantize(encoding)) << NameOf(encoding);
      EXPECT_EQ(*source == nullptr, !IsGgufQuantized(encoding)) << NameOf(encoding);
    } else {
      EXPECT_FALSE(CanDequantize(encoding)) << NameOf(encoding);
      EXPECT_EQ(source.status().code(), StatusCode::kUnsupported);
      EXPECT_NE(source.status().message().find(NameOf(encoding)), std::string::npos);
      EXPECT_NE(source.status().message().find("q_proj"), std::string::npos);
    }
  }
}

TEST(GgufQuantTest, WhatIsNoMatrixOfWholeHeadsIsRefused) {
  TemporaryFolder folder;
  auto checkpoint = Checkpoint::Open(
      folder.Write("model.gguf", RandomFile("llama", TensorEncoding::kQ8_0, 12, 32)));
  ASSERT_TRUE(checkpoint.ok());
  auto source = OpenQuantSource(**checkpoint, kName, 8);
  EXPECT_EQ(source.status().code(), StatusCode::kCorruptModel);
  EXPECT_NE(source.status().message().find("whole heads, got shape [12, 32]"), std::string::npos);
  source = OpenQuantSource(**checkpoint, kName, 4);
  ASSERT_TRUE(source.ok());
  QuantRows rows;
  EXPECT_EQ((*source)->ReadRows(-1, 2, rows).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ((*source)->ReadRows(2, 1, rows).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ((*source)->ReadRows(0, 13, rows).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenQuantSource(**checkpoint, "none", 4).status().code(), StatusCode::kNotFound);

  const std::string vector = GgufBuilder(1, 0).Tensor(kName, {32}, 8, 0).Data(34).bytes();
  checkpoint = Checkpoint::Open(folder.Write("model.gguf", vector));
  ASSERT_TRUE(checkpoint.ok());
  source = OpenQuantSource(**checkpoint, kName, 0);
  EXPECT_EQ(source.status().code(), StatusCode::kCorruptModel);
}

TEST(GgufQuantTest, MatricesWithoutRowsOrColumns) {
  TemporaryFolder folder;
  for (const auto& [n, k] : {std::pair<uint64_t, uint64_t>{0, 256}, {3, 0}}) {
    auto checkpoint = Checkpoint::Open(
        folder.Write("model.gguf", RandomFile("qwen3", TensorEncoding::kQ4_K, n, k)));
    ASSERT_TRUE(checkpoint.ok());
    auto source = OpenQuantSource(**checkpoint, kName, 0);
    ASSERT_TRUE(source.ok());
    QuantRows rows;
    EXPECT_TRUE((*source)->ReadRows(0, static_cast<int64_t>(n), rows).ok());
    EXPECT_TRUE(rows.codes.empty());
  }
}

// Files of gguf-py and of llama.cpp's own quantiser, whose types differ from tensor to tensor.
TEST(GgufQuantTest, SharedFilesGiveTheReferenceDequantisation) {
  const auto shared = testing::SharedFolder();
  if (!shared) GTEST_SKIP() << "no folder of shared reference material";
  for (const char* name :
       {"gguf-q8_0", "gguf-q4_0", "gguf-q4_1", "gguf-q4_k_m", "gguf-q5_k_m", "gguf-q6_k"}) {
    const auto folder = *shared / "conformance" / "quantized" / name;
    auto checkpoint = Checkpoint::Open((folder / "model.gguf").string());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
    auto golden = Checkpoint::OpenTensors((folder / "dequantised.safetensors").string());
    ASSERT_TRUE(golden.ok()) << golden.status().message();
    ASSERT_EQ((*golden)->tensors().size(), 2u);
    for (const TensorInfo& tensor : (*golden)->tensors()) {
      auto source = OpenQuantSource(**checkpoint, tensor.name, 128);
      ASSERT_TRUE(source.ok()) << source.status().message();
      ASSERT_NE(*source, nullptr) << name << " " << tensor.name;
      const int64_t k = (*source)->k();
      ASSERT_EQ(tensor.shape, (std::vector<int64_t>{(*source)->n(), k}));
      QuantRows rows;
      ASSERT_TRUE((*source)->ReadRows(0, (*source)->n(), rows).ok());
      std::vector<float> expected(static_cast<size_t>(k)), got(static_cast<size_t>(k), NAN);
      for (int64_t r = 0; r < (*source)->n(); ++r) {
        const auto bytes = std::as_writable_bytes(std::span(expected));
        ASSERT_TRUE((*golden)->Read(tensor, static_cast<uint64_t>(r) * bytes.size(), bytes).ok());
        DequantizeQuantRow((*source)->scheme(), k, rows, r, got.data());
        ASSERT_EQ(got, expected) << name << " " << tensor.name << " row " << r;
      }
    }
  }
}

}  // namespace
}  // namespace qwenjet::format
