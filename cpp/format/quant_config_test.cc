// SPDX-License-Identifier: Apache-2.0
#include "format/quant_config.h"

#include <gtest/gtest.h>

namespace qwenjet::format {
namespace {

Result<std::optional<QuantConfig>> Parse(const std::string& object,
                                         const std::string& key = "quantization_config") {
  const auto json =
      ParseJson(std::string("{\"").append(key).append("\":").append(object).append("}"), "test");
  EXPECT_TRUE(json.ok()) << json.status().message();
  return ParseQuantConfig(*json, "model");
}

QuantConfig Parsed(const std::string& object, const std::string& key = "quantization_config") {
  auto config = Parse(object, key);
  EXPECT_TRUE(config.ok() && config->has_value()) << config.status().message();
  return config.ok() && config->has_value() ? **config : QuantConfig();
}

void ExpectRefused(const std::string& object, StatusCode code, const std::string& message,
                   const std::string& key = "quantization_config") {
  const auto config = Parse(object, key);
  ASSERT_FALSE(config.ok()) << object;
  EXPECT_EQ(config.status().code(), code) << config.status().message();
  EXPECT_NE(config.status().message().find(message), std::string::npos)
      << "expected \"" << message << "\" in: " << config.status().message();
}

TEST(QuantConfigTest, NothingSaid) {
  for (const char* text : {"{}", R"({"quantization_config":null})", "[]", "1"}) {
    const auto config = ParseQuantConfig(*ParseJson(text, "test"), "model");
    ASSERT_TRUE(config.ok());
    EXPECT_FALSE(config->has_value()) << text;
  }
}

TEST(QuantConfigTest, Gptq) {
  const QuantConfig config =
      Parsed(R"({"quant_method":"gptq","bits":4,"group_size":128,"desc_act":true,"sym":false})");
  EXPECT_EQ(config.method, QuantMethod::kGptq);
  EXPECT_EQ(config.format, "gptq");
  EXPECT_EQ(config.scheme, (QuantModuleScheme{.bits = 4, .group_size = 128}));
  EXPECT_EQ(*config.SchemeOf("any"), config.scheme);
  EXPECT_EQ(config.Json(), R"({"method":"gptq","format":"gptq","bits":4,"group_size":128})");
  const QuantConfig named =
      Parsed(R"({"quant_method":"gptq","wbits":8,"groupsize":-1,"checkpoint_format":"gptq_v2"})");
  EXPECT_EQ(named.format, "gptq_v2");
  EXPECT_EQ(named.scheme, (QuantModuleScheme{.bits = 8, .group_size = -1}));
}

TEST(QuantConfigTest, GptqSchemesByPattern) {
  const QuantConfig config =
      Parsed(R"({"quant_method":"gptq","bits":4,"group_size":128,"dynamic":{"-:.*\\.k_proj":{},)"
             R"("+:.*\\.1\\..*down":{"bits":8,"group_size":64},".*\\.2\\.":{"bits":2}}})");
  EXPECT_EQ(config.SchemeOf("model.layers.1.self_attn.k_proj"), nullptr);
  EXPECT_EQ(*config.SchemeOf("model.layers.1.mlp.down_proj"),
            (QuantModuleScheme{.bits = 8, .group_size = 64}));
  EXPECT_EQ(*config.SchemeOf("model.layers.2.mlp.down_proj"),
            (QuantModuleScheme{.bits = 2, .group_size = 128}));
  EXPECT_EQ(*config.SchemeOf("model.layers.3.mlp.down_proj"), config.scheme);
  EXPECT_EQ(config.Json(), R"({"method":"gptq","format":"gptq","bits":null,"group_size":null})");
}

TEST(QuantConfigTest, AwqAndFp8) {
  const QuantConfig awq = Parsed(
      R"({"quant_method":"awq","w_bit":4,"q_group_size":64,"version":"GEMM","zero_point":true,)"
      R"("modules_to_not_convert":["lm_head","mlp.gate"]})");
  EXPECT_EQ(awq.format, "gemm");
  EXPECT_EQ(awq.scheme, (QuantModuleScheme{.bits = 4, .group_size = 64}));
  EXPECT_EQ(awq.Json(), R"({"method":"awq","format":"gemm","bits":4,"group_size":64})");

  const QuantConfig fp8 =
      Parsed(R"({"quant_method":"fp8","weight_block_size":[64,128],"activation_scheme":"static",)"
             R"("ignored_layers":["lm_head"]})");
  EXPECT_EQ(fp8.format, "e4m3");
  EXPECT_EQ(fp8.scheme,
            (QuantModuleScheme{.bits = 8, .block_rows = 64, .block_cols = 128, .is_float = true}));
  EXPECT_EQ(Parsed(R"({"quant_method":"fp8","weight_block_size":null})").scheme.block_rows, 0);
}

std::string Group(const std::string& targets, const std::string& weights) {
  return "{\"targets\":" + targets +
         ",\"input_activations\":{\"num_bits\":8},\"weights\":" + weights + "}";
}

TEST(QuantConfigTest, CompressedTensorsTargets) {
  const std::string four = R"({"num_bits":4,"type":"int","strategy":"group","group_size":128})";
  const std::string eight = R"({"num_bits":8,"symmetric":false,"strategy":"channel"})";
  const std::string fp8 = R"({"num_bits":8,"type":"float","strategy":"block",)"
                          R"("block_structure":[128,64]})";
  const QuantConfig config = Parsed(
      R"({"quant_method":"compressed-tensors","format":"mixed-precision","config_groups":{)"
      "\"group_0\":" +
      Group(R"(["Linear"])", four) + ",\"group_1\":" + Group(R"(["re:.*down_proj"])", eight) +
      ",\"group_2\":" + Group(R"(["a.down_proj","b"])", fp8) +
      ",\"group_3\":" + Group(R"(["c"])", "null") + R"(},"ignore":["lm_head","re:.*mlp.gate$"],)" +
      R"("kv_cache_scheme":{"num_bits":8},"transform_config":{},"sparsity_config":{}})");
  const QuantModuleScheme group4{.bits = 4, .group_size = 128};
  EXPECT_EQ(*config.SchemeOf("q_proj"), group4);
  EXPECT_EQ(*config.SchemeOf("x.mlp.gate_proj"), group4);
  EXPECT_EQ(*config.SchemeOf("x.down_proj"), (QuantModuleScheme{.bits = 8, .group_size = -1}));
  EXPECT_EQ(*config.SchemeOf("a.down_proj"),
            (QuantModuleScheme{.bits = 8, .block_rows = 128, .block_cols = 64, .is_float = true}));
  EXPECT_EQ(config.SchemeOf("lm_head"), nullptr);
  EXPECT_EQ(config.SchemeOf("x.mlp.gate"), nullptr);
  EXPECT_EQ(config.SchemeOf("c"), nullptr);
  EXPECT_EQ(config.scheme, group4);
  EXPECT_EQ(config.Json(), R"({"method":"compressed-tensors","format":"mixed-precision",)"
                           R"("bits":null,"group_size":null})");
  EXPECT_EQ(Parsed("{}", "compression_config").method, QuantMethod::kCompressedTensors);
  EXPECT_EQ(Parsed(R"({"config_groups":{}})").SchemeOf("x"), nullptr);
}

TEST(QuantConfigTest, WhatCannotBeReadIsRefusedByName) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({})", "no quant_method"},
      {R"({"quant_method":"bitsandbytes"})", "method bitsandbytes"},
      {R"({"load_in_4bit":true})", "method bitsandbytes"},
      {R"({"quant_method":"mxfp4"})", "method mxfp4"},
      {R"({"quant_method":"auto-round"})", "method auto-round"},
      {R"({"quant_method":"gptq","checkpoint_format":"marlin"})", "format marlin"},
      {R"({"quant_method":"gptq","format":"bitblas"})", "format bitblas"},
      {R"({"quant_method":"gptq","is_marlin_format":true})", "format marlin"},
      {R"({"quant_method":"gptq","pack_dtype":"int16"})", "pack_dtype int16"},
      {R"({"quant_method":"gptq","dynamic":{"+:(":{}}})", "regular expression"},
      {R"({"quant_method":"awq","version":"gemv"})", "version gemv"},
      {R"({"quant_method":"awq","version":"gemv_fast"})", "version gemv_fast"},
      {R"({"quant_method":"awq","backend":"llm-awq"})", "llm-awq"},
      {R"({"quant_method":"awq","bits":8})", "8 bits"},
      {R"({"quant_method":"awq","zero_point":false})", "no zero_point"},
      {R"({"quant_method":"fp8","fmt":"e5m2"})", "fmt e5m2"},
  };
  for (const auto& [text, message] : cases) {
    ExpectRefused(text, StatusCode::kUnsupported, message);
    ExpectRefused(text, StatusCode::kUnsupported, "model: quantization_config");
  }
  const std::pair<const char*, const char*> compressed[] = {
      {R"({"format":"marlin-24"})", "format marlin-24"},
      {R"({"format":"nvfp4-pack-quantized"})", "format nvfp4-pack-quantized"},
      {R"({"transform_config":{"config_groups":{"R1":{}}}})", "transform_config"},
      {R"({"sparsity_config":{"format":"sparse-24-bitmask"}})", "sparse-24-bitmask"},
      {R"({"ignore":["re:(?<=x)y"]})", "(?<=x)y"},
      {R"({"config_groups":{"g":{"format":"mxfp4-pack-quantized"}}})", "mxfp4"},
      {R"({"config_groups":{"g":{"weights":{"num_bits":3}}}})", "3 bits"},
      {R"({"config_groups":{"g":{"weights":{"num_bits":4,"type":"float"}}}})", "float, 4 bits"},
      {R"({"config_groups":{"g":{"weights":{"type":"x"}}}})", "type x"},
      {R"({"config_groups":{"g":{"weights":{"strategy":"token"}}}})", "strategy token"},
      {R"({"config_groups":{"g":{"weights":{"type":"float","strategy":"group","group_size":32}}}})",
       "float weights in groups"},
  };
  for (const auto& [text, message] : compressed) {
    ExpectRefused(text, StatusCode::kUnsupported, message, "compression_config");
  }
}

TEST(QuantConfigTest, WrongTypesAndRangesAreCorrupt) {
  const char* const cases[] = {
      R"("gptq")",
      R"({"quant_method":4})",
      R"({"quant_method":"gptq","bits":"four"})",
      R"({"quant_method":"gptq","bits":0})",
      R"({"quant_method":"gptq","group_size":-2})",
      R"({"quant_method":"gptq","group_size":99999999999})",
      R"({"quant_method":"gptq","format":{}})",
      R"({"quant_method":"gptq","dynamic":[]})",
      R"({"quant_method":"gptq","is_marlin_format":1})",
      R"({"quant_method":"fp8","weight_block_size":[128]})",
      R"({"quant_method":"fp8","weight_block_size":[128,0]})",
      R"({"quant_method":"fp8","weight_block_size":128})",
      R"({"quant_method":"compressed-tensors","ignore":{}})",
      R"({"quant_method":"compressed-tensors","ignore":[1]})",
      R"({"quant_method":"compressed-tensors","config_groups":[]})",
      R"({"quant_method":"compressed-tensors","config_groups":{"g":1}})",
      R"({"quant_method":"compressed-tensors","config_groups":{"g":{"weights":[]}}})",
      R"({"quant_method":"compressed-tensors","config_groups":{"g":{"targets":"Linear"}}})",
  };
  for (const char* text : cases) ExpectRefused(text, StatusCode::kCorruptModel, "model");
}

}  // namespace
}  // namespace qwenjet::format
