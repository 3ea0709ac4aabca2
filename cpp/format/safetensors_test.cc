// SPDX-License-Identifier: Apache-2.0
#include "format/safetensors.h"

#include <gtest/gtest.h>

#include "testing/checkpoint_builder.h"

namespace qwenjet::format {
namespace {

using testing::AsBytes;
using testing::Packed;
using testing::SafetensorsFile;

Result<SafetensorsHeader> Parse(const std::string& file) {
  return ReadSafetensorsHeader(MemorySource("test.safetensors", AsBytes(file)), 0);
}

constexpr const char* kTwo = R"({"__metadata__":{"format":"pt"},)"
                             R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]},)"
                             R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}  )";

TEST(SafetensorsTest, ReadsTensorsInTheOrderOfTheirBytes) {
  const std::string header = kTwo;
  auto parsed = Parse(SafetensorsFile(header, std::string(14, 'x')));
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  ASSERT_EQ(parsed->tensors.size(), 2u);
  EXPECT_EQ(parsed->tensors[0].name, "a");
  EXPECT_EQ(parsed->tensors[0].encoding, TensorEncoding::kF32);
  EXPECT_EQ(parsed->tensors[0].shape, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(parsed->tensors[0].offset, 8 + header.size());
  EXPECT_EQ(parsed->tensors[1].name, "b");
  EXPECT_EQ(parsed->tensors[1].offset, 8 + header.size() + 8);
  EXPECT_EQ(parsed->tensors[1].size_bytes, 6u);
  ASSERT_EQ(parsed->metadata.size(), 1u);
  EXPECT_EQ(parsed->metadata[0].second, "pt");
}

struct Accepted {
  const char* why;
  const char* header;
  size_t data_bytes;
};

TEST(SafetensorsTest, AcceptsWhatTheReferenceReaderAccepts) {
  const Accepted cases[] = {
      {"no tensors", "{}", 0},
      {"leading blanks", "   {}", 0},
      {"scalar", R"({"s":{"dtype":"F64","shape":[],"data_offsets":[0,8]}})", 8},
      {"zero size", R"({"z":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]}})", 0},
      {"zero size between",
       R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
       R"("z":{"dtype":"F32","shape":[0],"data_offsets":[2,2]},)"
       R"("b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
       3},
      {"not aligned to its dtype",
       R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
       R"("b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})",
       5},
      {"same name twice",
       R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
       R"("a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}})",
       2},
      {"unknown member",
       R"({"a":{"dtype":"U8","note":{"x":[1,[2.5,null,true]],"y":"z"},"more":1,)"
       R"("shape":[2],"data_offsets":[0,2]}})",
       2},
  };
  for (const Accepted& c : cases) {
    const auto parsed = Parse(SafetensorsFile(c.header, std::string(c.data_bytes, 'x')));
    EXPECT_TRUE(parsed.ok()) << c.why << ": " << parsed.status().message();
  }
}

TEST(SafetensorsTest, EveryDtypeHasItsSize) {
  const std::pair<const char*, size_t> dtypes[] = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1},
      {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},     {"U32", 4},
      {"F32", 4},  {"F64", 8}, {"I64", 8}, {"U64", 8},
  };
  for (const auto& [name, bytes] : dtypes) {
    const std::string header = std::string(R"({"t":{"dtype":")") + name +
                               R"(","shape":[3],"data_offsets":[0,)" + std::to_string(3 * bytes) +
                               "]}}";
    const auto parsed = Parse(SafetensorsFile(header, std::string(3 * bytes, 'x')));
    ASSERT_TRUE(parsed.ok()) << name << ": " << parsed.status().message();
    EXPECT_STREQ(NameOf(parsed->tensors[0].encoding), name);
  }
}

struct Rejected {
  const char* header;
  size_t data_bytes;
  const char* message;
};

