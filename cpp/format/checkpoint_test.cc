// SPDX-License-Identifier: Apache-2.0
#include "format/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "format/weight_index.h"
#include "testing/checkpoint_builder.h"

namespace qwenjet::format {
namespace {

using testing::GgufBuilder;
using testing::SafetensorsFile;
using testing::TemporaryFolder;

// One U8 tensor of two bytes.
std::string OneTensor(const std::string& name, const std::string& data) {
  return SafetensorsFile(R"({")" + name + R"(":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
                         data);
}

std::string ReadAll(const Checkpoint& checkpoint, const std::string& name) {
  const TensorInfo* tensor = checkpoint.Find(name);
  if (tensor == nullptr) return "absent";
  std::string bytes(tensor->size_bytes, '\0');
  const Status status = checkpoint.Read(*tensor, 0, std::as_writable_bytes(std::span(bytes)));
  return status.ok() ? bytes : status.message();
}

void ExpectRefused(const Result<std::unique_ptr<Checkpoint>>& opened, StatusCode code,
                   const std::string& message) {
  ASSERT_FALSE(opened.ok()) << "expected: " << message;
  EXPECT_EQ(opened.status().code(), code) << opened.status().message();
  EXPECT_NE(opened.status().message().find(message), std::string::npos)
      << "expected \"" << message << "\" in: " << opened.status().message();
}

TEST(CheckpointTest, SingleFile) {
  TemporaryFolder folder;
  folder.Write("config.json", "{}");
  folder.Write("model.safetensors", OneTensor("layers.0.mlp.up_proj.weight", "ab"));
  auto opened = Checkpoint::Open(folder.path());
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  const Checkpoint& checkpoint = **opened;
  EXPECT_EQ(checkpoint.config_json(), "{}");
  EXPECT_EQ(checkpoint.gguf(), nullptr);
  EXPECT_EQ(ReadAll(checkpoint, "model.layers.0.mlp.up_proj.weight"), "ab");
  EXPECT_EQ(ReadAll(checkpoint, "layers.0.mlp.up_proj.weight"), "ab");
  EXPECT_EQ(checkpoint.Find("other"), nullptr);
  EXPECT_EQ(checkpoint.Get("other").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(checkpoint.TensorsJson(),
            R"([{"name":"layers.0.mlp.up_proj.weight","dtype":"U8","shape":[2],"size_bytes":2,)"
            R"("file":"model.safetensors"}])");
  EXPECT_EQ(*checkpoint.MetadataJson(), "{}");
  std::byte three[3];
  const TensorInfo& tensor = checkpoint.tensors()[0];
  EXPECT_EQ(checkpoint.Read(tensor, 0, three).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(checkpoint.Read(tensor, 3, {}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(checkpoint.Read(tensor, UINT64_MAX, std::span(three, 2)).code(),
            StatusCode::kInvalidArgument);
  EXPECT_TRUE(checkpoint.Read(tensor, 2, {}).ok());
}

TEST(CheckpointTest, InMemoryReadsAsFromAFolder) {
  const std::string config = R"({"model_type":"any"})";
  std::string file = OneTensor("layers.0.mlp.up_proj.weight", "ab");
  const auto bytes = std::as_bytes(std::span(file));
  auto opened = Checkpoint::OpenMemory("small", config, {bytes.begin(), bytes.end()});
  // The bytes are kept: the caller's may change.
  file.assign(file.size(), 'x');
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ((*opened)->path(), "small");
  EXPECT_EQ((*opened)->config_json(), config);
  EXPECT_EQ(ReadAll(**opened, "model.layers.0.mlp.up_proj.weight"), "ab");
  EXPECT_EQ((*opened)->TensorsJson(),
            R"([{"name":"layers.0.mlp.up_proj.weight","dtype":"U8","shape":[2],"size_bytes":2,)"
            R"("file":"model.safetensors"}])");
}

TEST(CheckpointTest, InMemoryRefusesWhatAFolderRefuses) {
  const std::string file = OneTensor("a", "ab");
  const auto bytes = std::as_bytes(std::span(file));
  const std::vector<std::byte> weights(bytes.begin(), bytes.end());
  ExpectRefused(Checkpoint::OpenMemory("small", "{", weights), StatusCode::kCorruptModel, "small");
  ExpectRefused(Checkpoint::OpenMemory("small", R"({"quantization_config":{}})", weights),
                StatusCode::kUnsupported, "small: quantization_config: quantised weights");
  ExpectRefused(Checkpoint::OpenMemory("small", "{}", {weights.begin(), weights.end() - 1}),
                StatusCode::kCorruptModel, "small/model.safetensors");
  ExpectRefused(Checkpoint::OpenMemory("small", "{}", {}), StatusCode::kCorruptModel, "small");
}

TEST(CheckpointTest, ShardsThroughSymbolicLinksAsTheHubCacheLaysThemOut) {
  TemporaryFolder folder;
  folder.Write("blobs/1", OneTensor("model.norm.weight", "ab"));
  folder.Write("blobs/2", OneTensor("lm_head.weight", "cd"));
  folder.Write("blobs/3", "{}");
  folder.Write("blobs/4", R"({"metadata":{"total_size":4},"weight_map":{)"
                          R"("model.norm.weight":"model-00001-of-00002.safetensors",)"
                          R"("lm_head.weight":"model-00002-of-00002.safetensors"}})");
  namespace fs = std::filesystem;
  fs::create_directories(folder.path("snapshots/x"));
  const std::pair<const char*, const char*> links[] = {{"1", "model-00001-of-00002.safetensors"},
                                                       {"2", "model-00002-of-00002.safetensors"},
                                                       {"3", "config.json"},
                                                       {"4", "model.safetensors.index.json"}};
  for (const auto& [blob, name] : links) {
    fs::create_symlink(std::string("../../blobs/") + blob, folder.path("snapshots/x/") + name);
  }
  auto opened = Checkpoint::Open(folder.path("snapshots/x"));
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ(ReadAll(**opened, "model.norm.weight"), "ab");
  EXPECT_EQ(ReadAll(**opened, "lm_head.weight"), "cd");
  EXPECT_NE((*opened)->TensorsJson().find("model-00002-of-00002.safetensors"), std::string::npos);
}

TEST(CheckpointTest, IndexAndFilesMustAgree) {
  TemporaryFolder folder;
  folder.Write("config.json", "{}");
  folder.Write("a.safetensors", OneTensor("x", "ab"));
  folder.Write("b.safetensors", OneTensor("x", "cd"));
  folder.Write("model.safetensors.index.json",
               R"({"weight_map":{"x":"a.safetensors","y":"b.safetensors"}})");
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kCorruptModel,
                "expected tensor y in b.safetensors");
  folder.Write("model.safetensors.index.json", R"({"weight_map":{"x":"c.safetensors"}})");
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kNotFound, "c.safetensors");
  folder.Write("model.safetensors.index.json", R"({"weight_map":{"x":"../a.safetensors"}})");
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kCorruptModel, "inside the folder");
  folder.Write("model.safetensors.index.json", "nonsense");
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kCorruptModel, "not valid JSON");
}

TEST(CheckpointTest, TheIndexChoosesBetweenTwoFilesOfOneName) {
  TemporaryFolder folder;
  folder.Write("config.json", "{}");
  folder.Write("a.safetensors", OneTensor("x", "ab"));
  folder.Write("b.safetensors",
               SafetensorsFile(R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                               R"("y":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
                               "cdef"));
  folder.Write("model.safetensors.index.json",
               R"({"weight_map":{"x":"a.safetensors","y":"b.safetensors"}})");
  auto opened = Checkpoint::Open(folder.path());
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ(ReadAll(**opened, "x"), "ab");
  EXPECT_EQ(ReadAll(**opened, "y"), "ef");
}

TEST(CheckpointTest, MissingPartsAreNamed) {
  TemporaryFolder folder;
  ExpectRefused(Checkpoint::Open(folder.path("nowhere")), StatusCode::kNotFound, "nowhere");
  ExpectRefused(Checkpoint::Open(""), StatusCode::kNotFound, "found neither");
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kNotFound, "config.json");
  folder.Write("config.json", "{}");
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kNotFound, "model.safetensors");
  folder.Write("model.safetensors", "");
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kCorruptModel, "header length");
  ExpectRefused(Checkpoint::OpenTensors(folder.path()), StatusCode::kNotFound, "regular file");
  ExpectRefused(Checkpoint::OpenTensors(folder.path("none")), StatusCode::kNotFound, "none");
  folder.Write("text.gguf", "hello");
  ExpectRefused(Checkpoint::Open(folder.path("text.gguf")), StatusCode::kCorruptModel, "GGUF");
}

