// SPDX-License-Identifier: Apache-2.0
// Whole checkpoints: what is written against what was read, unpacked here from the specification;
// the report against the decoder; refusals; cancelling; memory.
#include "model/quantize/quantizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include "base/bf16.h"
#include "format/json.h"
#include "format/quant_source.h"
#include "format/safetensors.h"
#include "format/safetensors_writer.h"
#include "model/decoder.h"
#include "testing/backend_fixture.h"
#include "testing/checkpoint_builder.h"
#include "testing/generators.h"
#include "testing/sanitized.h"
#include "testing/step_builder.h"
#include "testing/tiny_models.h"

namespace qwenjet::model::quantize {
namespace {

using ::qwenjet::testing::Rng;
using ::qwenjet::testing::TemporaryFolder;

std::unique_ptr<format::Checkpoint> OpenTiny(const std::string& name) {
  auto opened = format::Checkpoint::Open(::qwenjet::testing::TinyModelFolder(name));
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  return opened.ok() ? std::move(*opened) : nullptr;
}

std::vector<Method> AllMethods() { return {std::begin(kMethods), std::end(kMethods)}; }

QuantizeOptions Options(const Scheme& scheme, std::vector<Method> methods) {
  QuantizeOptions options;
  options.scheme = scheme;
  options.methods = std::move(methods);
  options.isa = BestIsa();
  options.num_threads = 2;
  return options;
}

// Random sequences: the first `num_calibration` to fit to, the others to measure on.
struct Text {
  std::vector<int32_t> ids;
  QuantizeText text;

  Text(int64_t vocab_size, const std::vector<int32_t>& calibration,
       const std::vector<int32_t>& evaluation) {
    Rng rng(3);
    text.calibration.lengths = calibration;
    text.evaluation.lengths = evaluation;
    const int64_t total = text.calibration.NumTokens() + text.evaluation.NumTokens();
    for (int64_t i = 0; i < total; ++i) {
      ids.push_back(static_cast<int32_t>(rng.Below(vocab_size)));
    }
    text.calibration.token_ids = ids.data();
    text.evaluation.token_ids = ids.data() + text.calibration.NumTokens();
  }
};

std::vector<float> FloatsOf(const format::Checkpoint& checkpoint, const std::string& name) {
  auto tensor = checkpoint.Get(name);
  EXPECT_TRUE(tensor.ok()) << tensor.status().message();
  auto matrix = ReadMatrix(checkpoint, **tensor);
  EXPECT_TRUE(matrix.ok()) << matrix.status().message();
  return matrix->values;
}

template <typename T>
std::vector<T> Raw(const format::Checkpoint& checkpoint, const std::string& name) {
  auto tensor = checkpoint.Get(name);
  EXPECT_TRUE(tensor.ok()) << tensor.status().message();
  std::vector<T> values(static_cast<size_t>((*tensor)->size_bytes) / sizeof(T));
  EXPECT_TRUE(checkpoint.Read(**tensor, 0, std::as_writable_bytes(std::span<T>(values))).ok());
  return values;
}

uint32_t FieldOf(uint32_t word, int64_t place, int32_t bits) {
  return word >> (place * bits) & ((1u << bits) - 1u);
}

// w of "base.weight_packed" and its companions, by the specification.
std::vector<float> Unpack(const format::Checkpoint& written, const std::string& base,
                          const Scheme& scheme) {
  const auto shape = Raw<int64_t>(written, base + ".weight_shape");
  const int64_t n = shape.at(0), k = shape.at(1), per_word = 32 / scheme.bits;
  const auto packed = Raw<uint32_t>(written, base + ".weight_packed");
  const auto scales = FloatsOf(written, base + ".weight_scale");
  const int64_t groups = static_cast<int64_t>(scales.size()) / n;
  std::vector<uint32_t> zeros;
  if (scheme.asymmetric) zeros = Raw<uint32_t>(written, base + ".weight_zero_point");
  const int32_t offset = 1 << (scheme.bits - 1);
  std::vector<float> w;
  for (int64_t row = 0; row < n; ++row) {
    for (int64_t col = 0; col < k; ++col) {
      const int64_t group = col / (k / groups);
      const auto word = packed[static_cast<size_t>(row * (k / per_word) + col / per_word)];
      const int32_t q = static_cast<int32_t>(FieldOf(word, col % per_word, scheme.bits)) - offset;
      int32_t zero = 0;
      if (scheme.asymmetric) {
        const auto zero_word = zeros[static_cast<size_t>(row / per_word * groups + group)];
        zero = static_cast<int32_t>(FieldOf(zero_word, row % per_word, scheme.bits)) - offset;
      }
      w.push_back(static_cast<float>(q - zero) * scales[static_cast<size_t>(row * groups + group)]);
    }
  }
  return w;
}

double RelativeError(const std::vector<float>& got, const std::vector<float>& expected) {
  double error = 0, size = 0;
  EXPECT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < std::min(got.size(), expected.size()); ++i) {
    const double difference = static_cast<double>(got[i]) - static_cast<double>(expected[i]);
    error += difference * difference;
    size += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
  }
  return std::sqrt(error / size);
}

format::JsonValue Parse(const std::string& text) {
  auto json = format::ParseJson(text, "report");
  EXPECT_TRUE(json.ok()) << json.status().message();
  return std::move(*json);
}

double NumberOf(const format::JsonValue& object, const char* key) {
  double number = std::nan("");
  const format::JsonValue* member = object.Find(key);
  EXPECT_NE(member, nullptr) << key;
  if (member != nullptr) {
    EXPECT_TRUE(member->AsNumber(&number)) << key;
  }
  return number;
}

// A uniform error over a step is step / sqrt(12): 2 / 15 / sqrt(12) = 0.04 of the largest of a
// group for four bits, which of a normal group of 32 is about twice the root mean square.
double AllowedLoss(const Scheme& scheme) { return scheme.bits == 4 ? 0.15 : 0.01; }

class QuantizerTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    checkpoint_ = OpenTiny(GetParam());
    ASSERT_NE(checkpoint_, nullptr);
  }

  static std::vector<Scheme> Schemes() {
    std::vector<Scheme> schemes;
    for (const int32_t bits : {4, 8}) {
      for (const bool asymmetric : {false, true}) {
        schemes.push_back({bits, 32, asymmetric, format::TensorEncoding::kBF16});
      }
    }
    return schemes;
  }

  // The folder of the checkpoint rounded to nearest.
  std::string Rounded(const Scheme& scheme, bool embeddings) {
    QuantizeOptions options = Options(scheme, {kMethods[0]});
    options.quantize_embeddings = embeddings;
    const std::string out = folder_.path(std::to_string(num_rounded_++));
    std::filesystem::create_directory(out);
    const auto report = Quantize(*checkpoint_, options, {}, out, nullptr);
    EXPECT_TRUE(report.ok()) << report.status().message();
    return out + "/rtn";
  }

  TemporaryFolder folder_;
  std::unique_ptr<format::Checkpoint> checkpoint_;
  int num_rounded_ = 0;
};

