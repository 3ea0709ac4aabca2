// SPDX-License-Identifier: Apache-2.0
#include "model/config.h"

#include <gtest/gtest.h>

#include "format/checkpoint.h"
#include "format/json.h"
#include "testing/checkpoint_builder.h"

namespace qwenjet::model {
namespace {

using testing::GgufBuilder;
using testing::TemporaryFolder;

// A complete qwen3 configuration with `extra` members in front of the defaults: a key that occurs
// twice takes the later value, hence extra goes last.
std::string Json(const std::string& extra, const std::string& model_type = "qwen3") {
  return R"({"model_type":")" + model_type +
         R"(","vocab_size":1000,"hidden_size":256,)"
         R"("intermediate_size":512,"num_hidden_layers":4,"num_attention_heads":8,)"
         R"("num_key_value_heads":2,"max_position_embeddings":4096,"rope_theta":1000000.0)" +
         (extra.empty() ? "" : "," + extra) + "}";
}

ModelConfig Parse(const std::string& text) {
  auto config = ParseConfigJson(text);
  EXPECT_TRUE(config.ok()) << config.status().message();
  return config.ok() ? *config : ModelConfig();
}

void ExpectRefused(const std::string& text, StatusCode code, const std::string& message) {
  const auto config = ParseConfigJson(text);
  ASSERT_FALSE(config.ok()) << text;
  EXPECT_EQ(config.status().code(), code) << text << "\n" << config.status().message();
  EXPECT_NE(config.status().message().find(message), std::string::npos)
      << text << "\nexpected \"" << message << "\" in: " << config.status().message();
}

void ExpectCorrupt(const std::string& text, const std::string& message) {
  ExpectRefused(text, StatusCode::kCorruptModel, message);
}

TEST(ConfigTest, Qwen3) {
  const ModelConfig config = Parse(Json(R"("tie_word_embeddings":true,"torch_dtype":"bfloat16",)"
                                        R"("bos_token_id":3,"eos_token_id":[5,4])"));
  EXPECT_EQ(config.architecture, Architecture::kQwen3);
  EXPECT_EQ(config.vocab_size, 1000);
  EXPECT_EQ(config.hidden_size, 256);
  EXPECT_EQ(config.intermediate_size, 512);
  EXPECT_EQ(config.num_layers, 4);
  EXPECT_EQ(config.num_q_heads, 8);
  EXPECT_EQ(config.num_kv_heads, 2);
  EXPECT_EQ(config.head_dim, 128);  // not 256 / 8
  EXPECT_EQ(config.rms_norm_eps, 1e-6);
  EXPECT_TRUE(config.tie_word_embeddings);
  EXPECT_TRUE(config.qk_norm);
  EXPECT_FALSE(config.qkv_bias || config.o_bias || config.mlp_bias);
  EXPECT_EQ(config.layer_window, std::vector<int32_t>(4, kFullWindow));
  EXPECT_EQ(config.layer_rope, std::vector<int32_t>(4, 0));
  EXPECT_EQ(config.ropes.at(0).theta, 1e6);
  EXPECT_EQ(config.bos_token_ids, std::vector<int32_t>{3});
  EXPECT_EQ(config.eos_token_ids, (std::vector<int32_t>{5, 4}));
  EXPECT_EQ(config.dtype, "bfloat16");
}

TEST(ConfigTest, FamiliesDifferInTheirDefaults) {
  const std::string no_kv = R"({"vocab_size":1000,"hidden_size":256,"intermediate_size":512,)"
                            R"("num_hidden_layers":1,"num_attention_heads":32,"model_type":)";
  const ModelConfig qwen3 = Parse(no_kv + R"("qwen3"})");
  EXPECT_EQ(qwen3.num_kv_heads, 32);
  EXPECT_EQ(qwen3.head_dim, 128);
  EXPECT_EQ(qwen3.max_position_embeddings, 32768);
  EXPECT_EQ(qwen3.ropes.at(0).theta, 1e4);
  const ModelConfig qwen2 = Parse(no_kv + R"("qwen2","attention_bias":false})");
  EXPECT_EQ(qwen2.head_dim, 8);
  EXPECT_TRUE(qwen2.qkv_bias);
  EXPECT_FALSE(qwen2.o_bias || qwen2.qk_norm);
  const ModelConfig llama = Parse(no_kv + R"("llama","attention_bias":true,"mlp_bias":true})");
  EXPECT_EQ(llama.num_kv_heads, 32);
  EXPECT_EQ(llama.max_position_embeddings, 2048);
  EXPECT_TRUE(llama.qkv_bias && llama.o_bias && llama.mlp_bias);
  const ModelConfig mistral = Parse(no_kv + R"("mistral","sliding_window":64})");
  EXPECT_EQ(mistral.architecture, Architecture::kLlama);
  EXPECT_EQ(mistral.num_kv_heads, 8);
  EXPECT_EQ(mistral.layer_window, std::vector<int32_t>{64});
  EXPECT_EQ(Parse(no_kv + R"("mistral","sliding_window":null})").layer_window,
            std::vector<int32_t>{kFullWindow});
}

