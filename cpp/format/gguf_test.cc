// SPDX-License-Identifier: Apache-2.0
#include "format/gguf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "testing/checkpoint_builder.h"

namespace qwenjet::format {
namespace {

using testing::AsBytes;
using testing::GgufBuilder;

constexpr uint32_t kF32 = 0;
constexpr uint32_t kQ4_1 = 3;

Result<GgufHeader> Parse(const std::string& file) {
  return ReadGgufHeader(MemorySource("test.gguf", AsBytes(file)), 0);
}

void ExpectRejected(const std::string& file, StatusCode code, const std::string& message) {
  const auto parsed = Parse(file);
  ASSERT_FALSE(parsed.ok()) << "expected: " << message;
  EXPECT_EQ(parsed.status().code(), code) << parsed.status().message();
  EXPECT_NE(parsed.status().message().find(message), std::string::npos)
      << "expected \"" << message << "\" in: " << parsed.status().message();
}

void ExpectCorrupt(const std::string& file, const std::string& message) {
  ExpectRejected(file, StatusCode::kCorruptModel, message);
}

// Every metadata type, and two tensors.
std::string WholeFile(uint32_t version = 3) {
  GgufBuilder builder(2, 16, version);
  builder.Entry("u8", 0, uint8_t{200}).Entry("i8", 1, int8_t{-5});
  builder.Entry("u16", 2, uint16_t{65535}).Entry("i16", 3, int16_t{-300});
  builder.Entry("u32", 4, uint32_t{4000000000u}).Entry("i32", 5, int32_t{-70000});
  builder.Entry("f32", 6, 1e-6f).Entry("bool", 7, uint8_t{1});
  builder.StringEntry("string", "caf\xc3\xa9 \"\n");
  builder.Entry("u64", 10, UINT64_MAX).Entry("i64", 11, INT64_MIN).Entry("f64", 12, 0.1);
  builder.String("ints").Number(uint32_t{9}).Number(uint32_t{5}).Number(uint64_t{2});
  builder.Number(int32_t{1}).Number(int32_t{-2});
  builder.String("strings").Number(uint32_t{9}).Number(uint32_t{8}).Number(uint64_t{2});
  builder.String("a").String("");
  builder.String("nested").Number(uint32_t{9}).Number(uint32_t{9}).Number(uint64_t{1});
  builder.Number(uint32_t{0}).Number(uint64_t{3}).Raw("\x01\x02\x03");
  builder.Entry("inf", 6, std::numeric_limits<float>::infinity());
  builder.Tensor("t.weight", {64, 3}, kQ4_1, 0).Tensor("n.weight", {5}, kF32, 128);
  return builder.Data(128 + 20).bytes();
}

TEST(GgufTest, ReadsEveryMetadataTypeInBothVersions) {
  for (const uint32_t version : {2u, 3u}) {
    const auto parsed = Parse(WholeFile(version));
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_EQ(parsed->version, version);
    const auto json = parsed->metadata.Json();
    ASSERT_TRUE(json.ok()) << json.status().message();
    EXPECT_EQ(*json,
              "{\"u8\":200,\"i8\":-5,\"u16\":65535,\"i16\":-300,\"u32\":4000000000,"
              "\"i32\":-70000,\"f32\":1e-06,\"bool\":true,\"string\":\"caf\xc3\xa9 \\\"\\n\","
              "\"u64\":18446744073709551615,\"i64\":-9223372036854775808,\"f64\":0.1,"
              "\"ints\":[1,-2],\"strings\":[\"a\",\"\"],\"nested\":[[1,2,3]],\"inf\":null}");
  }
}

TEST(GgufTest, ReadsTensorsOutermostDimensionFirst) {
  const std::string file = WholeFile();
  const auto parsed = Parse(file);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  ASSERT_EQ(parsed->tensors.size(), 2u);
  EXPECT_EQ(parsed->tensors[0].encoding, TensorEncoding::kQ4_1);
  EXPECT_EQ(parsed->tensors[0].shape, (std::vector<int64_t>{3, 64}));
  EXPECT_EQ(parsed->tensors[0].size_bytes, 3u * 2 * 20);
  EXPECT_EQ(parsed->tensors[0].offset, file.size() - 148);
  EXPECT_EQ(parsed->tensors[1].shape, std::vector<int64_t>{5});
  EXPECT_EQ(parsed->tensors[1].offset, file.size() - 20);
}

TEST(GgufTest, TypedLookups) {
  const auto parsed = Parse(WholeFile());
  ASSERT_TRUE(parsed.ok());
  const GgufMetadata& metadata = parsed->metadata;
  EXPECT_EQ(**metadata.Int("u32"), 4000000000);
  EXPECT_EQ(**metadata.Int("i8"), -5);
  EXPECT_FALSE(metadata.Int("absent")->has_value());
  EXPECT_EQ(**metadata.Number("f32"), static_cast<double>(1e-6f));
  EXPECT_EQ(**metadata.Number("u8"), 200.0);
  EXPECT_TRUE(**metadata.Bool("bool"));
  EXPECT_EQ(**metadata.String("string"), "caf\xc3\xa9 \"\n");
  EXPECT_EQ(metadata.Int("u64").status().code(), StatusCode::kCorruptModel);
  EXPECT_EQ(metadata.Int("f32").status().code(), StatusCode::kCorruptModel);
  EXPECT_EQ(metadata.Int("ints").status().code(), StatusCode::kCorruptModel);
  EXPECT_EQ(metadata.String("u8").status().code(), StatusCode::kCorruptModel);
  EXPECT_EQ(metadata.Bool("u8").status().code(), StatusCode::kCorruptModel);
  EXPECT_EQ(metadata.Number("string").status().code(), StatusCode::kCorruptModel);
}

TEST(GgufTest, EveryTruncationIsRejected) {
  const std::string whole = WholeFile();
  for (size_t length = 0; length < whole.size(); ++length) {
    const auto parsed = Parse(whole.substr(0, length));
    ASSERT_FALSE(parsed.ok()) << length;
    EXPECT_EQ(parsed.status().code(), StatusCode::kCorruptModel) << length;
  }
}

TEST(GgufTest, OtherVersionsAndByteOrdersAreNamed) {
  ExpectCorrupt("GGML....", "begins with \"GGUF\"");
  ExpectRejected(GgufBuilder(0, 0, 1).bytes(), StatusCode::kUnsupported, "version 1");
  ExpectRejected(GgufBuilder(0, 0, 4).bytes(), StatusCode::kUnsupported, "got 4");
  ExpectRejected(GgufBuilder(0, 0, 0x03000000).bytes(), StatusCode::kUnsupported, "big-endian");
}

TEST(GgufTest, HostileCountsAreCorruptBeforeAnyAllocation) {
  for (const uint64_t huge : {UINT64_MAX, uint64_t{1} << 61, uint64_t{1} << 32}) {
    ExpectCorrupt(GgufBuilder(huge, 0).bytes(), "tensors");
    ExpectCorrupt(GgufBuilder(0, huge).bytes(), "metadata entries");
    ExpectCorrupt(GgufBuilder(0, 1).Number(huge).Data(64).bytes(), "metadata key");
    const auto array = [&](uint32_t type) {
      return GgufBuilder(0, 1).String("k").Number(uint32_t{9}).Number(type).Number(huge).Data(64);
    };
    ExpectCorrupt(array(0).bytes(), "array elements");
    ExpectCorrupt(array(12).bytes(), "array elements");
    ExpectCorrupt(array(8).bytes(), "strings");
    ExpectCorrupt(array(9).bytes(), "arrays");
    ExpectCorrupt(GgufBuilder(0, 1).String("k").Number(uint32_t{8}).Number(huge).Data(64).bytes(),
                  "metadata string");
  }
}

// A file that claims 2^60 bytes and holds zeros behind its first ones, as a sparse file does.
class SparseSource final : public ByteSource {
 public:
  explicit SparseSource(std::string head)
      : ByteSource("sparse.gguf", uint64_t{1} << 60), head_(std::move(head)) {}
  Status ReadAt(uint64_t offset, std::span<std::byte> dst) const override {
    for (size_t i = 0; i < dst.size(); ++i) {
      dst[i] = offset + i < head_.size() ? static_cast<std::byte>(head_[offset + i]) : std::byte{};
    }
    return OkStatus();
  }