TEST(CheckpointTest, ANamedPipeDoesNotHang) {
  TemporaryFolder folder;
  ASSERT_EQ(::mkfifo(folder.path("pipe.safetensors").c_str(), 0600), 0);
  ExpectRefused(Checkpoint::OpenTensors(folder.path("pipe.safetensors")), StatusCode::kNotFound,
                "regular file");
}

TEST(CheckpointTest, AFileThatShrinksAfterOpeningIsAStatus) {
  TemporaryFolder folder;
  const std::string path = folder.Write("x.safetensors", OneTensor("x", "ab"));
  auto opened = Checkpoint::OpenTensors(path);
  ASSERT_TRUE(opened.ok());
  std::filesystem::resize_file(path, 10);
  std::byte bytes[2];
  const Status status = (*opened)->Read((*opened)->tensors()[0], 0, bytes);
  EXPECT_EQ(status.code(), StatusCode::kCorruptModel);
  EXPECT_NE(status.message().find("now ends"), std::string::npos) << status.message();
}

TEST(CheckpointTest, QuantisationIsDescribedOrRefused) {
  TemporaryFolder folder;
  folder.Write("model.safetensors", OneTensor("model.layers.0.mlp.up_proj.qweight", "ab"));
  folder.Write("config.json", R"({"quantization_config":{"quant_method":"gptq","bits":4}})");
  auto opened = Checkpoint::Open(folder.path());
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  ASSERT_NE((*opened)->quant_config(), nullptr);
  EXPECT_EQ((*opened)->quant_config()->method, QuantMethod::kGptq);
  EXPECT_EQ((*opened)->Find("model.layers.0.mlp.up_proj.weight"), nullptr);
  EXPECT_NE((*opened)->Find("model.layers.0.mlp.up_proj.qweight"), nullptr);
  EXPECT_NE((*opened)->TensorsJson().find("up_proj.qweight"), std::string::npos);

  folder.Write("config.json", R"({"quantization_config":{"quant_method":"mxfp4"}})");
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kUnsupported, "method mxfp4");
  // Tensors that nothing describes.
  folder.Write("config.json", R"({"quantization_config":null})");
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kUnsupported, "qweight");
  EXPECT_TRUE(Checkpoint::OpenTensors(folder.path("model.safetensors")).ok());

  folder.Write("model.safetensors", OneTensor("x", "ab"));
  opened = Checkpoint::Open(folder.path());
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ((*opened)->quant_config(), nullptr);
}

