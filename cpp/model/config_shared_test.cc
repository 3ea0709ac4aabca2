// SPDX-License-Identifier: Apache-2.0
// Every checkpoint of the shared test material opens and parses, or is refused for the right
// reason.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "format/checkpoint.h"
#include "format/dequant.h"
#include "model/config.h"
#include "testing/shared.h"

namespace qwenjet::model {
namespace {

namespace fs = std::filesystem;
using format::Checkpoint;
using format::TensorInfo;

std::vector<float> ReadTensor(const Checkpoint& checkpoint, const TensorInfo& tensor) {
  std::vector<std::byte> stored(tensor.size_bytes);
  EXPECT_TRUE(checkpoint.Read(tensor, 0, stored).ok());
  std::vector<float> values(static_cast<size_t>(*format::NumElements(tensor.shape)));
  const Status status = format::DequantizeRows(tensor.encoding, stored, values);
  EXPECT_TRUE(status.ok()) << status.message();
  return values;
}

TEST(SharedModelsTest, ConformanceConfigurationsParseOrAreRefusedByName) {
  const auto shared = testing::SharedFolder();
  if (!shared) GTEST_SKIP() << "no folder of shared reference material";
  int num_parsed = 0;
  for (const char* group : {"models", "tiny"}) {
    for (const auto& entry : fs::directory_iterator(*shared / "conformance" / group)) {
      const std::string name = entry.path().filename().string();
      auto checkpoint = Checkpoint::Open(entry.path().string());
      ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
      auto config = ParseConfig(**checkpoint);
      if (name.find("moe") != std::string::npos || name.find("vl") != std::string::npos) {
        ASSERT_FALSE(config.ok()) << name;
        EXPECT_EQ(config.status().code(), StatusCode::kUnsupported);
        EXPECT_NE(config.status().message().find("qwen3_"), std::string::npos)
            << config.status().message();
        continue;
      }
      ASSERT_TRUE(config.ok()) << name << ": " << config.status().message();
      ++num_parsed;
      EXPECT_EQ(config->num_layers, 2) << name;
      EXPECT_EQ(config->qkv_bias, name == "qwen2-dense");
      EXPECT_EQ(config->tie_word_embeddings, name != "qwen3-dense-untied");
      ASSERT_EQ(config->ropes.size(), 1u);
      EXPECT_EQ(config->ropes[0].type, name == "llama-dense"        ? RopeType::kLlama3
                                       : name == "qwen3-dense-yarn" ? RopeType::kYarn
                                                                    : RopeType::kDefault);
      const int32_t last_window = name == "qwen3-dense-window" ? 64 : kFullWindow;
      EXPECT_EQ(config->layer_window, (std::vector<int32_t>{kFullWindow, last_window}));
      EXPECT_EQ(config->eos_token_ids, std::vector<int32_t>{2});
    }
  }
  EXPECT_EQ(num_parsed, 12);
}

TEST(SharedModelsTest, GgufWeightsEqualTheReferenceDequantisation) {
  const auto shared = testing::SharedFolder();
  if (!shared) GTEST_SKIP() << "no folder of shared reference material";
  for (const char* name : {"gguf-bf16", "gguf-q8_0", "gguf-q4_0", "gguf-q4_1", "gguf-q4_k_m",
                           "gguf-q5_k_m", "gguf-q6_k"}) {
    const fs::path folder = *shared / "conformance" / "quantized" / name;
    auto opened = Checkpoint::Open(folder.string());
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    auto golden = Checkpoint::OpenTensors((folder / "dequantised.safetensors").string());
    ASSERT_TRUE(golden.ok()) << golden.status().message();
    const Checkpoint& checkpoint = **opened;
    auto config = ParseConfig(checkpoint);
    ASSERT_TRUE(config.ok()) << config.status().message();
    int num_compared = 0;
    for (const TensorInfo& tensor : (*golden)->tensors()) {
      const TensorInfo* stored = checkpoint.Find(tensor.name);
      if (stored == nullptr) {
        EXPECT_TRUE(config->tie_word_embeddings && tensor.name == "lm_head.weight") << tensor.name;
        continue;
      }
      ASSERT_EQ(stored->shape, tensor.shape) << tensor.name;
      const std::vector<float> expected = ReadTensor(**golden, tensor);
      const std::vector<float> actual = ReadTensor(checkpoint, *stored);
      const format::RowSource rows = checkpoint.RowsOf(*stored, config->head_dim);
      const auto row_elems = static_cast<size_t>(tensor.shape.back());
      const size_t num_rows = expected.size() / row_elems;
      for (size_t r = 0; r < num_rows; ++r) {
        const size_t from =
            tensor.shape.size() < 2 ? r : static_cast<size_t>(rows(static_cast<int64_t>(r)));
        ASSERT_TRUE(std::equal(expected.begin() + static_cast<std::ptrdiff_t>(r * row_elems),
                               expected.begin() + static_cast<std::ptrdiff_t>((r + 1) * row_elems),
                               actual.begin() + static_cast<std::ptrdiff_t>(from * row_elems)))
            << name << " " << tensor.name << " row " << r;
      }
      ++num_compared;
    }
    EXPECT_EQ(num_compared, 2) << name;
  }
}

TEST(SharedModelsTest, RealGgufModel) {
  const auto shared = testing::SharedFolder();
  if (!shared) GTEST_SKIP() << "no folder of shared reference material";
  const fs::path file =
      *shared / "models" / "smollm2-135m-instruct" / "SmolLM2-135M-Instruct.Q4_1.gguf";
  auto checkpoint = Checkpoint::Open(file.string());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  auto config = ParseConfig(**checkpoint);
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->architecture, Architecture::kLlama);
  EXPECT_EQ(config->num_layers, 30);
  EXPECT_EQ(config->hidden_size, 576);
  EXPECT_EQ(config->num_q_heads, 9);
  EXPECT_EQ(config->num_kv_heads, 3);
  EXPECT_EQ(config->head_dim, 64);
  EXPECT_EQ(config->ropes.at(0).theta, 100000.0);
  EXPECT_TRUE(config->tie_word_embeddings);
  EXPECT_EQ((*checkpoint)->Find("model.embed_tokens.weight")->encoding,
            format::TensorEncoding::kQ8_0);
  const TensorInfo* q_proj = (*checkpoint)->Find("model.layers.29.self_attn.q_proj.weight");
  ASSERT_NE(q_proj, nullptr);
  EXPECT_FALSE((*checkpoint)->RowsOf(*q_proj, config->head_dim).is_identity());
  auto metadata = (*checkpoint)->MetadataJson();
  ASSERT_TRUE(metadata.ok()) << metadata.status().message();
  EXPECT_NE(metadata->find("\"tokenizer.ggml.pre\":\"smollm\""), std::string::npos);
  EXPECT_GT(metadata->size(), size_t{500'000});
}

}  // namespace
}  // namespace qwenjet::model