TEST(ConfigTest, NullFallsBack) {
  EXPECT_EQ(Parse(Json(R"("head_dim":null)")).head_dim, 32);
  EXPECT_EQ(Parse(Json(R"("num_key_value_heads":null)")).num_kv_heads, 8);
  EXPECT_TRUE(Parse(Json(R"("eos_token_id":null)")).eos_token_ids.empty());
  EXPECT_EQ(Parse(Json(R"("max_position_embeddings":262144.0)")).max_position_embeddings, 262144);
}

TEST(ConfigTest, ArchitectureNames) {
  std::string text = Json("");
  text.replace(text.find("\"model_type\":\"qwen3\""), 20,
               "\"architectures\":[\"Qwen3ForCausalLM\"]");
  EXPECT_EQ(Parse(text).architecture, Architecture::kQwen3);
  for (const char* name : {"qwen3_moe", "qwen3_vl", "gemma3", ""}) {
    ExpectRefused(Json("", name), StatusCode::kUnsupported, std::string("\"") + name + "\"");
  }
  ExpectRefused(Json(R"("hidden_act":"gelu")"), StatusCode::kUnsupported, "gelu");
  ExpectCorrupt(R"({"vocab_size":3})", "model_type");
}

TEST(ConfigTest, WindowsAreDerivedAsInTheReference) {
  const int32_t full = kFullWindow;
  // The switch rules.
  EXPECT_EQ(Parse(Json(R"("sliding_window":64,"max_window_layers":1)")).layer_window,
            std::vector<int32_t>(4, full));
  const std::string on = R"("use_sliding_window":true,"sliding_window":64)";
  EXPECT_EQ(Parse(Json(on + R"(,"max_window_layers":1)")).layer_window,
            (std::vector<int32_t>{full, 64, 64, 64}));
  EXPECT_EQ(Parse(Json(on + R"(,"max_window_layers":9)")).layer_window,
            std::vector<int32_t>(4, full));
  EXPECT_EQ(Parse(Json(on)).layer_window, std::vector<int32_t>(4, full));  // class default 28
  const std::string types = R"(,"layer_types":["sliding_attention","full_attention",)"
                            R"("full_attention","sliding_attention"])";
  EXPECT_EQ(Parse(Json(on + types)).layer_window, (std::vector<int32_t>{64, full, full, 64}));
  EXPECT_EQ(Parse(Json(on + types, "qwen2")).layer_window,
            (std::vector<int32_t>{64, full, full, 64}));
  ExpectCorrupt(Json(types.substr(1)), "sliding_window");
  ExpectCorrupt(Json(on + R"(,"layer_types":["full_attention"])"), "4 strings");
  ExpectCorrupt(Json(on + R"(,"layer_types":[1,2,3,4])"), "an integer");
  ExpectRefused(Json(R"("layer_types":["full_attention","linear_attention",)"
                     R"("full_attention","full_attention"])"),
                StatusCode::kUnsupported, "linear_attention");
  ExpectCorrupt(Json(R"("use_sliding_window":true,"sliding_window":0)"), "sliding_window");
}

TEST(ConfigTest, RopeLegacyAndCurrentContainers) {
  RopeConfig rope = Parse(Json(R"("rope_scaling":{"type":"yarn","factor":4,)"
                               R"("original_max_position_embeddings":1024})"))
                        .ropes.at(0);
  EXPECT_EQ(rope.type, RopeType::kYarn);
  EXPECT_EQ(rope.theta, 1e6);
  EXPECT_EQ(rope.factor, 4.0);
  EXPECT_EQ(rope.original_max_position_embeddings, 1024);
  rope = Parse(Json(R"("rope_parameters":{"rope_type":"yarn","rope_theta":5e6,"factor":3.0,)"
                    R"("beta_fast":0,"beta_slow":2,"truncate":false})"))
             .ropes.at(0);
  EXPECT_EQ(rope.theta, 5e6);
  EXPECT_EQ(rope.beta_fast, 32.0);
  EXPECT_EQ(rope.beta_slow, 2.0);
  EXPECT_FALSE(rope.truncate);
  EXPECT_EQ(rope.original_max_position_embeddings, 4096);  // max_position_embeddings
  rope = Parse(Json(R"("original_max_position_embeddings":512,"rope_parameters":{)"
                    R"("rope_type":"yarn","original_max_position_embeddings":1024})"))
             .ropes.at(0);
  EXPECT_EQ(rope.original_max_position_embeddings, 512);  // the top level wins
  EXPECT_FALSE(rope.factor.has_value());
  // rope_scaling, where it is not null, wins over rope_parameters.
  EXPECT_EQ(Parse(Json(R"("rope_scaling":{"type":"linear","factor":2},)"
                       R"("rope_parameters":{"rope_type":"default"})"))
                .ropes.at(0)
                .type,
            RopeType::kLinear);
  EXPECT_EQ(
      Parse(Json(R"("rope_scaling":null,"rope_parameters":{"rope_theta":7})")).ropes.at(0).theta,
      7.0);
  EXPECT_TRUE(Parse(Json(R"("rope_scaling":{"type":"dynamic","factor":2})")).RopeDependsOnLength());
}