TEST(CheckpointTest, OlderCheckpointsDescribeQuantisationInAFileOfItsOwn) {
  TemporaryFolder folder;
  folder.Write("model.safetensors", OneTensor("x", "ab"));
  folder.Write("config.json", "{}");
  folder.Write("quant_config.json", R"({"w_bit":4,"q_group_size":64,"version":"GEMM"})");
  auto opened = Checkpoint::Open(folder.path());
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  ASSERT_NE((*opened)->quant_config(), nullptr);
  EXPECT_EQ((*opened)->quant_config()->method, QuantMethod::kAwq);
  folder.Write("quantize_config.json", R"({"bits":8,"group_size":-1})");
  opened = Checkpoint::Open(folder.path());
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ((*opened)->quant_config()->method, QuantMethod::kGptq);
  EXPECT_EQ((*opened)->quant_config()->scheme.bits, 8);
  folder.Write("quantize_config.json", R"({"checkpoint_format":"marlin"})");
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kUnsupported,
                "quantize_config.json: quantised weights (method gptq, format marlin)");
  folder.Write("quantize_config.json", "[]");
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kCorruptModel, "an object");
  // config.json decides where it says anything.
  folder.Write("config.json", R"({"quantization_config":{"quant_method":"fp8"}})");
  opened = Checkpoint::Open(folder.path());
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ((*opened)->quant_config()->method, QuantMethod::kFp8);
}

