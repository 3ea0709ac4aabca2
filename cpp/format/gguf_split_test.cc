// SPDX-License-Identifier: Apache-2.0
#include "format/gguf_split.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "format/checkpoint.h"
#include "testing/checkpoint_builder.h"

namespace qwenjet::format {
namespace {

using testing::GgufBuilder;
using testing::TemporaryFolder;

constexpr uint32_t kF32 = 0;

struct PartSpec {
  uint16_t no = 0;
  uint16_t count = 3;
  int32_t num_tensors = 3;
  std::vector<std::string> tensors;  // one float each, the first the part's number
};

std::string PartFile(const PartSpec& spec) {
  const bool first = spec.no == 0;
  GgufBuilder builder(spec.tensors.size(), first ? 4 : 3);
  if (first) builder.StringEntry("general.architecture", "qwen3");
  builder.Entry("split.no", 2, spec.no).Entry("split.count", 2, spec.count);
  builder.Entry("split.tensors.count", 5, spec.num_tensors);
  for (size_t i = 0; i < spec.tensors.size(); ++i) {
    builder.Tensor(spec.tensors[i], {1}, kF32, 32 * i);
  }
  builder.Data(0);
  for (size_t i = 0; i < spec.tensors.size(); ++i) {
    builder.Number(static_cast<float>(spec.no) + static_cast<float>(i) / 2).Raw(std::string(28, 0));
  }
  return builder.bytes();
}

// Three parts: two tensors, none, one.
void WriteParts(const TemporaryFolder& folder) {
  folder.Write("m-00001-of-00003.gguf", PartFile({.no = 0, .tensors = {"output.weight", "b"}}));
  folder.Write("m-00002-of-00003.gguf", PartFile({.no = 1, .tensors = {}}));
  folder.Write("m-00003-of-00003.gguf", PartFile({.no = 2, .tensors = {"c"}}));
}

void ExpectRefused(const std::string& path, StatusCode code, const std::string& message) {
  const auto opened = Checkpoint::Open(path);
  ASSERT_FALSE(opened.ok()) << "expected: " << message;
  EXPECT_EQ(opened.status().code(), code) << opened.status().message();
  EXPECT_NE(opened.status().message().find(message), std::string::npos)
      << "expected \"" << message << "\" in: " << opened.status().message();
}

TEST(GgufSplitTest, AnyPartOpensAll) {
  TemporaryFolder folder;
  WriteParts(folder);
  for (const char* name :
       {"m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"}) {
    auto opened = Checkpoint::Open(folder.path(name));
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    const Checkpoint& checkpoint = **opened;
    EXPECT_EQ(checkpoint.tensors().size(), 3u);
    EXPECT_EQ(**checkpoint.gguf()->String("general.architecture"), "qwen3");
    const std::pair<const char*, float> expected[] = {
        {"lm_head.weight", 0.0f}, {"b", 0.5f}, {"c", 2.0f}};
    for (const auto& [tensor, value] : expected) {
      float got = -1.0f;
      ASSERT_NE(checkpoint.Find(tensor), nullptr) << tensor;
      EXPECT_TRUE(
          checkpoint.Read(*checkpoint.Find(tensor), 0, std::as_writable_bytes(std::span(&got, 1)))
              .ok());
      EXPECT_EQ(got, value) << tensor;
    }
    EXPECT_NE(checkpoint.TensorsJson().find(R"("file":"m-00003-of-00003.gguf")"),
              std::string::npos);
  }
}

TEST(GgufSplitTest, OnePartOfOneIsAWholeModel) {
  TemporaryFolder folder;
  const std::string whole = PartFile({.no = 0, .count = 1, .num_tensors = 1, .tensors = {"a"}});
  EXPECT_TRUE(Checkpoint::Open(folder.Write("any.gguf", whole)).ok());
  const GgufBuilder unsplit = GgufBuilder(0, 1).Entry("split.count", 2, uint16_t{0});
  EXPECT_TRUE(Checkpoint::Open(folder.Write("any.gguf", unsplit.bytes())).ok());
}

TEST(GgufSplitTest, MissingPartsAreNamed) {
  TemporaryFolder folder;
  WriteParts(folder);
  std::filesystem::remove(folder.path("m-00002-of-00003.gguf"));
  for (const char* name : {"m-00001-of-00003.gguf", "m-00003-of-00003.gguf"}) {
    ExpectRefused(folder.path(name), StatusCode::kNotFound,
                  "m-00002-of-00003.gguf: cannot be opened: No such file or directory (part 2 of 3 "
                  "of a split model)");
  }
  folder.Write("m-00002-of-00003.gguf", "GGUF");
  ExpectRefused(folder.path("m-00001-of-00003.gguf"), StatusCode::kCorruptModel,
                "m-00002-of-00003.gguf: expected 4 bytes for the version");
}

TEST(GgufSplitTest, PartsMustFitTheirNamesAndEachOther) {
  TemporaryFolder folder;
  WriteParts(folder);
  const std::string first = folder.path("m-00001-of-00003.gguf");
  const std::string third = folder.path("m-00003-of-00003.gguf");
  std::filesystem::copy_file(first, folder.path("renamed.gguf"));
  ExpectRefused(folder.path("renamed.gguf"), StatusCode::kCorruptModel,
                "renamed.gguf: expected the name of part 1 of 3 of a split model to end in "
                "-00001-of-00003.gguf");
  folder.Write("m-00002-of-00003.gguf", PartFile({.no = 2, .tensors = {}}));
  ExpectRefused(first, StatusCode::kCorruptModel,
                "m-00002-of-00003.gguf: expected part 2 of 3 of a split model as its name says, "
                "got part 3 of 3");
  folder.Write("m-00002-of-00003.gguf", PartFile({.no = 1, .count = 2, .tensors = {}}));
  ExpectRefused(first, StatusCode::kCorruptModel, "got part 2 of 2");
  folder.Write("m-00002-of-00003.gguf", PartFile({.no = 1, .num_tensors = 4, .tensors = {}}));
  ExpectRefused(first, StatusCode::kCorruptModel, "the same split.tensors.count");
  folder.Write("m-00002-of-00003.gguf", PartFile({.no = 1, .tensors = {"d"}}));
  ExpectRefused(third, StatusCode::kCorruptModel, "expected 3 tensors in the 3 parts of the model");
  folder.Write("m-00002-of-00003.gguf", PartFile({.no = 1, .tensors = {}}));
  folder.Write("m-00003-of-00003.gguf", PartFile({.no = 2, .tensors = {"b"}}));
  ExpectRefused(first, StatusCode::kCorruptModel, "tensor b occurs twice");
}

TEST(GgufSplitTest, KeysAreChecked) {
  TemporaryFolder folder;
  const std::string path = folder.path("m.gguf");
  folder.Write("m.gguf", GgufBuilder(0, 1).StringEntry("split.count", "x").bytes());
  ExpectRefused(path, StatusCode::kCorruptModel, "m.gguf: metadata key split.count");
  folder.Write("m.gguf", GgufBuilder(0, 1).Entry("split.count", 2, uint16_t{3}).bytes());
  ExpectRefused(path, StatusCode::kCorruptModel, "got 3 and none");
  folder.Write("m.gguf", PartFile({.no = 3, .tensors = {}}));
  ExpectRefused(path, StatusCode::kCorruptModel, "got 3 and 3");
  folder.Write("m.gguf", GgufBuilder(0, 2)
                             .Entry("split.count", 11, int64_t{-1})
                             .Entry("split.no", 11, int64_t{-2})
                             .bytes());
  ExpectRefused(path, StatusCode::kCorruptModel, "got -1 and -2");
}

}  // namespace
}  // namespace qwenjet::format