TEST_P(QuantizerTest, RoundedWeightsAreReadBackByTheSpecification) {
  for (const Scheme& scheme : Schemes()) {
    const bool embeddings = scheme.asymmetric;
    auto written =
        format::Checkpoint::OpenTensors(Rounded(scheme, embeddings) + "/model.safetensors");
    ASSERT_TRUE(written.ok()) << written.status().message();
    for (const format::TensorInfo& tensor : checkpoint_->tensors()) {
      SCOPED_TRACE(tensor.name);
      const std::string base = tensor.name.substr(0, tensor.name.size() - 7);
      if (tensor.name.find("_proj.weight") != std::string::npos) {
        EXPECT_EQ((*written)->Find(tensor.name), nullptr);
        EXPECT_LT(
            RelativeError(Unpack(**written, base, scheme), FloatsOf(*checkpoint_, tensor.name)),
            AllowedLoss(scheme));
      } else if (embeddings &&
                 (tensor.name == "model.embed_tokens.weight" || tensor.name == "lm_head.weight")) {
        const Scheme rows = {8, 0, false, format::TensorEncoding::kBF16};
        EXPECT_LT(RelativeError(Unpack(**written, base, rows), FloatsOf(*checkpoint_, tensor.name)),
                  AllowedLoss(rows));
      } else {
        EXPECT_EQ(Raw<uint16_t>(**written, tensor.name), Raw<uint16_t>(*checkpoint_, tensor.name));
      }
    }
  }
}