TEST(CheckpointTest, RotaryBuffersAreIgnoredAndNamesMayNotCollide) {
  TemporaryFolder folder;
  folder.Write("config.json", "{}");
  folder.Write("model.safetensors",
               OneTensor("model.layers.0.self_attn.rotary_emb.inv_freq", "ab"));
  auto opened = Checkpoint::Open(folder.path());
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE((*opened)->tensors().empty());
  folder.Write("model.safetensors",
               SafetensorsFile(R"({"norm.weight":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                               R"("model.norm.weight":{"dtype":"U8","shape":[2],)"
                               R"("data_offsets":[2,4]}})",
                               "abcd"));
  ExpectRefused(Checkpoint::Open(folder.path()), StatusCode::kCorruptModel, "occurs twice");
}

TEST(CheckpointTest, GgufNamesAndLlamaRows) {
  TemporaryFolder folder;
  for (const char* architecture : {"llama", "qwen3"}) {
    const std::string path =
        folder.Write("model.gguf", GgufBuilder(2, 1)
                                       .StringEntry("general.architecture", architecture)
                                       .Tensor("blk.0.attn_q.weight", {2, 8}, 0, 0)
                                       .Tensor("blk.0.attn_v.weight", {2, 8}, 0, 64)
                                       .Data(128)
                                       .bytes());
    for (const std::string& name : {path, folder.path()}) {
      auto opened = Checkpoint::Open(name);
      ASSERT_TRUE(opened.ok()) << opened.status().message();
      const TensorInfo* q = (*opened)->Find("model.layers.0.self_attn.q_proj.weight");
      const TensorInfo* v = (*opened)->Find("model.layers.0.self_attn.v_proj.weight");
      ASSERT_NE(q, nullptr);
      ASSERT_NE(v, nullptr);
      EXPECT_EQ((*opened)->Find("blk.0.attn_q.weight"), q);
      EXPECT_TRUE((*opened)->RowsOf(*v, 4).is_identity());
      EXPECT_EQ((*opened)->RowsOf(*q, 4).is_identity(), architecture != std::string("llama"));
      EXPECT_EQ(*(*opened)->MetadataJson(),
                std::string(R"({"general.architecture":")") + architecture + R"("})");
    }
  }
}

TEST(RowSourceTest, TwoHeadsOfEight) {
  const RowSource rows(8);
  EXPECT_EQ(rows.block_rows(), 8);
  const int64_t expected[] = {0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15};
  for (int64_t row = 0; row < 16; ++row) EXPECT_EQ(rows(row), expected[row]) << row;
  EXPECT_EQ(RowSource()(13), 13);
  EXPECT_EQ(RowSource().block_rows(), 1);
}

TEST(WeightIndexTest, GgufNames) {
  const std::pair<const char*, const char*> pairs[] = {
      {"token_embd.weight", "model.embed_tokens.weight"},
      {"output_norm.weight", "model.norm.weight"},
      {"output.weight", "lm_head.weight"},
      {"blk.0.attn_norm.weight", "model.layers.0.input_layernorm.weight"},
      {"blk.17.attn_q.weight", "model.layers.17.self_attn.q_proj.weight"},
      {"blk.17.attn_q.bias", "model.layers.17.self_attn.q_proj.bias"},
      {"blk.3.attn_k_norm.weight", "model.layers.3.self_attn.k_norm.weight"},
      {"blk.3.attn_output.weight", "model.layers.3.self_attn.o_proj.weight"},
      {"blk.3.ffn_norm.weight", "model.layers.3.post_attention_layernorm.weight"},
      {"blk.3.ffn_down.weight", "model.layers.3.mlp.down_proj.weight"},
      {"rope_freqs.weight", "rope_freqs.weight"},
      {"blk.3.unknown.weight", "blk.3.unknown.weight"},
      {"blk.", "blk."},
      {"blk.weight", "blk.weight"},
      {"", ""},
      {".weight", ".weight"},
  };
  for (const auto& [stored, published] : pairs) EXPECT_EQ(CanonicalGgufName(stored), published);
}

TEST(WeightIndexTest, SafetensorsNames) {
  EXPECT_EQ(CanonicalSafetensorsName("norm.weight"), "model.norm.weight");
  EXPECT_EQ(CanonicalSafetensorsName("embed_tokens.weight"), "model.embed_tokens.weight");
  EXPECT_EQ(CanonicalSafetensorsName("model.norm.weight"), "model.norm.weight");
  EXPECT_EQ(CanonicalSafetensorsName("lm_head.weight"), "lm_head.weight");
}

}  // namespace
}  // namespace qwenjet::format