TEST(ConfigTest, RopePerLayerType) {
  const std::string layers =
      R"("use_sliding_window":true,"sliding_window":64,"max_window_layers":2,)";
  ModelConfig config =
      Parse(Json(layers + R"("rope_parameters":{"full_attention":{"rope_theta":1e6},)"
                          R"("sliding_attention":{"rope_theta":1e4}})"));
  ASSERT_EQ(config.ropes.size(), 2u);
  EXPECT_EQ(config.layer_rope, (std::vector<int32_t>{0, 0, 1, 1}));
  EXPECT_EQ(config.ropes[1].theta, 1e4);
  config = Parse(Json(layers + R"("rope_parameters":{"full_attention":null,)"
                               R"("sliding_attention":{}})"));
  EXPECT_EQ(config.layer_rope, (std::vector<int32_t>{kNoRope, kNoRope, 0, 0}));
  ExpectCorrupt(Json(layers + R"("rope_parameters":{"full_attention":{}})"), "sliding_attention");
  ExpectCorrupt(Json(R"("rope_parameters":{"full_attention":3})"), "an integer");
}

TEST(ConfigTest, RopeValuesAreChecked) {
  ExpectRefused(Json(R"("rope_scaling":{"rope_type":"mrope"})"), StatusCode::kUnsupported, "mrope");
  ExpectCorrupt(Json(R"("rope_scaling":"yarn")"), "expected an object, got a string");
  ExpectCorrupt(Json(R"("rope_scaling":{"type":"linear"})"), "factor");
  ExpectCorrupt(Json(R"("rope_scaling":{"type":"linear","factor":0})"), "factor");
  ExpectCorrupt(Json(R"("rope_scaling":{"type":"linear","factor":"2"})"), "a string");
  ExpectCorrupt(Json(R"("rope_scaling":{"type":"llama3","factor":8})"), "low_freq_factor");
  ExpectCorrupt(Json(R"("rope_scaling":{"type":"llama3","factor":8,"low_freq_factor":4,)"
                     R"("high_freq_factor":4})"),
                "high_freq_factor");
  ExpectCorrupt(Json(R"("rope_scaling":{"type":"longrope","long_factor":[1],"short_factor":[]})"),
                "long_factor");
  ExpectCorrupt(Json(R"("rope_scaling":{"type":"longrope","long_factor":3})"), "long_factor");
  ExpectCorrupt(Json(R"("rope_scaling":{"type":"yarn","factor":2,)"
                     R"("original_max_position_embeddings":0})"),
                "original_max_position_embeddings");
  ExpectCorrupt(Json(R"("rope_theta":0)"), "rope_theta");
  ExpectCorrupt(Json(R"("rope_theta":-1e6)"), "rope_theta");
  ExpectCorrupt(Json(R"("partial_rotary_factor":0)"), "rotated dimensions");
  ExpectCorrupt(Json(R"("partial_rotary_factor":1.5)"), "partial_rotary_factor");
}