// quantization_config as the command line writes it.
std::string ConfigWith(const std::string& config, const Scheme& scheme) {
  const std::string group =
      R"({"targets":["Linear"],"weights":{"num_bits":)" + std::to_string(scheme.bits) +
      R"(,"type":"int","symmetric":)" + (scheme.asymmetric ? "false" : "true") +
      R"(,"strategy":"group","group_size":)" + std::to_string(scheme.group_size) +
      R"(,"dynamic":false},"input_activations":null,"output_activations":null})";
  const std::string rows =
      R"({"targets":["re:.*embed_tokens$","re:.*lm_head$"],"weights":{"num_bits":8,"type":"int",)"
      R"("symmetric":true,"strategy":"channel","dynamic":false}})";
  return config.substr(0, config.rfind('}')) +
         R"(,"quantization_config":{"quant_method":"compressed-tensors","format":"pack-quantized",)"
         R"("quantization_status":"compressed","ignore":[],"config_groups":{"group_0":)" +
         group + R"(,"group_1":)" + rows + "}}}";
}

TEST_P(QuantizerTest, TheReaderOfThisLibraryReadsWhatIsWritten) {
  for (const Scheme& scheme : Schemes()) {
    const std::string out = Rounded(scheme, true);
    std::ofstream(out + "/config.json") << ConfigWith(checkpoint_->config_json(), scheme);
    auto written = format::Checkpoint::Open(out);
    ASSERT_TRUE(written.ok()) << written.status().message();
    int num_read = 0;
    for (const format::TensorInfo& tensor : checkpoint_->tensors()) {
      SCOPED_TRACE(tensor.name);
      auto source = format::OpenQuantSource(**written, tensor.name, 0);
      ASSERT_TRUE(source.ok()) << source.status().message();
      const bool is_matrix = tensor.name.find("_proj.weight") != std::string::npos;
      const bool is_table =
          tensor.name == "model.embed_tokens.weight" || tensor.name == "lm_head.weight";
      ASSERT_EQ(*source != nullptr, is_matrix || is_table);
      if (*source == nullptr) continue;
      ++num_read;
      format::QuantRows rows;
      ASSERT_TRUE((*source)->ReadRows(0, (*source)->n(), rows).ok());
      std::vector<float> read(static_cast<size_t>((*source)->n() * (*source)->k()));
      for (int64_t row = 0; row < (*source)->n(); ++row) {
        format::DequantizeQuantRow((*source)->scheme(), (*source)->k(), rows, row,
                                   read.data() + row * (*source)->k());
      }
      EXPECT_EQ(read, Unpack(**written, tensor.name.substr(0, tensor.name.size() - 7),
                             is_table ? Scheme{8, 0} : scheme));
    }
    EXPECT_GE(num_read, 15);
    // And it is not quantised again.
    const auto again =
        Quantize(**written, Options(scheme, {kMethods[0]}), {}, folder_.path(""), nullptr);
    EXPECT_EQ(again.status().code(), StatusCode::kUnsupported);
    EXPECT_NE(again.status().message().find("compressed-tensors"), std::string::npos);
  }
}

