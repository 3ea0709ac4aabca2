// SPDX-License-Identifier: Apache-2.0
// The decoder against the reference implementation, on every tiny checkpoint and instruction-set
// path: close to it, and the same bits however the work is cut.
#include "model/decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "testing/backend_fixture.h"
#include "testing/sanitized.h"
#include "testing/step_builder.h"
#include "testing/tiny_models.h"

namespace qwenjet::model {
namespace {

using ::qwenjet::testing::AppendLogits;
using ::qwenjet::testing::NamedBackend;
using ::qwenjet::testing::StepBuilder;
using ::qwenjet::testing::StepPart;
using ::qwenjet::testing::TinyModel;
using ::qwenjet::testing::TinyRun;

constexpr int32_t kMaxTokens = 512;

class DecoderTest : public ::testing::TestWithParam<std::tuple<std::string, NamedBackend>> {
 protected:
  void SetUp() override {
    model_ = ::qwenjet::testing::ReadTinyModel(std::get<0>(GetParam()));
    ASSERT_EQ(model_.runs.size(), 4u) << "of " << model_.folder;
    auto opened = format::Checkpoint::Open(model_.folder);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    checkpoint_ = std::move(*opened);
  }

  std::unique_ptr<Decoder> Open(DType compute, int32_t page_size, int32_t num_threads) {
    const NamedBackend& path = std::get<1>(GetParam());
    auto decoder = Decoder::Open(*checkpoint_,
                                 {.compute = compute,
                                  .isa = path.isa,
                                  .num_threads = num_threads,
                                  .page_size = page_size,
                                  .num_pages = 1024 / page_size,
                                  .max_step_tokens = kMaxTokens,
                                  .bodies = path.bodies},
                                 nullptr);
    EXPECT_TRUE(decoder.ok()) << decoder.status().message();
    return decoder.ok() ? std::move(*decoder) : nullptr;
  }

  // Calls of up to four tokens take another kernel there (contract of the linear operator).
  bool FewTokensDiffer(DType compute) const {
    return std::get<1>(GetParam()).isa == Isa::kAmx && compute == DType::kBFloat16;
  }