TEST(ConfigTest, SizesAreChecked) {
  for (const char* key :
       {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
        "num_attention_heads", "num_key_value_heads", "max_position_embeddings", "head_dim"}) {
    const std::string quoted = std::string("\"") + key + "\":";
    for (const char* value : {"0", "-1", "9223372036854775807", "99999999999999999999999", "1e300",
                              "2.5", "\"8\"", "[8]", "{}", "true"}) {
      ExpectCorrupt(Json(quoted + value), key);
    }
  }
  for (const char* key : {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
                          "num_attention_heads"}) {
    ExpectCorrupt(Json(std::string("\"") + key + "\":null"), key);
  }
  ExpectCorrupt(Json(R"("num_key_value_heads":3)"), "multiple of num_key_value_heads 3, got 8");
  ExpectCorrupt(Json(R"("head_dim":127)"), "even head_dim");
  ExpectCorrupt(Json(R"("head_dim":null,"hidden_size":250)"), "multiple of num_attention_heads");
  ExpectCorrupt(Json(R"("rms_norm_eps":-1e-6)"), "rms_norm_eps");
  ExpectCorrupt(Json(R"("rms_norm_eps":"small")"), "a string");
  ExpectCorrupt(Json(R"("tie_word_embeddings":"yes")"), "tie_word_embeddings");
  ExpectCorrupt(Json(R"("eos_token_id":"end")"), "eos_token_id");
  ExpectCorrupt(Json(R"("eos_token_id":[1,-7])"), "eos_token_id");
  ExpectCorrupt(Json(R"("torch_dtype":16)"), "torch_dtype");
}

TEST(ConfigTest, TextThatIsNoConfiguration) {
  for (const char* text : {"", "nonsense", "{", "[]", "3", "null", "{\"model_type\":3}",
                           "{\"model_type\":\"qwen3\"}", "\xff\xfe"}) {
    const auto config = ParseConfigJson(text);
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_EQ(config.status().code(), StatusCode::kCorruptModel) << text;
  }
  ExpectCorrupt(Json("\"x\":" + std::string(200, '[') + std::string(200, ']')), "nested");
}

TEST(ConfigTest, CanonicalJsonReadsBack) {
  const std::string text =
      ConfigJson(Parse(Json(R"("rope_scaling":{"type":"dynamic","factor":2})")));
  const auto json = format::ParseJson(text, "canonical");
  ASSERT_TRUE(json.ok()) << json.status().message() << "\n" << text;
  EXPECT_EQ(*json->Find("architecture")->AsString(), "qwen3");
  EXPECT_EQ(*json->Find("num_hidden_layers")->AsInt(), 4);
  EXPECT_EQ(json->Find("layer_windows")->AsArray()->size(), 4u);
  EXPECT_EQ(*json->Find("layer_windows")->AsArray()->at(0).AsInt(), kFullWindow);
  EXPECT_TRUE(*json->Find("rope_depends_on_length")->AsBool());
  EXPECT_EQ(*json->Find("ropes")->AsArray()->at(0).Find("rope_type")->AsString(), "dynamic");
}

// A GGUF file with the keys of a small model; `extra` adds num_extra entries.
std::string GgufFile(const std::string& architecture, const GgufBuilder& extra, uint64_t num_extra,
                     bool with_bias = false) {
  const uint64_t num_tensors = with_bias ? 4 : 2;
  const std::string prefix = architecture + ".";
  GgufBuilder file(num_tensors + (architecture == "qwen3" ? 1 : 0), 8 + num_extra);
  file.StringEntry("general.architecture", architecture);
  file.Entry(prefix + "block_count", 4, uint32_t{2});
  file.Entry(prefix + "context_length", 4, uint32_t{2048});
  file.Entry(prefix + "embedding_length", 4, uint32_t{64});
  file.Entry(prefix + "feed_forward_length", 4, uint32_t{128});
  file.Entry(prefix + "attention.head_count", 4, uint32_t{4});
  file.Entry(prefix + "attention.layer_norm_rms_epsilon", 6, 1e-5f);
  file.Entry("tokenizer.ggml.eos_token_id", 4, uint32_t{7});
  file.Raw(std::string_view(extra.bytes()).substr(24));
  file.Tensor("token_embd.weight", {64, 10}, 0, 0);
  file.Tensor("output_norm.weight", {64}, 0, 2560);
  if (with_bias) {
    file.Tensor("blk.0.attn_q.bias", {64}, 0, 2816).Tensor("output.weight", {64, 10}, 0, 3072);
  }
  if (architecture == "qwen3") file.Tensor("blk.0.attn_q_norm.weight", {16}, 0, 8192);
  return file.Data(8256).bytes();
}

Result<ModelConfig> ParseGguf(const std::string& bytes) {
  TemporaryFolder folder;
  auto checkpoint = format::Checkpoint::Open(folder.Write("model.gguf", bytes));
  if (!checkpoint.ok()) return checkpoint.status();
  return ParseConfig(**checkpoint);
}