TEST_P(QuantizerTest, TheReportSaysWhatTheDecoderSays) {
  auto decoder = Decoder::Open(
      *checkpoint_, {.compute = DType::kBFloat16, .isa = BestIsa(), .num_pages = 16}, nullptr);
  ASSERT_TRUE(decoder.ok());
  const Text text((*decoder)->config().vocab_size, {200, 150, 1}, {40, 1, 25});
  const Scheme scheme = {8, 32, false, format::TensorEncoding::kBF16};
  const auto report =
      Quantize(*checkpoint_, Options(scheme, AllMethods()), text.text, folder_.path(""), nullptr);
  ASSERT_TRUE(report.ok()) << report.status().message();

  // -log p of the tokens after the first of each sequence, by the whole decoder.
  double nll = 0;
  int64_t count = 0, begin = 0;
  for (const int32_t length : text.text.evaluation.lengths) {
    const int32_t* ids = text.text.evaluation.token_ids + begin;
    const ::qwenjet::testing::StepBuilder built(
        (*decoder)->config(),
        {{.tokens = {ids, ids + length}, .first_position = 0, .pages = {3}, .num_rows = length}});
    ASSERT_TRUE((*decoder)->Run(built.step(), built.result).ok());
    std::vector<float> logits;
    ASSERT_TRUE(::qwenjet::testing::AppendLogits(**decoder, 0, length, logits).ok());
    for (int32_t i = 0; i + 1 < length; ++i, ++count) {
      const float* row = logits.data() + i * (*decoder)->config().vocab_size;
      nll += static_cast<double>(built.result.lse_raw[i]) - static_cast<double>(row[ids[i + 1]]);
    }
    begin += length;
  }
  const format::JsonValue json = Parse(*report);
  EXPECT_EQ(NumberOf(json, "evaluation_tokens"), static_cast<double>(count));
  EXPECT_EQ(NumberOf(json, "calibration_tokens"), 351.0);
  const format::JsonValue* original = json.Find("original");
  ASSERT_NE(original, nullptr);
  const double expected = std::exp(nll / static_cast<double>(count));
  EXPECT_LT(std::fabs(NumberOf(*original, "perplexity") - expected), 0x1p-16 * expected);
  EXPECT_EQ(NumberOf(*original, "kl_divergence"), 0.0);
  EXPECT_EQ(NumberOf(*original, "top1_agreement"), 1.0);
  ASSERT_EQ(json.Find("methods")->AsArray()->size(), 4u);
  for (const format::JsonValue& method : *json.Find("methods")->AsArray()) {
    SCOPED_TRACE(*method.Find("name")->AsString());
    // Eight bits change little and something.
    EXPECT_GT(NumberOf(method, "kl_divergence"), 0.0);
    EXPECT_LT(NumberOf(method, "kl_divergence"), 0.01);
    EXPECT_GT(NumberOf(method, "top1_agreement"), 0.9);
    EXPECT_GT(NumberOf(method, "size_bytes"), 0.0);
  }
}

