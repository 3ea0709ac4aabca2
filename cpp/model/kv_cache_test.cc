// SPDX-License-Identifier: Apache-2.0
// The decoder with a KV cache of int8: its bytes, its pages, and the same bits however the work is
// cut. What it loses against the compute type is measured in RESULTS.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "model/decoder.h"
#include "testing/backend_fixture.h"
#include "testing/step_builder.h"
#include "testing/tiny_models.h"

namespace qwenjet::model {
namespace {

using ::qwenjet::testing::AppendLogits;
using ::qwenjet::testing::NamedBackend;
using ::qwenjet::testing::StepBuilder;

constexpr int32_t kNumTokens = 100;
constexpr int32_t kNumRows = 3;

class KvCacheTest : public ::testing::TestWithParam<NamedBackend> {
 protected:
  void SetUp() override {
    auto opened = format::Checkpoint::Open(::qwenjet::testing::TinyModelFolder("qwen3-dense"));
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    checkpoint_ = std::move(*opened);
  }

  DecoderOptions Options(DType compute, KvCache kv_cache, int32_t page_size,
                         int32_t num_threads) const {
    return {.compute = compute,
            .kv_cache = kv_cache,
            .isa = GetParam().isa,
            .num_threads = num_threads,
            .page_size = page_size,
            .num_pages = 256 / page_size,
            .max_step_tokens = 128,
            .bodies = GetParam().bodies};
  }
  std::unique_ptr<Decoder> Open(const DecoderOptions& options) const {
    auto decoder = Decoder::Open(*checkpoint_, options, nullptr);
    EXPECT_TRUE(decoder.ok()) << decoder.status().message();
    return decoder.ok() ? std::move(*decoder) : nullptr;
  }

  // Logits of the last positions of a made-up text, computed in chunks.
  static std::vector<float> Logits(Decoder& decoder, int32_t page_size, int32_t chunk) {
    std::vector<int32_t> text(kNumTokens), pages;
    for (int32_t i = 0; i < kNumTokens; ++i) text[static_cast<size_t>(i)] = 3 + i * 37 % 200;
    for (int32_t i = 0; i * page_size < kNumTokens; ++i) pages.push_back(256 / page_size - 1 - i);
    std::vector<float> logits;
    for (int32_t at = 0; at < kNumTokens; at += chunk) {
      const int32_t end = std::min(at + chunk, kNumTokens);
      const int32_t num_rows = std::clamp(end - (kNumTokens - kNumRows), 0, end - at);
      const StepBuilder built(decoder.config(), {{.tokens = {text.begin() + at, text.begin() + end},
                                                  .first_position = at,
                                                  .pages = pages,
                                                  .num_rows = num_rows}});
      Status status = decoder.Run(built.step(), built.result);
      if (status.ok()) status = AppendLogits(decoder, 0, num_rows, logits);
      EXPECT_TRUE(status.ok()) << status.message();
    }
    return logits;
  }

  std::unique_ptr<format::Checkpoint> checkpoint_;
};

TEST_P(KvCacheTest, LogitsAreTheSameHoweverTheWorkIsCut) {
  for (const DType compute : {DType::kFloat32, DType::kBFloat16}) {
    std::vector<float> first;
    for (const auto& [page_size, chunk, num_threads] :
         std::vector<std::tuple<int32_t, int32_t, int32_t>>{
             {64, 128, 1}, {64, 37, 2}, {16, 37, 1}, {16, 5, 1}, {32, 128, 2}}) {
      const auto decoder = Open(Options(compute, KvCache::kInt8, page_size, num_threads));
      ASSERT_NE(decoder, nullptr);
      const std::vector<float> logits = Logits(*decoder, page_size, chunk);
      for (const float logit : logits) ASSERT_TRUE(std::isfinite(logit));
      if (first.empty()) first = logits;
      EXPECT_EQ(logits, first) << NameOf(compute) << ", pages of " << page_size << ", chunks of "
                               << chunk << ", " << num_threads << " threads";
    }
    const auto as_computed = Open(Options(compute, KvCache::kCompute, 64, 1));
    ASSERT_NE(as_computed, nullptr);
    EXPECT_NE(Logits(*as_computed, 64, 128), first) << "the option does nothing";
  }
}

TEST_P(KvCacheTest, APageTakesAByteAnElementAndAScaleAVector) {
  for (const DType compute : {DType::kFloat32, DType::kBFloat16}) {
    for (const int32_t page_size : {16, 64}) {
      const auto decoder = Open(Options(compute, KvCache::kInt8, page_size, 1));
      ASSERT_NE(decoder, nullptr);
      const ModelConfig& config = decoder->config();
      const int64_t vectors = config.num_layers * 2 * config.num_kv_heads * page_size;
      EXPECT_EQ(decoder->memory().kv_page_bytes, vectors * (config.head_dim + 4));
      EXPECT_EQ(decoder->memory().kv_pool_bytes,
                decoder->memory().kv_page_bytes * (256 / page_size));
    }
  }
}

TEST_P(KvCacheTest, ACopiedPageServesAnotherSequence) {
  for (const DType compute : {DType::kFloat32, DType::kBFloat16}) {
    const auto decoder = Open(Options(compute, KvCache::kInt8, 16, 1));
    ASSERT_NE(decoder, nullptr);
    const StepBuilder prompt(decoder->config(), {{.tokens = {3, 4, 5, 6}, .pages = {7}}});
    ASSERT_TRUE(decoder->Run(prompt.step(), prompt.result).ok());
    ASSERT_TRUE(decoder->CopyPage(7, 1).ok());
    std::vector<float> original, copied;
    for (auto [page, logits] : {std::pair{7, &original}, {1, &copied}}) {
      const StepBuilder next(
          decoder->config(),
          {{.tokens = {8}, .first_position = 4, .pages = {page}, .num_rows = 1}});
      ASSERT_TRUE(decoder->Run(next.step(), next.result).ok());
      ASSERT_TRUE(AppendLogits(*decoder, 0, 1, *logits).ok());
    }
    EXPECT_EQ(original, copied);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, KvCacheTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::model
