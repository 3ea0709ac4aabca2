// SPDX-License-Identifier: Apache-2.0
// testing: steps of a decoder from lists of tokens and pages, with room for their results. The
// arrays are open, so that tests can spoil them.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "model/decoder.h"

namespace qwenjet::testing {

// What one sequence brings to a step: tokens at first_position on.
struct StepPart {
  std::vector<int32_t> tokens;
  int32_t first_position = 0;
  std::vector<int32_t> pages;
  int32_t num_rows = 0;  // logits of its last num_rows tokens are wanted
  int32_t window = 0;    // > 0: instead of the model's own windows
  int32_t sinks = 0;
};

class StepBuilder {
 public:
  // Every layer is a window group of its own: the model's window policy.
  StepBuilder(const model::ModelConfig& config, const std::vector<StepPart>& parts) {
    num_groups = static_cast<int32_t>(config.num_layers);
    layer_group.resize(static_cast<size_t>(num_groups));
    std::iota(layer_group.begin(), layer_group.end(), 0);
    for (const StepPart& part : parts) AddPart(part);
    for (const int32_t own : config.layer_window) {
      for (const StepPart& part : parts) {
        window_len.insert(window_len.end(), part.tokens.size(),
                          part.window > 0 ? part.window : own);
        sink_len.push_back(part.sinks);
      }
    }
    const size_t n = rows.size();
    constexpr size_t kCandidates = layout::kMaxCandidates, kRawTop = layout::kMaxRawTop;
    floats.resize(n * (2 + 2 * kCandidates + kRawTop));
    ints.resize(n * (1 + kCandidates + kRawTop));
    result.lse_raw = floats.data();
    result.lse_processed = result.lse_raw + n;
    result.candidate_raw = result.lse_processed + n;
    result.candidate_processed = result.candidate_raw + n * kCandidates;
    result.raw_top_logits = result.candidate_processed + n * kCandidates;
    result.num_candidates = ints.data();
    result.candidate_ids = result.num_candidates + n;
    result.raw_top_ids = result.candidate_ids + n * kCandidates;
  }

  model::Step step() const {
    return {.batch = {.num_tokens = static_cast<int32_t>(token_ids.size()),
                      .num_sequences = static_cast<int32_t>(kv_len.size()),
                      .query_start = query_start.data(),
                      .kv_len = kv_len.data(),
                      .block_table_start = table_start.data(),
                      .block_tables = tables.data()},
            .num_window_groups = num_groups,
            .num_rows = static_cast<int32_t>(rows.size()),
            .num_valid_tokens = 0,
            .token_ids = token_ids.data(),
            .rope_len = rope_len.data(),
            .layer_group = layer_group.data(),
            .window_len = window_len.data(),
            .sink_len = sink_len.data(),
            .rows = rows.data(),
            .changes = nullptr,
            .probes = nullptr,
            .masks = nullptr};
  }

  int32_t num_groups = 0;
  std::vector<int32_t> token_ids, query_start = {0}, kv_len, table_start = {0}, tables, rope_len;
  std::vector<int32_t> layer_group, window_len, sink_len;
  std::vector<layout::LogitRow> rows;
  layout::LogitResult result;

 private:
  void AddPart(const StepPart& part) {
    const auto begin = static_cast<int32_t>(token_ids.size());
    const auto count = static_cast<int32_t>(part.tokens.size());
    token_ids.insert(token_ids.end(), part.tokens.begin(), part.tokens.end());
    query_start.push_back(begin + count);
    kv_len.push_back(part.first_position + count);
    tables.insert(tables.end(), part.pages.begin(), part.pages.end());
    table_start.push_back(static_cast<int32_t>(tables.size()));
    rope_len.push_back(4096);
    for (int32_t i = count - part.num_rows; i < count; ++i) {
      rows.push_back({.token_index = begin + i, .temperature = 1.0f, .num_candidates = 2});
    }
  }

  std::vector<float> floats;
  std::vector<int32_t> ints;
};

// Appends the raw logits of rows [begin, end) of the last step.
inline Status AppendLogits(const model::Decoder& decoder, int32_t begin, int32_t end,
                           std::vector<float>& logits) {
  const int64_t vocab_size = decoder.config().vocab_size;
  for (int32_t row = begin; row < end; ++row) {
    logits.resize(logits.size() + static_cast<size_t>(vocab_size));
    const Status status = decoder.LogitRow(
        row, false, logits.data() + logits.size() - static_cast<size_t>(vocab_size), vocab_size);
    if (!status.ok()) return status;
  }
  return OkStatus();
}

}  // namespace qwenjet::testing