TEST(SafetensorsTest, RejectsAndNamesWhatIsWrong) {
  const Rejected cases[] = {
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 3, "data to end after 2"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 1, "inside the 1 bytes"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3, "hole"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
       R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
       3, "overlaps"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
       R"("b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}})",
       4, "hole"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}})", 2, "[2, 0)"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,2]}})", 2, "expected 8 bytes"},
      {R"({"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}})", 2, "negative number -2"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[-1,2]}})", 2, "negative number -1"},
      {R"({"a":{"dtype":"U8","shape":[2.5],"data_offsets":[0,2]}})", 2, "2.5"},
      {R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,2]}})", 2, "2^63"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
       "more than 2^63"},
      {R"({"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}})", 0,
       "more than 2^63"},
      {R"({"a":{"dtype":"F33","shape":[2],"data_offsets":[0,2]}})", 2, "F33"},
      {R"({"a":{"dtype":7,"shape":[2],"data_offsets":[0,2]}})", 2, "expected a string for dtype"},
      {R"({"a":{"dtype":"U8","shape":3,"data_offsets":[0,2]}})", 2, "expected an array for shape"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0]}})", 2, "two non-negative"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2,2]}})", 2, "third offset"},
      {R"({"a":{"dtype":"U8","shape":[2],"shape":[2],"data_offsets":[0,2]}})", 2, "twice"},
      {R"({"a":{"shape":[2],"data_offsets":[0,2]}})", 2, "got no dtype"},
      {R"({"a":{"dtype":"U8","data_offsets":[0,2]}})", 2, "got no shape"},
      {R"({"a":{"dtype":"U8","shape":[2]}})", 2, "got no data_offsets"},
      {R"({"a":[1]})", 0, "an array"},
      {R"({"a":null})", 0, "null"},
      {R"({"__metadata__":{"n":1}})", 0, "__metadata__"},
      {R"({"__metadata__":{"n":{"x":"y"}}})", 0, "__metadata__"},
      {R"({"__metadata__":"text"})", 0, "__metadata__"},
      {R"([])", 0, "JSON object"},
      {R"(3)", 0, "JSON object"},
      {"", 0, "not valid JSON"},
      {R"({"a":)", 0, "not valid JSON"},
      {R"({} x)", 0, "not valid JSON"},
      {"{\"\xff\":1}", 0, "not valid JSON"},
  };
  for (const Rejected& c : cases) {
    const auto parsed = Parse(SafetensorsFile(c.header, std::string(c.data_bytes, 'x')));
    ASSERT_FALSE(parsed.ok()) << c.header;
    EXPECT_EQ(parsed.status().code(), StatusCode::kCorruptModel) << c.header;
    EXPECT_NE(parsed.status().message().find(c.message), std::string::npos)
        << c.header << "\n  gave: " << parsed.status().message();
    EXPECT_NE(parsed.status().message().find("test.safetensors"), std::string::npos);
  }
}

TEST(SafetensorsTest, SubByteDtypesAreUnsupportedNotCorrupt) {
  const auto parsed =
      Parse(SafetensorsFile(R"({"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}})", "xx"));
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.status().code(), StatusCode::kUnsupported);
}

TEST(SafetensorsTest, HeaderLengthIsCheckedBeforeItIsUsed) {
  for (const uint64_t length :
       {uint64_t{3}, uint64_t{99'999'999}, uint64_t{100'000'001}, UINT64_MAX, UINT64_MAX - 7}) {
    const auto parsed = Parse(Packed(length) + "{}");
    ASSERT_FALSE(parsed.ok()) << length;
    EXPECT_EQ(parsed.status().code(), StatusCode::kCorruptModel);
  }
}

TEST(SafetensorsTest, EveryTruncationIsRejected) {
  const std::string whole = SafetensorsFile(kTwo, std::string(14, 'x'));
  ASSERT_TRUE(Parse(whole).ok());
  for (size_t length = 0; length < whole.size(); ++length) {
    const auto parsed = Parse(whole.substr(0, length));
    ASSERT_FALSE(parsed.ok()) << length;
    EXPECT_EQ(parsed.status().code(), StatusCode::kCorruptModel) << length;
  }
}

TEST(SafetensorsTest, DeepNestingIsNoRecursion) {
  const std::string deep(1'000'000, '[');
  EXPECT_FALSE(Parse(SafetensorsFile(deep, "")).ok());
  EXPECT_FALSE(Parse(SafetensorsFile(R"({"a":{"x":)" + deep, "")).ok());
}

TEST(SafetensorsIndexTest, FileNamesStayInTheFolder) {
  const auto parse = [](const std::string& file) {
    return ParseSafetensorsIndex(R"({"weight_map":{"a":")" + file + R"("}})", "index");
  };
  for (const char* file : {"model-1.safetensors", "sub/model.safetensors", "..x"}) {
    EXPECT_TRUE(parse(file).ok()) << file;
  }
  for (const char* file : {"", "/etc/passwd", "../x", "a/../../x", "a//b", "./x", "a/..", "a/",
                           "a\\\\b", "a\\u0000b"}) {
    const auto parsed = parse(file);
    ASSERT_FALSE(parsed.ok()) << file;
    EXPECT_EQ(parsed.status().code(), StatusCode::kCorruptModel);
  }
}

TEST(SafetensorsIndexTest, RejectsOtherStructures) {
  for (const char* text : {"", "[]", "{}", R"({"weight_map":[]})", R"({"weight_map":{}})",
                           R"({"weight_map":{"a":1}})", R"({"weight_map":null})"}) {
    const auto parsed = ParseSafetensorsIndex(text, "index");
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.status().code(), StatusCode::kCorruptModel);
  }
}

}  // namespace
}  // namespace qwenjet::format
