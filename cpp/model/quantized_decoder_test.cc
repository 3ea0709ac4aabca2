// SPDX-License-Identifier: Apache-2.0
// Decoders with quantised weights against the same models with their weights written out in
// float32: every scheme, mixes of them in one matrix, permutations, plans and loading.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "format/quant_source.h"
#include "model/decoder.h"
#include "model/matrix_spec.h"
#include "model/weights_json.h"
#include "testing/backend_fixture.h"
#include "testing/quantized_models.h"
#include "testing/step_builder.h"
#include "testing/tiny_models.h"

namespace qwenjet::model {
namespace {

using format::TensorEncoding;
using ops::Activations;
using ::qwenjet::testing::AppendLogits;
using ::qwenjet::testing::EncodingOf;
using ::qwenjet::testing::FormOf;
using ::qwenjet::testing::NamedBackend;
using ::qwenjet::testing::PackedForm;
using ::qwenjet::testing::SmallModel;
using ::qwenjet::testing::StepBuilder;
using ::qwenjet::testing::TemporaryFolder;
using ::qwenjet::testing::TinyRun;

constexpr int32_t kPageSize = 16;
constexpr int32_t kNumTokens = 23;

// A quantised checkpoint and its dense twin.
struct Pair {
  TemporaryFolder quantized_folder, dense_folder;
  std::unique_ptr<format::Checkpoint> quantized, dense;
};

std::unique_ptr<format::Checkpoint> OpenCheckpoint(const std::string& path) {
  auto opened = format::Checkpoint::Open(path);
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  return opened.ok() ? std::move(*opened) : nullptr;
}

void OpenTwin(const SmallModel& model, const std::string& path, Pair& pair) {
  pair.quantized = OpenCheckpoint(path);
  ASSERT_NE(pair.quantized, nullptr);
  WriteDenseTwin(pair.dense_folder, model, *pair.quantized);
  pair.dense = OpenCheckpoint(pair.dense_folder.path());
  ASSERT_NE(pair.dense, nullptr);
}

DecoderOptions Options(const NamedBackend& path, DType compute,
                       std::optional<Activations> activations) {
  return {.compute = compute,
          .isa = path.isa,
          .num_threads = 2,
          .page_size = kPageSize,
          .num_pages = 4,
          .max_step_tokens = 64,
          .activations = activations,
          .bodies = path.bodies};
}

std::unique_ptr<Decoder> OpenDecoder(const format::Checkpoint& checkpoint,
                                     const DecoderOptions& options) {
  auto decoder = Decoder::Open(checkpoint, options, nullptr);
  EXPECT_TRUE(decoder.ok()) << decoder.status().message();
  return decoder.ok() ? std::move(*decoder) : nullptr;
}

// Logits of every position of a prompt, fed in pieces of `chunk` tokens.
std::vector<float> Logits(Decoder& decoder, int32_t chunk = kNumTokens) {
  std::vector<float> logits;
  for (int32_t at = 0; at < kNumTokens; at += chunk) {
    const int32_t count = std::min(chunk, kNumTokens - at);
    std::vector<int32_t> tokens;
    for (int32_t i = at; i < at + count; ++i) tokens.push_back(i * 7 % 50);
    const StepBuilder built(
        decoder.config(),
        {{.tokens = tokens, .first_position = at, .pages = {2, 1}, .num_rows = count}});
    Status status = decoder.Run(built.step(), built.result);
    if (status.ok()) status = AppendLogits(decoder, 0, count, logits);
    EXPECT_TRUE(status.ok()) << status.message();
  }
  return logits;
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// The rules of the reference cases: float32 on dequantised weights.
::testing::AssertionResult IsClose(const std::vector<float>& actual,
                                   const std::vector<float>& expected) {
  TinyRun run;
  run.logits = expected;
  if (actual.size() != expected.size()) return ::testing::AssertionFailure() << "sizes differ";
  const double error = run.RelativeError(actual);
  if (error <= run.Limit(DType::kFloat32)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "relative error " << error;
}

EncodingOf All(TensorEncoding encoding) {
  return [encoding](const std::string&) { return encoding; };
}

// Everything in one model: parts of a matrix in different forms, dense ones between them.
TensorEncoding Mixed(const std::string& name) {
  const std::pair<const char*, TensorEncoding> kinds[] = {
      {"token_embd", TensorEncoding::kQ8_0}, {"output.", TensorEncoding::kQ6_K},
      {"attn_q", TensorEncoding::kQ4_K},     {"attn_k", TensorEncoding::kQ4_K},
      {"attn_v", TensorEncoding::kQ6_K},     {"attn_output", TensorEncoding::kBF16},
      {"ffn_gate", TensorEncoding::kQ5_0},   {"ffn_up", TensorEncoding::kF16},
      {"ffn_down", TensorEncoding::kQ5_K}};
  for (const auto& [part, encoding] : kinds) {
    if (name.find(part) != std::string::npos) return encoding;
  }
  return TensorEncoding::kF32;
}

std::string Gptq(int bits, int group_size, bool desc_act) {
  return std::string(R"({"quant_method":"gptq","checkpoint_format":"gptq_v2","sym":false,"bits":)")
      .append(std::to_string(bits))
      .append(",\"group_size\":")
      .append(std::to_string(group_size))
      .append(desc_act ? ",\"desc_act\":true}" : ",\"desc_act\":false}");
}

std::string CompressedTensors(const std::string& format, const std::string& weights) {
  return std::string(R"({"quant_method":"compressed-tensors","format":")")
      .append(format)
      .append(R"(","config_groups":{"group_0":{"targets":["Linear"],"weights":{)")
      .append(weights)
      .append("}}}}");
}

struct Packed {
  const char* name;
  PackedForm form;
  std::string quantization;
};

std::vector<Packed> PackedCases() {
  using Packing = PackedForm::Packing;
  return {
      {"gptq, 4 bits, groups of 128",
       {.packing = Packing::kGptq, .group_size = 128, .zero_points = true},
       Gptq(4, 128, false)},
      {"gptq, 4 bits, groups of 64, act-order",
       {.packing = Packing::kGptq, .group_size = 64, .zero_points = true, .order = 7},
       Gptq(4, 64, true)},
      {"gptq, 8 bits, symmetric",
       {.packing = Packing::kGptq, .bits = 8, .group_size = 128},
       Gptq(8, 128, false)},
      {"compressed-tensors, 4 bits, a group a row, symmetric",
       {.packing = Packing::kPackQuantized, .group_size = 256},
       CompressedTensors("pack-quantized", R"("num_bits":4,"type":"int","symmetric":true,)"
                                           R"("strategy":"group","group_size":256)")},
      {"compressed-tensors, 4 bits, zero points, act-order",
       {.packing = Packing::kPackQuantized, .zero_points = true, .order = 9},
       CompressedTensors("pack-quantized", R"("num_bits":4,"type":"int","symmetric":false,)"
                                           R"("strategy":"group","group_size":32,)"
                                           R"("actorder":"group")")},
      {"compressed-tensors, int8",
       {.packing = Packing::kInt8},
       CompressedTensors("int-quantized", R"("num_bits":8,"type":"int","symmetric":true,)"
                                          R"("strategy":"channel")")},
      {"fp8",
       {.packing = Packing::kFp8},
       R"({"quant_method":"fp8","fmt":"e4m3","activation_scheme":"dynamic",)"
       R"("weight_block_size":[128,128]})"},
  };
}

class QuantizedDecoderTest : public ::testing::TestWithParam<NamedBackend> {
 protected:
  // What holds for every model.
  void ExpectTwin(const Pair& pair) {
    const auto dense = OpenDecoder(*pair.dense, Options(DType::kFloat32, Activations::kExact));
    const auto exact = OpenDecoder(*pair.quantized, Options(DType::kFloat32, Activations::kExact));
    ASSERT_NE(dense, nullptr);
    ASSERT_NE(exact, nullptr);
    const std::vector<float> expected = Logits(*dense), actual = Logits(*exact);
    EXPECT_TRUE(IsClose(actual, expected));
    EXPECT_TRUE(SameBits(Logits(*exact, 3), actual)) << "cut into pieces";
    const auto plain = OpenDecoder(*pair.quantized, Options(DType::kFloat32, std::nullopt));
    ASSERT_NE(plain, nullptr);
    EXPECT_TRUE(SameBits(Logits(*plain), actual)) << "auto is exact in float32";
    ExpectBfloat16(pair, expected);
  }

  // Baseline: at most twice what the dense twin loses in the same arithmetic.
  void ExpectBfloat16(const Pair& pair, const std::vector<float>& expected) {
    TinyRun run;
    run.logits = expected;
    const auto dense = OpenDecoder(*pair.dense, Options(DType::kBFloat16, Activations::kExact));
    const auto exact = OpenDecoder(*pair.quantized, Options(DType::kBFloat16, Activations::kExact));
    const auto fine = OpenDecoder(*pair.quantized, Options(DType::kBFloat16, Activations::kInt16));
    const auto fast = OpenDecoder(*pair.quantized, Options(DType::kBFloat16, Activations::kInt8));
    const auto small = OpenDecoder(*pair.quantized, Options(DType::kBFloat16, std::nullopt));
    ASSERT_TRUE(dense && exact && fine && fast && small);
    const double plain_error = run.RelativeError(Logits(*dense));
    const double exact_error = run.RelativeError(Logits(*exact));
    EXPECT_TRUE(exact_error <= 2 * plain_error) << exact_error << " and " << plain_error;
    const std::vector<float> finely = Logits(*fine);
    const double fine_error = run.RelativeError(finely);
    EXPECT_TRUE(fine_error <= 2 * plain_error) << fine_error << " and " << plain_error;
    EXPECT_TRUE(SameBits(Logits(*small), finely)) << "auto is int16 for small models";
    // The loss of rounded activations is reported by the conformance command; here they are used.
    const std::vector<float> rounded = Logits(*fast);
    EXPECT_TRUE(std::all_of(rounded.begin(), rounded.end(), [](float x) { return x == x; }));
  }

  DecoderOptions Options(DType compute, std::optional<Activations> activations) const {
    return model::Options(GetParam(), compute, activations);
  }
};

TEST_P(QuantizedDecoderTest, EverySchemeOfGgufComputesItsDenseTwin) {
  for (const TensorEncoding encoding :
       {TensorEncoding::kQ4_0, TensorEncoding::kQ4_1, TensorEncoding::kQ5_0, TensorEncoding::kQ5_1,
        TensorEncoding::kQ8_0, TensorEncoding::kQ4_K, TensorEncoding::kQ5_K,
        TensorEncoding::kQ6_K}) {
    SCOPED_TRACE(format::NameOf(encoding));
    Pair pair;
    OpenTwin({}, WriteGguf(pair.quantized_folder, {}, All(encoding)), pair);
    ExpectTwin(pair);
  }
}

TEST_P(QuantizedDecoderTest, FormsMayBeMixedInOneMatrix) {
  // qwen2 has biases, which are cut as the rows are; llama's rows are stored permuted.
  for (const char* architecture : {"qwen3", "qwen2", "llama"}) {
    SCOPED_TRACE(architecture);
    const SmallModel model = {.architecture = architecture, .tied = false};
    Pair pair;
    OpenTwin(model, WriteGguf(pair.quantized_folder, model, Mixed), pair);
    ExpectTwin(pair);
  }
}

TEST_P(QuantizedDecoderTest, PackedSafetensorsComputeTheirDenseTwin) {
  for (const Packed& packed : PackedCases()) {
    SCOPED_TRACE(packed.name);
    Pair pair;
    OpenTwin({},
             WriteSafetensors(
                 pair.quantized_folder, {}, [&](const std::string&) { return packed.form; },
                 packed.quantization),
             pair);
    ExpectTwin(pair);
  }
}

TEST_P(QuantizedDecoderTest, EveryPartMayHaveAnOrderOfItsOwn) {
  const FormOf form = [](const std::string& module) {
    PackedForm of = {.packing = PackedForm::Packing::kGptq, .zero_points = true};
    of.order = 1 + module.size();  // q, k and v share one, gate and up do not
    if (module.ends_with("v_proj")) of.packing = PackedForm::Packing::kBFloat16;
    return of;
  };
  Pair pair;
  OpenTwin({}, WriteSafetensors(pair.quantized_folder, {}, form, Gptq(4, 32, true)), pair);
  ExpectTwin(pair);
}

TEST_P(QuantizedDecoderTest, PartsThatEndWithinABlockAreHeldApart) {
  // 96 + 24 + 24 rows of q, k and v.
  const SmallModel model = {.hidden_size = 64,
                            .intermediate_size = 96,
                            .num_q_heads = 12,
                            .num_kv_heads = 3,
                            .head_dim = 8};
  Pair pair;
  OpenTwin(model, WriteGguf(pair.quantized_folder, model, All(TensorEncoding::kQ4_1)), pair);
  ExpectTwin(pair);
}

std::string CaseName(const ::testing::TestParamInfo<NamedBackend>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Backends, QuantizedDecoderTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()), CaseName);

// What the plan says is what is held, in both number types.
void ExpectPlanHolds(const format::Checkpoint& checkpoint) {
  for (const DType compute : {DType::kFloat32, DType::kBFloat16}) {
    const DecoderOptions options = {.compute = compute,
                                    .isa = BestIsa(),
                                    .num_threads = 2,
                                    .page_size = kPageSize,
                                    .num_pages = 1};
    const auto plan = Decoder::Plan(checkpoint, options);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    Progress progress;
    const auto decoder = Decoder::Open(checkpoint, options, &progress);
    ASSERT_TRUE(decoder.ok()) << decoder.status().message();
    EXPECT_EQ(plan->weights_bytes, (*decoder)->memory().weights_bytes) << NameOf(compute);
    EXPECT_EQ(progress.done_bytes.load(), progress.total_bytes.load());
    EXPECT_GT(plan->quantized_parameters, 0);
    EXPECT_GE(plan->embedding_bytes, plan->head_bytes);
  }
}

TEST(QuantizedLoadTest, WhatIsPlannedIsHeldAndQuantisedWeightsStayAsSmallAsTheyAre) {
  for (const auto& [encoding, bits] : {std::pair<TensorEncoding, int64_t>{TensorEncoding::kQ4_0, 4},
                                       {TensorEncoding::kQ5_0, 5},
                                       {TensorEncoding::kQ8_0, 8},
                                       {TensorEncoding::kQ4_K, 4},
                                       {TensorEncoding::kQ6_K, 6}}) {
    SCOPED_TRACE(format::NameOf(encoding));
    TemporaryFolder folder;
    // A vocabulary of whole blocks of rows: nothing is padded.
    const SmallModel model = {.vocab_size = 64};
    const auto checkpoint = OpenCheckpoint(WriteGguf(folder, model, All(encoding)));
    ASSERT_NE(checkpoint, nullptr);
    ExpectPlanHolds(*checkpoint);
    const auto plan = Decoder::Plan(*checkpoint, {.num_pages = 1});
    ASSERT_TRUE(plan.ok());
    // Scales and offsets take less than a bit beside the codes.
    EXPECT_LE(8 * plan->weights_bytes, (bits + 1) * plan->parameters);
  }
}

TEST(QuantizedLoadTest, APlanOfMixedFormsIsHeldToo) {
  TemporaryFolder folder;
  const SmallModel model = {.architecture = "qwen2", .tied = false};
  // F16 may turn out to be exact in bf16, so that a plan in float32 is an upper bound there alone.
  const auto checkpoint = OpenCheckpoint(WriteGguf(folder, model, Mixed));
  ASSERT_NE(checkpoint, nullptr);
  ExpectPlanHolds(*checkpoint);
}

TEST(QuantizedLoadTest, APlanOfPackedSafetensorsIsHeld) {
  for (const Packed& packed : PackedCases()) {
    if (packed.form.packing == PackedForm::Packing::kFp8) continue;  // nothing is held quantised
    SCOPED_TRACE(packed.name);
    TemporaryFolder folder;
    const auto checkpoint = OpenCheckpoint(WriteSafetensors(
        folder, {}, [&](const std::string&) { return packed.form; }, packed.quantization));
    ASSERT_NE(checkpoint, nullptr);
    ExpectPlanHolds(*checkpoint);
  }
}

TEST(QuantizedLoadTest, PartsShareASegmentWhereSchemeAndOrderAreTheSame) {
  // Published names and orders of the parts of a matrix, and the rows of its segments.
  const auto rows_of = [](const std::vector<std::pair<const char*, uint64_t>>& parts) {
    TemporaryFolder folder;
    const FormOf form = [&](const std::string& module) {
      PackedForm of = {.packing = PackedForm::Packing::kGptq};
      for (const auto& [name, order] : parts) {
        if (module.ends_with(name)) of.order = order;
      }
      return of;
    };
    const auto checkpoint = OpenCheckpoint(WriteSafetensors(folder, {}, form, Gptq(4, 32, true)));
    MatrixSpec spec = {.parts = {}, .rows = 384, .cols = 256};
    for (const auto& [name, order] : parts) {
      MatrixPart part;
      part.name = std::string("model.layers.0.self_attn.") + name + ".weight";
      auto source = format::OpenQuantSource(*checkpoint, part.name, 0);
      EXPECT_TRUE(source.ok()) << source.status().message();
      if (!source.ok()) return std::vector<int64_t>();
      part.rows = (*source)->n();
      part.quant = std::move(*source);
      spec.parts.push_back(std::move(part));
    }
    std::vector<int64_t> rows;
    for (const SegmentSpec& segment : SegmentsOf(spec)) rows.push_back(segment.rows);
    return rows;
  };
  using Rows = std::vector<int64_t>;
  EXPECT_EQ(rows_of({{"q_proj", 3}, {"k_proj", 3}, {"v_proj", 3}}), (Rows{384}));
  EXPECT_EQ(rows_of({{"q_proj", 3}, {"k_proj", 4}, {"v_proj", 4}}), (Rows{256, 128}));
  EXPECT_EQ(rows_of({{"q_proj", 3}, {"k_proj", 4}, {"v_proj", 3}}), (Rows{256, 64, 64}));
}

TEST(QuantizedLoadTest, TheMethodIsNamedWhereverItIsConfigured) {
  const std::string gptq = Gptq(4, 32, false);
  const FormOf form = [](const std::string&) {
    return PackedForm{.packing = PackedForm::Packing::kGptq};
  };
  TemporaryFolder folder;
  const std::string path = WriteSafetensors(folder, {}, form, gptq);
  const auto method = [&path]() -> std::string {
    const auto checkpoint = OpenCheckpoint(path);
    if (checkpoint == nullptr) return "";
    const auto json = WeightsJson(*checkpoint, DType::kBFloat16);
    EXPECT_TRUE(json.ok()) << json.status().message();
    return json.ok() ? json->substr(0, json->find(',')) : "";
  };
  EXPECT_EQ(method(), R"({"method":"gptq")");
  std::string config = OpenCheckpoint(path)->config_json();
  const size_t at = config.find(gptq);
  ASSERT_NE(at, std::string::npos) << config;
  folder.Write("config.json", config.replace(at, gptq.size(), "null"));
  folder.Write("quantize_config.json", gptq);
  EXPECT_EQ(method(), R"({"method":"gptq")");
}

TEST(QuantizedLoadTest, ACancelledLoadEnds) {
  TemporaryFolder folder;
  const auto checkpoint = OpenCheckpoint(WriteGguf(folder, {}, All(TensorEncoding::kQ4_K)));
  ASSERT_NE(checkpoint, nullptr);
  Progress progress;
  progress.cancelled.store(true);
  const DecoderOptions options = {.isa = BestIsa(), .num_threads = 2, .num_pages = 1};
  EXPECT_EQ(Decoder::Open(*checkpoint, options, &progress).status().code(), StatusCode::kCancelled);
  EXPECT_EQ(progress.done_bytes.load(), 0);
}

}  // namespace
}  // namespace qwenjet::model
