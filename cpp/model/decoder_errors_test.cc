// SPDX-License-Identifier: Apache-2.0
// What a decoder refuses, that it stays usable afterwards, how it is cancelled, and that it gives
// back what it took.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <thread>

#include "model/decoder.h"
#include "testing/backend_fixture.h"
#include "testing/checkpoint_builder.h"
#include "testing/sanitized.h"
#include "testing/step_builder.h"
#include "testing/tiny_models.h"

namespace qwenjet::model {
namespace {

using ::qwenjet::testing::AppendLogits;
using ::qwenjet::testing::IsRefused;
using ::qwenjet::testing::StepBuilder;
using ::qwenjet::testing::StepPart;
using ::qwenjet::testing::TinyModelFolder;

constexpr int32_t kPageSize = 16;
constexpr int32_t kNumPages = 16;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

DecoderOptions Options() {
  return {.compute = DType::kFloat32,
          .isa = BestIsa(),
          .num_threads = 2,
          .page_size = kPageSize,
          .num_pages = kNumPages,
          .max_step_tokens = 128,
          .max_step_sequences = 2,
          .max_logit_rows = 4};
}

std::unique_ptr<format::Checkpoint> OpenCheckpoint(const std::string& folder) {
  auto opened = format::Checkpoint::Open(folder);
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  return opened.ok() ? std::move(*opened) : nullptr;
}

std::unique_ptr<Decoder> OpenDecoder(const std::string& folder, const DecoderOptions& options) {
  const auto checkpoint = OpenCheckpoint(folder);
  if (checkpoint == nullptr) return nullptr;
  auto decoder = Decoder::Open(*checkpoint, options, nullptr);
  EXPECT_TRUE(decoder.ok()) << decoder.status().message();
  return decoder.ok() ? std::move(*decoder) : nullptr;
}

std::vector<StepPart> TwoSequences() {
  return {{.tokens = {3, 4, 5}, .pages = {7}, .num_rows = 2},
          {.tokens = {6, 7}, .pages = {9, 2}, .num_rows = 1}};
}

// The raw logits of a step that is right in everything.
std::vector<float> GoodStep(Decoder& decoder) {
  const StepBuilder built(decoder.config(), TwoSequences());
  const Status status = decoder.Run(built.step(), built.result);
  EXPECT_TRUE(status.ok()) << status.message();
  std::vector<float> logits;
  EXPECT_TRUE(!status.ok() || AppendLogits(decoder, 0, 3, logits).ok());
  return logits;
}

struct BadStep {
  const char* what;
  const char* got;  // appears in the message
  std::function<void(StepBuilder&, Step&)> spoil;
};

std::vector<BadStep> BadSteps() {
  static const layout::LogitChange kOutside = {.token = 256};
  static const layout::LogitChange kNoPenalty = {.token = 1, .repetition = 0.0f};
  static const int32_t kProbeOutside = -1;
  return {
      {"no tokens", "0", [](auto&, Step& s) { s.batch.num_tokens = 0; }},
      {"more tokens than a step takes", "129", [](auto&, Step& s) { s.batch.num_tokens = 129; }},
      {"no sequences", "0", [](auto&, Step& s) { s.batch.num_sequences = 0; }},
      {"more sequences than a step takes", "3", [](auto&, Step& s) { s.batch.num_sequences = 3; }},
      {"a negative number of rows", "-1", [](auto&, Step& s) { s.num_rows = -1; }},
      {"more rows than a step takes", "5", [](auto&, Step& s) { s.num_rows = 5; }},
      {"no window group", "0", [](auto&, Step& s) { s.num_window_groups = 0; }},
      {"more groups than layers", "3", [](auto&, Step& s) { s.num_window_groups = 3; }},
      {"negative valid tokens", "-1", [](auto&, Step& s) { s.num_valid_tokens = -1; }},
      {"more valid tokens than ids", "257", [](auto&, Step& s) { s.num_valid_tokens = 257; }},
      {"null token_ids", "null", [](auto&, Step& s) { s.token_ids = nullptr; }},
      {"null rope_len", "null", [](auto&, Step& s) { s.rope_len = nullptr; }},
      {"null layer_group", "null", [](auto&, Step& s) { s.layer_group = nullptr; }},
      {"null window_len", "null", [](auto&, Step& s) { s.window_len = nullptr; }},
      {"null sink_len", "null", [](auto&, Step& s) { s.sink_len = nullptr; }},
      {"null rows", "null", [](auto&, Step& s) { s.rows = nullptr; }},
      {"null query_start", "null", [](auto&, Step& s) { s.batch.query_start = nullptr; }},
      {"null kv_len", "null", [](auto&, Step& s) { s.batch.kv_len = nullptr; }},
      {"null table starts", "null", [](auto&, Step& s) { s.batch.block_table_start = nullptr; }},
      {"null tables", "null", [](auto&, Step& s) { s.batch.block_tables = nullptr; }},
      {"a group outside", "2", [](StepBuilder& b, Step&) { b.layer_group[1] = 2; }},
      {"a negative group", "-1", [](StepBuilder& b, Step&) { b.layer_group[0] = -1; }},
      {"queries that do not begin at 0", "1", [](StepBuilder& b, Step&) { b.query_start[0] = 1; }},
      {"queries that end elsewhere", "4", [](StepBuilder& b, Step&) { b.query_start[2] = 4; }},
      {"queries that run backwards", "-1", [](StepBuilder& b, Step&) { b.query_start[1] = -1; }},
      {"fewer keys than queries", "2", [](StepBuilder& b, Step&) { b.kv_len[0] = 2; }},
      {"a table too short", "1", [](StepBuilder& b, Step&) { b.kv_len[0] = 17; }},
      {"a table that starts below 0", "expected",
       [](StepBuilder& b, Step&) { b.table_start[0] = -1; }},
      {"a page outside the pool", "16", [](StepBuilder& b, Step&) { b.tables[0] = kNumPages; }},
      {"a page below -1", "-2", [](StepBuilder& b, Step&) { b.tables[0] = -2; }},
      {"a freed page to write", "freed", [](StepBuilder& b, Step&) { b.tables[0] = -1; }},
      {"a freed page to read", "freed",
       [](StepBuilder& b, Step&) { b.kv_len[1] = 18, b.tables[1] = -1; }},
      {"a token outside the ids", "256", [](StepBuilder& b, Step&) { b.token_ids[4] = 256; }},
      {"a negative token", "-1", [](StepBuilder& b, Step&) { b.token_ids[0] = -1; }},
      {"an empty window", "0", [](StepBuilder& b, Step&) { b.window_len[5] = 0; }},
      {"negative sinks", "-1", [](StepBuilder& b, Step&) { b.sink_len[3] = -1; }},
      {"a row of no token", "5", [](StepBuilder& b, Step&) { b.rows[2].token_index = 5; }},
      {"temperature 0", "0", [](StepBuilder& b, Step&) { b.rows[0].temperature = 0; }},
      {"temperature not a number", "nan",
       [](StepBuilder& b, Step&) { b.rows[0].temperature = kNan; }},
      {"too many candidates", "1025",
       [](StepBuilder& b, Step&) { b.rows[1].num_candidates = 1025; }},
      {"too many raw logits", "21", [](StepBuilder& b, Step&) { b.rows[1].num_raw_top = 21; }},
      {"changes that run backwards", "-1",
       [](StepBuilder& b, Step&) { b.rows[0].changes_end = -1; }},
      {"null changes", "null", [](StepBuilder& b, Step&) { b.rows[0].changes_end = 1; }},
      {"null probes", "null", [](StepBuilder& b, Step&) { b.rows[0].probes_end = 1; }},
      {"null masks", "null", [](StepBuilder& b, Step&) { b.rows[0].mask_begin = 0; }},
      {"a mask below -1", "-2", [](StepBuilder& b, Step&) { b.rows[0].mask_begin = -2; }},
      {"a change of no token", "256",
       [](StepBuilder& b, Step& s) { b.rows[0].changes_end = 1, s.changes = &kOutside; }},
      {"a repetition penalty of 0", "0",
       [](StepBuilder& b, Step& s) { b.rows[0].changes_end = 1, s.changes = &kNoPenalty; }},
      {"a probe of no token", "-1",
       [](StepBuilder& b, Step& s) { b.rows[0].probes_end = 1, s.probes = &kProbeOutside; }},
  };
}

TEST(DecoderErrorsTest, BadStepsAreRefusedAndLeaveTheModelAsItWas) {
  DecoderOptions options = Options();
  options.num_threads = 1;
  const auto decoder = OpenDecoder(TinyModelFolder("qwen3-dense"), options);
  ASSERT_NE(decoder, nullptr);
  const std::vector<float> good = GoodStep(*decoder);
  ASSERT_EQ(good.size(), 3u * 256u);
  for (const BadStep& bad : BadSteps()) {
    SCOPED_TRACE(bad.what);
    StepBuilder built(decoder->config(), TwoSequences());
    Step step = built.step();
    bad.spoil(built, step);
    EXPECT_TRUE(IsRefused(decoder->Run(step, built.result), bad.got));
    EXPECT_EQ(GoodStep(*decoder), good);
  }
}

TEST(DecoderErrorsTest, BadOptionsAreRefused) {
  const auto checkpoint = OpenCheckpoint(TinyModelFolder("qwen3-dense"));
  ASSERT_NE(checkpoint, nullptr);
  struct Case {
    const char* got;
    std::function<void(DecoderOptions&)> spoil;
  };
  const Case cases[] = {
      {"0", [](DecoderOptions& o) { o.num_threads = 0; }},
      {"1025", [](DecoderOptions& o) { o.num_threads = 1025; }},
      {"8", [](DecoderOptions& o) { o.page_size = 8; }},
      {"24", [](DecoderOptions& o) { o.page_size = 24; }},
      {"2048", [](DecoderOptions& o) { o.page_size = 2048; }},
      {"-1", [](DecoderOptions& o) { o.num_pages = -1; }},
      {"0", [](DecoderOptions& o) { o.max_step_tokens = 0; }},
      {"0", [](DecoderOptions& o) { o.max_step_sequences = 0; }},
      {"0", [](DecoderOptions& o) { o.max_logit_rows = 0; }},
  };
  for (const Case& c : cases) {
    DecoderOptions options = Options();
    c.spoil(options);
    EXPECT_TRUE(IsRefused(Decoder::Plan(*checkpoint, options).status(), c.got));
    EXPECT_TRUE(IsRefused(Decoder::Open(*checkpoint, options, nullptr).status(), c.got));
  }
  for (int32_t i = 0; i < kNumIsas; ++i) {
    DecoderOptions options = Options();
    options.isa = static_cast<Isa>(i);
    if (IsaSupported(options.isa)) continue;
    const Status status = Decoder::Open(*checkpoint, options, nullptr).status();
    EXPECT_EQ(status.code(), StatusCode::kUnsupported);
    EXPECT_NE(status.message().find(IsaName(options.isa)), std::string::npos) << status.message();
  }
}

TEST(DecoderErrorsTest, RowsTokensAndPagesOutsideAreRefused) {
  const auto decoder = OpenDecoder(TinyModelFolder("qwen3-dense"), Options());
  ASSERT_NE(decoder, nullptr);
  std::vector<float> out(256);
  EXPECT_TRUE(IsRefused(decoder->LogitRow(0, false, out.data(), 256), "0"));
  EXPECT_TRUE(IsRefused(decoder->Hidden(0, out.data(), 64), "0"));
  GoodStep(*decoder);
  EXPECT_TRUE(IsRefused(decoder->LogitRow(3, false, out.data(), 256), "3"));
  EXPECT_TRUE(IsRefused(decoder->LogitRow(-1, true, out.data(), 256), "-1"));
  EXPECT_TRUE(IsRefused(decoder->LogitRow(0, true, out.data(), 255), "255"));
  EXPECT_TRUE(IsRefused(decoder->Hidden(5, out.data(), 64), "5"));
  EXPECT_TRUE(IsRefused(decoder->Hidden(0, out.data(), 63), "63"));
  EXPECT_TRUE(IsRefused(decoder->CopyPage(0, kNumPages), "16"));
  EXPECT_TRUE(IsRefused(decoder->CopyPage(-1, 0), "-1"));
  EXPECT_TRUE(decoder->CopyPage(7, 7).ok());
}

TEST(DecoderErrorsTest, ACopiedPageServesAnotherSequence) {
  const auto decoder = OpenDecoder(TinyModelFolder("qwen3-dense"), Options());
  ASSERT_NE(decoder, nullptr);
  const StepBuilder prompt(decoder->config(), {{.tokens = {3, 4, 5, 6}, .pages = {7}}});
  ASSERT_TRUE(decoder->Run(prompt.step(), prompt.result).ok());
  ASSERT_TRUE(decoder->CopyPage(7, 1).ok());
  std::vector<float> original, copied;
  for (auto [page, logits] : {std::pair{7, &original}, {1, &copied}}) {
    const StepBuilder next(decoder->config(),
                           {{.tokens = {8}, .first_position = 4, .pages = {page}, .num_rows = 1}});
    ASSERT_TRUE(decoder->Run(next.step(), next.result).ok());
    ASSERT_TRUE(AppendLogits(*decoder, 0, 1, *logits).ok());
  }
  EXPECT_EQ(original, copied);
}

TEST(DecoderErrorsTest, ACancelledStepAndEveryLaterOneSaySo) {
  const auto decoder = OpenDecoder(TinyModelFolder("qwen3-dense"), Options());
  ASSERT_NE(decoder, nullptr);
  std::atomic<int> num_steps{0};
  Status last;
  std::thread owner([&] {
    const StepBuilder built(decoder->config(), TwoSequences());
    do {
      last = decoder->Run(built.step(), built.result);
      num_steps.fetch_add(1);
    } while (last.ok());
  });
  while (num_steps.load() < 3) std::this_thread::yield();
  decoder->Cancel();
  owner.join();
  EXPECT_EQ(last.code(), StatusCode::kCancelled) << last.message();
  const StepBuilder built(decoder->config(), TwoSequences());
  EXPECT_EQ(decoder->Run(built.step(), built.result).code(), StatusCode::kCancelled);
}

TEST(DecoderErrorsTest, ACancelledLoadEnds) {
  const auto checkpoint = OpenCheckpoint(TinyModelFolder("qwen3-dense"));
  ASSERT_NE(checkpoint, nullptr);
  Progress progress;
  progress.cancelled.store(true);
  EXPECT_EQ(Decoder::Open(*checkpoint, Options(), &progress).status().code(),
            StatusCode::kCancelled);
  progress.cancelled.store(false);
  EXPECT_TRUE(Decoder::Open(*checkpoint, Options(), &progress).ok());
  EXPECT_GT(progress.total_bytes.load(), 0);
  EXPECT_EQ(progress.done_bytes.load(), progress.total_bytes.load());
}

// The file is whole when its header is read and is cut before its weights are.
TEST(DecoderErrorsTest, AFileThatShrinksWhileLoadingIsAnError) {
  const testing::TemporaryFolder folder;
  std::filesystem::copy(TinyModelFolder("qwen3-dense"), folder.path());
  const std::string weights = folder.path("model.safetensors");
  const auto size = std::filesystem::file_size(weights);
  for (const auto left : {size - 1, size / 2, uintmax_t{0}}) {
    std::filesystem::copy_file(TinyModelFolder("qwen3-dense") + "/model.safetensors", weights,
                               std::filesystem::copy_options::overwrite_existing);
    const auto checkpoint = OpenCheckpoint(folder.path());
    ASSERT_NE(checkpoint, nullptr);
    std::filesystem::resize_file(weights, left);
    const Status status = Decoder::Open(*checkpoint, Options(), nullptr).status();
    EXPECT_EQ(status.code(), StatusCode::kCorruptModel) << status.message();
    EXPECT_NE(status.message().find("model.safetensors"), std::string::npos) << status.message();
  }
}

int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

TEST(DecoderErrorsTest, OpeningAndClosingKeepsNoMemory) {
  // A model that is not given back would hold its 200 kB of weights and its pages: 25 MB in all.
  // A sanitizer keeps freed memory on purpose, and looks for leaks by itself.
  constexpr int kRounds = testing::kSanitized ? 5 : 50;
  constexpr int64_t kMayGrow =
      testing::kSanitized ? std::numeric_limits<int64_t>::max() : int64_t{2} << 20;
  DecoderOptions options = Options();
  options.num_pages = 64;
  int64_t settled = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto decoder = OpenDecoder(TinyModelFolder("qwen3-dense"), options);
    ASSERT_NE(decoder, nullptr);
    GoodStep(*decoder);
    if (round == 4) settled = ResidentBytes();
  }
  EXPECT_LE(ResidentBytes() - settled, kMayGrow);
}

}  // namespace
}  // namespace qwenjet::model