  TinyModel model_;
  std::unique_ptr<format::Checkpoint> checkpoint_;
};

// Pages of a sequence, scattered over the pool; sequences whose `first` are a prompt's pages apart
// share none.
std::vector<int32_t> Pages(const Decoder& decoder, int32_t page_size, size_t num_tokens,
                           int32_t first = 0) {
  const auto per_page = static_cast<size_t>(page_size);
  // A power of two, so that multiples of five come to every page.
  const int64_t pool = decoder.memory().kv_pool_bytes / decoder.memory().kv_page_bytes;
  std::vector<int32_t> pages((num_tokens + per_page - 1) / per_page);
  for (size_t i = 0; i < pages.size(); ++i) {
    pages[i] = static_cast<int32_t>((first + static_cast<int64_t>(i)) * 5 % pool);
  }
  return pages;
}

// The logits of the run's last positions, its prompt cut into chunks.
std::vector<float> PromptLogits(Decoder& decoder, const TinyRun& run, int32_t page_size,
                                int32_t chunk) {
  std::vector<float> logits;
  const auto length = static_cast<int32_t>(run.prompt.size());
  for (int32_t at = 0; at < length; at += chunk) {
    const int32_t end = std::min(at + chunk, length);
    const int32_t num_rows = std::clamp(end - (length - run.num_rows), 0, end - at);
    const StepBuilder built(decoder.config(),
                            {{.tokens = {run.prompt.begin() + at, run.prompt.begin() + end},
                              .first_position = at,
                              .pages = Pages(decoder, page_size, run.prompt.size()),
                              .num_rows = num_rows}});
    Status status = decoder.Run(built.step(), built.result);
    if (status.ok()) status = AppendLogits(decoder, 0, num_rows, logits);
    EXPECT_TRUE(status.ok()) << status.message();
  }
  return logits;
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST_P(DecoderTest, LogitsAreTheReferencesHoweverTheWorkIsCut) {
  struct Cut {
    int32_t page_size, chunk, num_threads;
  };
  constexpr Cut kCuts[] = {{64, 512, 1}, {64, 37, 1}, {64, 1, 1},   {16, 512, 1}, {16, 37, 1},
                           {16, 1, 1},   {64, 37, 2}, {16, 512, 2}, {16, 1, 2}};
  for (const DType compute : {DType::kFloat32, DType::kBFloat16}) {
    std::vector<std::vector<float>> first;
    for (const Cut& cut : kCuts) {
      // Sizes of pages change nothing that a sanitizer would see.
      if (::qwenjet::testing::kSanitized && cut.page_size == 64 && cut.num_threads == 1 &&
          !first.empty()) {
        continue;
      }
      SCOPED_TRACE(::testing::Message()
                   << NameOf(compute) << ", pages of " << cut.page_size << ", chunks of "
                   << cut.chunk << ", " << cut.num_threads << " threads");
      const auto decoder = Open(compute, cut.page_size, cut.num_threads);
      ASSERT_NE(decoder, nullptr);
      for (size_t r = 0; r < model_.runs.size(); ++r) {
        const TinyRun& run = model_.runs[r];
        // Token by token, two threads would meet thousands of times in a long prompt.
        const bool is_long = run.prompt.size() > 7;
        if ((cut.num_threads == 2 || ::qwenjet::testing::kSanitized) && cut.chunk == 1 && is_long) {
          continue;
        }
        const auto logits = PromptLogits(*decoder, run, cut.page_size, cut.chunk);
        const double error = run.RelativeError(logits);
        EXPECT_TRUE(error <= run.Limit(compute)) << run.name << ": " << error;
        if (first.size() == r) first.push_back(logits);
        if (FewTokensDiffer(compute) && cut.chunk <= 4) continue;
        EXPECT_TRUE(SameBits(logits, first[r])) << run.name;
      }
    }
  }
}

TEST_P(DecoderTest, GreedyTokensAreTheReferences) {
  const auto decoder = Open(DType::kFloat32, 16, 1);
  ASSERT_NE(decoder, nullptr);
  for (const TinyRun& run : model_.runs) {
    std::vector<int32_t> tokens = run.prompt;
    int32_t position = 0;
    const auto pages = Pages(*decoder, 16, run.prompt.size() + run.generated.size());
    for (size_t i = 0; i < run.generated.size(); ++i) {
      const StepBuilder built(
          decoder->config(),
          {{.tokens = tokens, .first_position = position, .pages = pages, .num_rows = 1}});
      const Status status = decoder->Run(built.step(), built.result);
      ASSERT_TRUE(status.ok()) << status.message();
      // A choice this narrow may go either way, and everything after it with it.
      if (!(run.margin[i] >= 1e-3f)) break;
      ASSERT_EQ(built.result.candidate_ids[0], run.generated[i]) << run.name << ", token " << i;
      position += static_cast<int32_t>(tokens.size());
      tokens = {run.generated[i]};
    }
  }
}

TEST_P(DecoderTest, ASequenceIsTheSameInAnyCompany) {
  for (const DType compute : {DType::kFloat32, DType::kBFloat16}) {
    const auto alone = Open(compute, 16, 1);
    const auto together = Open(compute, 16, 2);
    ASSERT_NE(alone, nullptr);
    ASSERT_NE(together, nullptr);
    // All prompts at once, then the last one again beside a single token of each other.
    std::vector<StepPart> prompts, mixed;
    for (size_t r = 0; r < model_.runs.size(); ++r) {
      const TinyRun& run = model_.runs[r];
      const auto pages = Pages(*together, 16, run.prompt.size() + 1, static_cast<int32_t>(r) * 16);
      prompts.push_back({.tokens = run.prompt, .pages = pages, .num_rows = run.num_rows});
      mixed.push_back({.tokens = {run.generated[0]},
                       .first_position = static_cast<int32_t>(run.prompt.size()),
                       .pages = pages,
                       .num_rows = 1});
    }
    mixed.back() = prompts.back();
    for (const auto& parts : {prompts, mixed}) {
      const StepBuilder batch(together->config(), parts);
      Status status = together->Run(batch.step(), batch.result);
      ASSERT_TRUE(status.ok()) << status.message();
      int32_t row = 0;
      for (size_t r = 0; r < parts.size(); ++r) {
        std::vector<float> in_company, lonely;
        ASSERT_TRUE(AppendLogits(*together, row, row + parts[r].num_rows, in_company).ok());
        row += parts[r].num_rows;
        const StepBuilder single(alone->config(), {parts[r]});
        status = alone->Run(single.step(), single.result);
        ASSERT_TRUE(status.ok()) << status.message();
        ASSERT_TRUE(AppendLogits(*alone, 0, parts[r].num_rows, lonely).ok());
        if (FewTokensDiffer(compute) && parts[r].tokens.size() <= 4) continue;
        EXPECT_TRUE(SameBits(in_company, lonely)) << NameOf(compute) << ", sequence " << r;
      }
    }
  }
}

TEST_P(DecoderTest, PagesThatNoWindowReachesMayBeFreed) {
  constexpr int32_t kPageSize = 16, kWindow = 20, kSinks = 4;
  const TinyRun& run = model_.runs.back();
  const auto length = static_cast<int32_t>(run.prompt.size());
  const auto kept = Open(DType::kFloat32, kPageSize, 1);
  const auto freed = Open(DType::kFloat32, kPageSize, 1);
  ASSERT_NE(kept, nullptr);
  ASSERT_NE(freed, nullptr);
  const auto all_pages = Pages(*kept, kPageSize, run.prompt.size());
  std::vector<int32_t> table, unused = {3, 2, 1, 0};
  for (int32_t at = 0; at < length; at += kPageSize) {
    const int32_t end = std::min(at + kPageSize, length);
    StepPart part = {.tokens = {run.prompt.begin() + at, run.prompt.begin() + end},
                     .first_position = at,
                     .pages = all_pages,
                     .num_rows = 1,
                     .window = kWindow,
                     .sinks = kSinks};
    const StepBuilder whole(kept->config(), {part});
    ASSERT_TRUE(kept->Run(whole.step(), whole.result).ok());
    // Four pages serve the whole prompt: the sinks', the window's, and the one being written.
    for (size_t i = 1; i < table.size(); ++i) {
      const auto page_end = static_cast<int32_t>(i + 1) * kPageSize;
      if (table[i] < 0 || page_end > at + 1 - kWindow) continue;
      unused.push_back(table[i]);
      table[i] = -1;
    }
    ASSERT_FALSE(unused.empty());
    table.push_back(unused.back());
    unused.pop_back();
    part.pages = table;
    const StepBuilder windowed(freed->config(), {part});
    const Status status = freed->Run(windowed.step(), windowed.result);
    ASSERT_TRUE(status.ok()) << status.message();
    std::vector<float> expected, actual;
    ASSERT_TRUE(AppendLogits(*kept, 0, 1, expected).ok());
    ASSERT_TRUE(AppendLogits(*freed, 0, 1, actual).ok());
    EXPECT_TRUE(SameBits(actual, expected)) << "tokens from " << at;
  }
  EXPECT_GT(std::count(table.begin(), table.end(), -1), 3);
}

std::string CaseName(const ::testing::TestParamInfo<DecoderTest::ParamType>& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param).name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    TinyModels, DecoderTest,
    ::testing::Combine(::testing::ValuesIn(::qwenjet::testing::TinyModelNames()),
                       ::testing::ValuesIn(::qwenjet::testing::TestBackends())),
    CaseName);

}  // namespace
}  // namespace qwenjet::model
