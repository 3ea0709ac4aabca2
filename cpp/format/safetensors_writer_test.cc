// SPDX-License-Identifier: Apache-2.0
// What is written is read back by the reader, whatever the order and the cuts; mistakes are named.
#include "format/safetensors_writer.h"

#include <gtest/gtest.h>

#include "format/checkpoint.h"
#include "testing/checkpoint_builder.h"

namespace qwenjet::format {
namespace {

using ::qwenjet::testing::AsBytes;
using ::qwenjet::testing::TemporaryFolder;

std::vector<SafetensorsWriter::Tensor> SomeTensors() {
  return {{"bytes", TensorEncoding::kU8, {3}},
          {"numbers", TensorEncoding::kF32, {2, 2}},
          {"nothing", TensorEncoding::kF32, {0, 4}},
          {"wide", TensorEncoding::kI64, {2}}};
}

std::string Contents(const Checkpoint& checkpoint, const std::string& name) {
  const auto tensor = checkpoint.Get(name);
  EXPECT_TRUE(tensor.ok()) << tensor.status().message();
  std::string bytes(static_cast<size_t>((*tensor)->size_bytes), '\0');
  EXPECT_TRUE(
      checkpoint.Read(**tensor, 0, std::as_writable_bytes(std::span(bytes.data(), bytes.size())))
          .ok());
  return bytes;
}

void WriteAll(SafetensorsWriter& writer) {
  EXPECT_TRUE(writer.Write("wide", 0, AsBytes("0123456789abcdef")).ok());
  EXPECT_TRUE(writer.Write("numbers", 6, AsBytes("6789012345")).ok());
  EXPECT_TRUE(writer.Write("bytes", 0, AsBytes("xyz")).ok());
  EXPECT_TRUE(writer.Write("numbers", 0, AsBytes("012345")).ok());
  const Status finished = writer.Finish();
  EXPECT_TRUE(finished.ok()) << finished.message();
}

TEST(SafetensorsWriterTest, OneFileComesBackWhateverTheOrder) {
  const TemporaryFolder folder;
  auto writer = SafetensorsWriter::Create(folder.path(), SomeTensors(), 1 << 20);
  ASSERT_TRUE(writer.ok()) << writer.status().message();
  WriteAll(**writer);
  auto opened = Checkpoint::OpenTensors(folder.path("model.safetensors"));
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ((*opened)->tensors().size(), 4u);
  EXPECT_EQ(Contents(**opened, "bytes"), "xyz");
  EXPECT_EQ(Contents(**opened, "numbers"), "0123456789012345");
  EXPECT_EQ(Contents(**opened, "wide"), "0123456789abcdef");
  EXPECT_EQ((*(*opened)->Get("wide"))->offset % 8, 0u);
  EXPECT_EQ(std::filesystem::file_size(folder.path("model.safetensors")), (*writer)->size_bytes());
}

TEST(SafetensorsWriterTest, ShardsComeBackThroughTheirIndex) {
  const TemporaryFolder folder;
  folder.Write("config.json", "{}");
  auto writer = SafetensorsWriter::Create(folder.path(), SomeTensors(), 18);
  ASSERT_TRUE(writer.ok()) << writer.status().message();
  WriteAll(**writer);
  EXPECT_FALSE(std::filesystem::exists(folder.path("model.safetensors")));
  EXPECT_TRUE(std::filesystem::exists(folder.path("model-00003-of-00003.safetensors")));
  auto opened = Checkpoint::Open(folder.path());
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ((*opened)->tensors().size(), 4u);
  EXPECT_EQ(Contents(**opened, "numbers"), "0123456789012345");
  EXPECT_EQ(Contents(**opened, "wide"), "0123456789abcdef");
}

TEST(SafetensorsWriterTest, MistakesAreNamed) {
  const TemporaryFolder folder;
  const auto twice = SafetensorsWriter::Create(
      folder.path(), {{"a", TensorEncoding::kU8, {1}}, {"a", TensorEncoding::kU8, {1}}}, 100);
  EXPECT_EQ(twice.status().code(), StatusCode::kInvalidArgument);
  const auto nowhere = SafetensorsWriter::Create(folder.path("none"), SomeTensors(), 100);
  EXPECT_EQ(nowhere.status().code(), StatusCode::kNotFound);
  auto writer = SafetensorsWriter::Create(folder.path(), SomeTensors(), 1 << 20);
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ((*writer)->Write("other", 0, AsBytes("x")).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ((*writer)->Write("bytes", 1, AsBytes("xyz")).code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE((*writer)->Write("bytes", 0, AsBytes("xyz")).ok());
  const Status unfinished = (*writer)->Finish();
  EXPECT_EQ(unfinished.code(), StatusCode::kInternal);
  EXPECT_NE(unfinished.message().find("numbers"), std::string::npos);
  // A file that is there is never overwritten.
  EXPECT_EQ(SafetensorsWriter::Create(folder.path(), SomeTensors(), 1 << 20).status().code(),
            StatusCode::kNotFound);
}

}  // namespace
}  // namespace qwenjet::format