TEST(GgufConfigTest, KeysAndTensorsDecide) {
  auto config = ParseGguf(GgufFile("llama", GgufBuilder(0, 0), 0));
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->architecture, Architecture::kLlama);
  EXPECT_EQ(config->vocab_size, 10);
  EXPECT_EQ(config->num_kv_heads, 4);
  EXPECT_EQ(config->head_dim, 16);
  EXPECT_TRUE(config->tie_word_embeddings);
  EXPECT_FALSE(config->qkv_bias);
  EXPECT_EQ(config->eos_token_ids, std::vector<int32_t>{7});
  EXPECT_EQ(static_cast<float>(config->rms_norm_eps), 1e-5f);

  GgufBuilder extra(0, 0);
  extra.Entry("qwen2.attention.head_count_kv", 4, uint32_t{2});
  extra.Entry("qwen2.rope.freq_base", 6, 1e6f);
  extra.StringEntry("qwen2.rope.scaling.type", "yarn");
  extra.Entry("qwen2.rope.scaling.factor", 6, 4.0f);
  extra.Entry("qwen2.rope.scaling.original_context_length", 4, uint32_t{512});
  extra.Entry("tokenizer.ggml.eot_token_id", 4, uint32_t{8});
  config = ParseGguf(GgufFile("qwen2", extra, 6, true));
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_TRUE(config->qkv_bias);
  EXPECT_FALSE(config->tie_word_embeddings);
  EXPECT_EQ(config->num_kv_heads, 2);
  EXPECT_EQ(config->ropes.at(0).type, RopeType::kYarn);
  EXPECT_EQ(config->ropes.at(0).theta, 1e6);
  EXPECT_EQ(config->ropes.at(0).original_max_position_embeddings, 512);
  EXPECT_EQ(config->eos_token_ids, (std::vector<int32_t>{7, 8}));

  // A value a layer is as good as one for all where they are equal.
  GgufBuilder array(0, 0);
  array.String("llama.attention.head_count_kv").Number(uint32_t{9}).Number(uint32_t{5});
  array.Number(uint64_t{2}).Number(int32_t{2}).Number(int32_t{2});
  config = ParseGguf(GgufFile("llama", array, 1));
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->num_kv_heads, 2);
}

TEST(GgufConfigTest, RefusalsNameTheKey) {
  const auto expect = [](const std::string& architecture, const GgufBuilder& extra,
                         uint64_t num_extra, StatusCode code, const std::string& message) {
    const auto config = ParseGguf(GgufFile(architecture, extra, num_extra));
    ASSERT_FALSE(config.ok()) << message;
    EXPECT_EQ(config.status().code(), code) << config.status().message();
    EXPECT_NE(config.status().message().find(message), std::string::npos)
        << "expected \"" << message << "\" in: " << config.status().message();
  };
  const auto entry = [](const std::string& key, uint32_t value) {
    return GgufBuilder(0, 0).Entry(key, 4, value);
  };
  const auto corrupt = StatusCode::kCorruptModel;
  const auto unsupported = StatusCode::kUnsupported;
  expect("qwen3moe", GgufBuilder(0, 0), 0, unsupported, "\"qwen3moe\"");
  expect("llama", entry("llama.attention.head_count_kv", 3), 1, corrupt, "num_key_value_heads 3");
  expect("llama", entry("llama.attention.head_count_kv", 0), 1, corrupt, "head_count_kv");
  expect("llama", entry("llama.attention.key_length", 15), 1, corrupt, "even head_dim");
  expect("llama", entry("llama.attention.value_length", 8), 1, unsupported, "value_length 8");
  expect("llama", entry("llama.rope.dimension_count", 8), 1, unsupported, "partial rotation");
  expect("llama", entry("llama.rope.dimension_count", 32), 1, corrupt, "dimension_count");
  expect("llama", entry("llama.expert_count", 8), 1, unsupported, "experts");
  expect("llama", GgufBuilder(0, 0).StringEntry("llama.rope.scaling.type", "odd"), 1, unsupported,
         "odd");
  GgufBuilder uneven(0, 0);
  uneven.String("llama.attention.head_count_kv").Number(uint32_t{9}).Number(uint32_t{4});
  uneven.Number(uint64_t{2}).Number(uint32_t{2}).Number(uint32_t{4});
  expect("llama", uneven, 1, unsupported, "different values");
  // The tensors contradict the architecture: no q_norm where qwen3 has one.
  std::string no_norm = GgufFile("qwen3", GgufBuilder(0, 0), 0);
  no_norm.replace(no_norm.find("blk.0.attn_q_norm"), 17, "blk.9.attn_q_norm");
  const auto config = ParseGguf(no_norm);
  ASSERT_FALSE(config.ok());
  EXPECT_NE(config.status().message().find("q_norm"), std::string::npos);
}

}  // namespace
}  // namespace qwenjet::model