 private:
  std::string head_;
};

TEST(GgufTest, AnEnormousFileCannotAskForEnormousMemory) {
  const uint64_t huge = uint64_t{1} << 40;
  const GgufBuilder files[] = {
      GgufBuilder(huge, 0),
      GgufBuilder(0, huge),
      GgufBuilder(0, 1).Number(huge),
      GgufBuilder(0, 1).String("k").Number(uint32_t{8}).Number(huge),
      GgufBuilder(0, 1).String("k").Number(uint32_t{9}).Number(uint32_t{0}).Number(huge),
      GgufBuilder(0, 1).String("k").Number(uint32_t{9}).Number(uint32_t{8}).Number(huge),
      GgufBuilder(1, 0).Number(huge)};
  for (const GgufBuilder& file : files) {
    const auto parsed = ReadGgufHeader(SparseSource(file.bytes()), 0);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.status().code(), StatusCode::kCorruptModel);
  }
}

TEST(GgufTest, MetadataIsChecked) {
  ExpectCorrupt(GgufBuilder(0, 1).Entry("k", 13, uint64_t{0}).bytes(), "from 0 to 12, got 13");
  ExpectCorrupt(GgufBuilder(0, 1).Entry("k", 7, uint8_t{2}).bytes(), "0 or 1, got 2");
  ExpectCorrupt(GgufBuilder(0, 2).Entry("k", 0, uint8_t{2}).Entry("k", 0, uint8_t{2}).bytes(),
                "twice");
  GgufBuilder deep(0, 1);
  deep.String("k").Number(uint32_t{9});
  for (int i = 0; i < 10; ++i) deep.Number(uint32_t{9}).Number(uint64_t{1});
  ExpectCorrupt(deep.Data(64).bytes(), "nested");
}

TEST(GgufTest, StringsMustBeUtf8ForJson) {
  const auto parsed = Parse(GgufBuilder(0, 1).StringEntry("k", "a\xff").bytes());
  ASSERT_TRUE(parsed.ok());
  const auto json = parsed->metadata.Json();
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(json.status().code(), StatusCode::kCorruptModel);
  EXPECT_NE(json.status().message().find("UTF-8"), std::string::npos);
}

TEST(GgufTest, TensorsAreChecked) {
  const auto one = [](const std::vector<uint64_t>& dims, uint32_t type, uint64_t offset) {
    return GgufBuilder(1, 0).Tensor("t", dims, type, offset).Data(64).bytes();
  };
  EXPECT_TRUE(Parse(one({16}, kF32, 0)).ok());
  EXPECT_TRUE(Parse(one({}, kF32, 0)).ok());
  EXPECT_TRUE(Parse(one({0, 4}, kF32, 0)).ok());
  ExpectCorrupt(one({17}, kF32, 0), "inside a file");
  ExpectCorrupt(one({16}, kF32, 32), "inside a file");
  ExpectCorrupt(one({16}, kF32, 4), "multiple of 32");
  ExpectCorrupt(one({1}, kF32, UINT64_MAX - 31), "inside a file");
  ExpectCorrupt(one({1, 1, 1, 1, 1}, kF32, 0), "at most 4 dimensions");
  ExpectCorrupt(one({UINT64_MAX}, kF32, 0), "below 2^63");
  ExpectCorrupt(one({uint64_t{1} << 40, uint64_t{1} << 40}, kF32, 0), "below 2^63");
  ExpectCorrupt(one({uint64_t{1} << 62}, kF32, 0), "below 2^63");
  ExpectCorrupt(GgufBuilder(1, 0).Tensor("\xff", {8}, kF32, 0).Data(32).bytes(), "UTF-8");
  ExpectCorrupt(one({33}, kQ4_1, 0), "whole blocks");
  ExpectRejected(one({32}, 4, 0), StatusCode::kUnsupported, "ggml type number 4");
  ExpectRejected(one({32}, 0x80000000u, 0), StatusCode::kUnsupported, "not known");
  ExpectCorrupt(
      GgufBuilder(2, 0).Tensor("a", {16}, kF32, 0).Tensor("b", {8}, kF32, 32).Data(64).bytes(),
      "overlaps a");
  ExpectCorrupt(
      GgufBuilder(2, 0).Tensor("a", {8}, kF32, 0).Tensor("a", {8}, kF32, 32).Data(64).bytes(),
      "occurs twice");
}

TEST(GgufTest, AlignmentIsHonouredAndChecked) {
  const auto aligned = [](uint32_t alignment, uint64_t offset) {
    return GgufBuilder(1, 1)
        .Entry("general.alignment", 4, alignment)
        .Tensor("t", {4}, kF32, offset)
        .Data(80, 64)
        .bytes();
  };
  const std::string file = aligned(64, 64);
  const auto parsed = Parse(file);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ(parsed->tensors[0].offset, file.size() - 16);
  ExpectCorrupt(aligned(64, 32), "multiple of 64");
  ExpectCorrupt(aligned(0, 0), "power of two");
  ExpectCorrupt(aligned(48, 0), "power of two");
  ExpectCorrupt(aligned(0x80000000u, 0), "power of two");
}

}  // namespace
}  // namespace qwenjet::format