TEST_P(QuantizerTest, EveryMethodWritesWhatItMeasured) {
  const auto config = ParseConfig(*checkpoint_);
  ASSERT_TRUE(config.ok());
  const Text text(config->vocab_size, {256, 256}, {64, 64});
  const Scheme scheme = {4, 32, true, format::TensorEncoding::kBF16};
  const auto report =
      Quantize(*checkpoint_, Options(scheme, AllMethods()), text.text, folder_.path(""), nullptr);
  ASSERT_TRUE(report.ok()) << report.status().message();
  const format::JsonValue json = Parse(*report);
  for (size_t i = 0; i < AllMethods().size(); ++i) {
    const std::string name = AllMethods()[i].name;
    SCOPED_TRACE(name);
    auto written = format::Checkpoint::OpenTensors(folder_.path(name + "/model.safetensors"));
    ASSERT_TRUE(written.ok()) << written.status().message();
    // The written weights as a plain float32 checkpoint, quantised once more without a change of
    // its own to be measured: its original is what the first run called the method's result.
    std::string header = "{", data;
    for (const format::TensorInfo& tensor : checkpoint_->tensors()) {
      const bool is_quantized = tensor.name.find("_proj.weight") != std::string::npos;
      const std::vector<float> values =
          is_quantized ? Unpack(**written, tensor.name.substr(0, tensor.name.size() - 7), scheme)
                       : FloatsOf(**written, tensor.name);
      header += (header.size() > 1 ? ",\"" : "\"") + tensor.name +
                "\":{\"dtype\":\"F32\",\"shape\":" + format::ShapeText(tensor.shape) +
                ",\"data_offsets\":[" + std::to_string(data.size()) + "," +
                std::to_string(data.size() + values.size() * 4) + "]}";
      data.append(reinterpret_cast<const char*>(values.data()), values.size() * 4);
    }
    const std::string file = ::qwenjet::testing::SafetensorsFile(header + "}", data);
    const auto bytes = ::qwenjet::testing::AsBytes(file);
    auto plain = format::Checkpoint::OpenMemory("plain", checkpoint_->config_json(),
                                                {bytes.begin(), bytes.end()});
    ASSERT_TRUE(plain.ok()) << plain.status().message();
    const std::string again = folder_.path("again-" + name);
    std::filesystem::create_directory(again);
    const auto second = Quantize(**plain, Options({8, 32}, {kMethods[0]}),
                                 {{}, text.text.evaluation}, again, nullptr);
    ASSERT_TRUE(second.ok()) << second.status().message();
    const double expected = NumberOf((*json.Find("methods")->AsArray())[i], "perplexity");
    EXPECT_LT(std::fabs(NumberOf(*Parse(*second).Find("original"), "perplexity") - expected),
              0x1p-12 * expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Tiny, QuantizerTest,
                         ::testing::ValuesIn(::qwenjet::testing::TinyModelNames()),
                         [](const auto& named) {
                           std::string name = named.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

TEST(QuantizerRefusalTest, WrongGroupsMethodsAndFoldersAreNamed) {
  const auto checkpoint = OpenTiny("qwen3-dense");
  ASSERT_NE(checkpoint, nullptr);
  const TemporaryFolder folder;
  const auto group =
      Quantize(*checkpoint, Options({4, 128}, {kMethods[0]}), {}, folder.path(""), nullptr);
  EXPECT_EQ(group.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(group.status().message().find("64 columns, got 128"), std::string::npos)
      << group.status().message();
  const auto method =
      Quantize(*checkpoint, Options({4, 32}, {kMethods[2]}), {}, folder.path(""), nullptr);
  EXPECT_EQ(method.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(method.status().message().find("calibration"), std::string::npos);
  std::filesystem::create_directory(folder.path("rtn"));
  const auto there =
      Quantize(*checkpoint, Options({4, 32}, {kMethods[0]}), {}, folder.path(""), nullptr);
  EXPECT_EQ(there.status().code(), StatusCode::kInvalidArgument);
}

TEST(QuantizerRefusalTest, NumbersThatAreNoneAreNamed) {
  const std::string config =
      R"({"model_type":"qwen3_moe","architectures":["Qwen3MoeForCausalLM"]})";
  const std::string name = "model.layers.0.mlp.experts.1.up_proj.weight";
  std::vector<BFloat16> values(64 * 32, ToBFloat16(0.5f));
  values[100] = ToBFloat16(std::nanf(""));
  const std::string data(reinterpret_cast<const char*>(values.data()), values.size() * 2);
  const std::string file = ::qwenjet::testing::SafetensorsFile(
      "{\"" + name + "\":{\"dtype\":\"BF16\",\"shape\":[64,32],\"data_offsets\":[0,4096]}}", data);
  const auto bytes = ::qwenjet::testing::AsBytes(file);
  auto checkpoint = format::Checkpoint::OpenMemory("experts", config, {bytes.begin(), bytes.end()});
  ASSERT_TRUE(checkpoint.ok());
  const TemporaryFolder folder;
  const auto result =
      Quantize(**checkpoint, Options({4, 32}, {kMethods[0]}), {}, folder.path(""), nullptr);
  EXPECT_EQ(result.status().code(), StatusCode::kCorruptModel);
  EXPECT_NE(result.status().message().find(name), std::string::npos);
}

// The tensors around the layers, which are read as the layers' own are.
TEST(QuantizerRefusalTest, TensorsOfAnotherShapeAreNamed) {
  for (const char* wrong : {"model.norm.weight", "lm_head.weight"}) {
    for (const bool embeddings : {false, true}) {
      const auto checkpoint = OpenTiny("qwen3-dense-untied");
      ASSERT_NE(checkpoint, nullptr);
      std::string header = "{", data;
      for (const format::TensorInfo& tensor : checkpoint->tensors()) {
        const std::vector<uint16_t> values = Raw<uint16_t>(*checkpoint, tensor.name);
        const size_t count = tensor.name == wrong ? 8 : values.size();
        const std::string shape = tensor.name == wrong ? "[8]" : format::ShapeText(tensor.shape);
        header += (header.size() > 1 ? ",\"" : "\"") + tensor.name +
                  "\":{\"dtype\":\"BF16\",\"shape\":" + shape + ",\"data_offsets\":[" +
                  std::to_string(data.size()) + "," + std::to_string(data.size() + count * 2) +
                  "]}";
        data.append(reinterpret_cast<const char*>(values.data()), count * 2);
      }
      const std::string file = ::qwenjet::testing::SafetensorsFile(header + "}", data);
      const auto bytes = ::qwenjet::testing::AsBytes(file);
      auto broken = format::Checkpoint::OpenMemory("broken", checkpoint->config_json(),
                                                   {bytes.begin(), bytes.end()});
      ASSERT_TRUE(broken.ok()) << broken.status().message();
      const Text text(200, {}, {64});
      QuantizeOptions options = Options({4, 32}, {kMethods[0]});
      options.quantize_embeddings = embeddings;
      const TemporaryFolder folder;
      const auto result = Quantize(**broken, options, text.text, folder.path(""), nullptr);
      EXPECT_EQ(result.status().code(), StatusCode::kCorruptModel);
      EXPECT_NE(result.status().message().find(wrong), std::string::npos)
          << result.status().message();
    }
  }
}

// Experts have no graph here: each matrix is rounded by itself, routers stay.
TEST(QuantizerMoeTest, ExpertsAreRoundedAndRoutersAreIgnored) {
  const std::string config =
      R"({"model_type":"qwen3_moe","architectures":["Qwen3MoeForCausalLM"]})";
  Rng rng(5);
  std::string header = "{", data;
  const auto add = [&](const std::string& name, int64_t rows, int64_t cols) {
    const size_t begin = data.size();
    for (int64_t i = 0; i < rows * cols; ++i) {
      const BFloat16 value = ToBFloat16(static_cast<float>(rng.Normal()));
      data.append(reinterpret_cast<const char*>(&value), 2);
    }
    header += (header.size() > 1 ? ",\"" : "\"") + name + "\":{\"dtype\":\"BF16\",\"shape\":[" +
              std::to_string(rows) + "," + std::to_string(cols) + "],\"data_offsets\":[" +
              std::to_string(begin) + "," + std::to_string(data.size()) + "]}";
  };
  add("model.layers.0.mlp.experts.0.up_proj.weight", 48, 64);
  add("model.layers.0.mlp.experts.1.down_proj.weight", 64, 96);
  add("model.layers.0.mlp.gate.weight", 2, 64);
  add("lm_head.weight", 16, 64);
  const std::string file = ::qwenjet::testing::SafetensorsFile(header + "}", data);
  const auto bytes = ::qwenjet::testing::AsBytes(file);
  auto checkpoint = format::Checkpoint::OpenMemory("experts", config, {bytes.begin(), bytes.end()});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  const TemporaryFolder folder;
  const Scheme scheme = {4, 32};
  QuantizeOptions options = Options(scheme, {kMethods[0]});
  options.max_shard_bytes = 3500;  // an expert a file
  const auto report = Quantize(**checkpoint, options, {}, folder.path(""), nullptr);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_NE(report->find(R"("ignore":["model.layers.0.mlp.gate","lm_head"])"), std::string::npos)
      << *report;
  auto index = format::ReadTextFile(folder.path("rtn/model.safetensors.index.json"), 1 << 20);
  ASSERT_TRUE(index.ok());
  std::map<std::string, std::string> files;
  const auto entries = format::ParseSafetensorsIndex(*index, "index");
  ASSERT_TRUE(entries.ok());
  for (const auto& [tensor, shard] : *entries) files[tensor] = shard;
  const std::string base = "model.layers.0.mlp.experts.1.down_proj";
  ASSERT_EQ(files[base + ".weight_packed"], files[base + ".weight_scale"]);
  auto written =
      format::Checkpoint::OpenTensors(folder.path("rtn/" + files[base + ".weight_packed"]));
  ASSERT_TRUE(written.ok()) << written.status().message();
  EXPECT_LT(
      RelativeError(Unpack(**written, base, scheme), FloatsOf(**checkpoint, base + ".weight")),
      AllowedLoss(scheme));
}

TEST(QuantizerCancelTest, CancellingEndsTheWork) {
  const auto checkpoint = OpenTiny("qwen3-dense");
  ASSERT_NE(checkpoint, nullptr);
  const Text text(200, std::vector<int32_t>(64, 128), {64});
  for (const int delay_ms : {0, 5, 50}) {
    const TemporaryFolder folder;
    Progress progress;
    std::thread canceller([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
      progress.cancelled.store(true);
    });
    const auto result = Quantize(*checkpoint, Options({4, 32}, AllMethods()), text.text,
                                 folder.path(""), &progress);
    canceller.join();
    // The latest may come when everything is done.
    EXPECT_EQ(result.status().code(), result.ok() ? StatusCode::kOk : StatusCode::kCancelled);
    if (delay_ms == 0) {
      EXPECT_FALSE(result.ok());
    }
  }
}

TEST(QuantizerProgressTest, ProgressEndsAtItsTotal) {
  const auto checkpoint = OpenTiny("qwen3-dense-untied");
  ASSERT_NE(checkpoint, nullptr);
  const Text both(200, {128}, {64}), calibration(200, {128}, {}), none(200, {}, {});
  for (const Text* text : {&both, &calibration, &none}) {
    for (const bool embeddings : {false, true}) {
      const TemporaryFolder folder;
      Progress progress;
      QuantizeOptions options =
          Options({4, 32}, text == &none ? std::vector<Method>{kMethods[0]} : AllMethods());
      options.quantize_embeddings = embeddings;
      ASSERT_TRUE(Quantize(*checkpoint, options, text->text, folder.path(""), &progress).ok());
      EXPECT_GT(progress.total_bytes.load(), 0);
      EXPECT_EQ(progress.done_bytes.load(), progress.total_bytes.load());
    }
  }
}

// A value of /proc/self/status in bytes.
int64_t StatusBytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(key + ":", 0) == 0) return std::stoll(line.substr(key.size() + 1)) * 1024;
  }
  return -1;
}

// A checkpoint on disk whose layers have 2.3 MB each.
void WriteLayers(const std::string& folder, int64_t num_layers) {
  std::ofstream(folder + "/config.json")
      << R"({"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"vocab_size":64,)"
      << R"("hidden_size":256,"intermediate_size":1024,"num_attention_heads":4,"head_dim":64,)"
      << R"("num_key_value_heads":4,"max_position_embeddings":512,"rms_norm_eps":1e-6,)"
      << R"("rope_theta":10000.0,"tie_word_embeddings":true,"num_hidden_layers":)" << num_layers
      << "}";
  using Tensor = format::SafetensorsWriter::Tensor;
  std::vector<Tensor> tensors;
  const auto add = [&](const std::string& name, const std::vector<int64_t>& shape) {
    tensors.push_back({name + ".weight", format::TensorEncoding::kBF16, shape});
  };
  add("model.embed_tokens", {64, 256});
  add("model.norm", {256});
  for (int64_t layer = 0; layer < num_layers; ++layer) {
    const std::string at = "model.layers." + std::to_string(layer) + ".";
    for (const char* name : {"q", "k", "v", "o"}) {
      add(at + "self_attn." + name + "_proj", {256, 256});
    }
    add(at + "mlp.gate_proj", {1024, 256});
    add(at + "mlp.up_proj", {1024, 256});
    add(at + "mlp.down_proj", {256, 1024});
    add(at + "input_layernorm", {256});
    add(at + "post_attention_layernorm", {256});
    add(at + "self_attn.q_norm", {64});
    add(at + "self_attn.k_norm", {64});
  }
  auto writer = format::SafetensorsWriter::Create(folder, tensors, uint64_t{1} << 30);
  ASSERT_TRUE(writer.ok()) << writer.status().message();
  Rng rng(1);
  for (const Tensor& tensor : tensors) {
    std::vector<BFloat16> values(static_cast<size_t>(*format::NumElements(tensor.shape)));
    for (BFloat16& value : values) value = ToBFloat16(static_cast<float>(rng.Normal() / 16));
    ASSERT_TRUE((*writer)->Write(tensor.name, 0, std::as_bytes(std::span(values))).ok());
  }
  ASSERT_TRUE((*writer)->Finish().ok());
}

// How far the process grows while a model of so many layers is quantised.
int64_t PeakGrowth(int64_t num_layers) {
  const TemporaryFolder folder;
  WriteLayers(folder.path(), num_layers);
  auto checkpoint = format::Checkpoint::Open(folder.path());
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  const Text text(64, {256}, {64});
  std::ofstream("/proc/self/clear_refs") << "5";  // the high-water mark starts again
  const int64_t before = StatusBytes("VmRSS");
  const auto result =
      Quantize(**checkpoint, Options({4, 128}, {kMethods[2]}), text.text, folder.path(), nullptr);
  EXPECT_TRUE(result.ok()) << result.status().message();
  return StatusBytes("VmHWM") - before;
}

TEST(QuantizerMemoryTest, MoreLayersTakeNoMoreMemory) {
  constexpr int64_t kLayerBytes = (4 * 256 * 256 + 3 * 256 * 1024) * 2;
  PeakGrowth(2);  // what is allocated once
  const int64_t few = PeakGrowth(2), many = PeakGrowth(26);
  ASSERT_GT(few, 0);
  // A sanitizer keeps freed memory back.
  if (::qwenjet::testing::kSanitized) return;
  // Blocks of other sizes come and go; the 24 layers themselves are twelve times this.
  EXPECT_LT(many, few + 2 * kLayerBytes);
}

}  // namespace
}  // namespace qwenjet::model::quantize
