// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/quality.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "ops/linear/linear.h"
#include "ops/rms_norm/rms_norm.h"

namespace qwenjet::model::quantize {
namespace {

constexpr int64_t kRowsPerChunk = 64;

struct Row {
  int64_t token = 0;
  int32_t next = 0;
};

std::vector<Row> ScoredRows(const Sequences& sequences) {
  std::vector<Row> rows;
  int64_t begin = 0;
  for (const int32_t length : sequences.lengths) {
    for (int64_t token = begin; token + 1 < begin + length; ++token) {
      rows.push_back({token, sequences.token_ids[token + 1]});
    }
    begin += length;
  }
  return rows;
}

double LogSumExp(const float* logits, int64_t count, float largest) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(std::exp(logits[i] - largest));
  return static_cast<double>(largest) + std::log(sum);
}

}  // namespace

double Quality::Perplexity() const {
  return num_positions == 0 ? std::numeric_limits<double>::quiet_NaN()
                            : std::exp(nll / static_cast<double>(num_positions));
}

double Quality::MeanDivergence() const {
  return num_positions == 0 ? std::numeric_limits<double>::quiet_NaN()
                            : divergence / static_cast<double>(num_positions);
}

double Quality::Agreement() const {
  return num_positions == 0
             ? std::numeric_limits<double>::quiet_NaN()
             : static_cast<double>(num_agreeing) / static_cast<double>(num_positions);
}

void AddPosition(const std::vector<const float*>& rows, int64_t vocab_size, int32_t next,
                 Quality* qualities) {
  const float* original = rows[0];
  const float* best = std::max_element(original, original + vocab_size);
  // exp(logit - largest) of the original serves its own sum and every divergence.
  std::vector<float> weights(static_cast<size_t>(vocab_size));
  double sum = 0;
  for (int64_t i = 0; i < vocab_size; ++i) {
    weights[static_cast<size_t>(i)] = std::exp(original[i] - *best);
    sum += static_cast<double>(weights[static_cast<size_t>(i)]);
  }
  const double lse = static_cast<double>(*best) + std::log(sum);
  for (size_t m = 0; m < rows.size(); ++m) {
    const float* changed = rows[m];
    const float* best_changed = m == 0 ? best : std::max_element(changed, changed + vocab_size);
    const double lse_changed = m == 0 ? lse : LogSumExp(changed, vocab_size, *best_changed);
    Quality& quality = qualities[m];
    ++quality.num_positions;
    quality.nll += lse_changed - static_cast<double>(changed[next]);
    if (best - original == best_changed - changed) ++quality.num_agreeing;
    if (m == 0) continue;
    // sum p (log p - log q) = sum p (original - changed) - lse + lse_changed
    double divergence = 0;
    for (int64_t i = 0; i < vocab_size; ++i) {
      divergence += static_cast<double>(weights[static_cast<size_t>(i)]) *
                    (static_cast<double>(original[i]) - static_cast<double>(changed[i]));
    }
    quality.divergence += divergence / sum - lse + lse_changed;
  }
}

Result<std::vector<Quality>> Measure(ops::Backend& backend, const ModelConfig& config,
                                     const std::vector<float>& final_norm,
                                     const Sequences& sequences,
                                     const std::vector<HeadInput>& models,
                                     const std::function<Status()>& poll) {
  const std::vector<Row> rows = ScoredRows(sequences);
  const int64_t hidden = config.hidden_size, vocab = config.vocab_size;
  QJ_ASSIGN_OR_RETURN(const MemoryBlock normed, MemoryBlock::Create(kRowsPerChunk * hidden * 2));
  FloatMatrix selected(kRowsPerChunk, hidden);
  std::vector<FloatMatrix> logits(models.size(), FloatMatrix(kRowsPerChunk, vocab));
  std::vector<Quality> qualities(models.size());
  for (size_t first = 0; first < rows.size(); first += kRowsPerChunk) {
    QJ_RETURN_IF_ERROR(poll());
    const auto count = static_cast<int64_t>(
        std::min<size_t>(static_cast<size_t>(kRowsPerChunk), rows.size() - first));
    for (size_t m = 0; m < models.size(); ++m) {
      for (int64_t i = 0; i < count; ++i) {
        const float* from = models[m].residual->Row(rows[first + static_cast<size_t>(i)].token);
        std::copy(from, from + hidden, selected.Row(i));
      }
      const layout::Matrix x = {normed.data(), DType::kBFloat16, count, hidden, hidden};
      QJ_RETURN_IF_ERROR(ops::RmsNorm(
          backend, {.x = {selected.values.data(), DType::kFloat32, count, hidden, hidden},
                    .delta = {},
                    .weight = final_norm.data(),
                    .eps = static_cast<float>(config.rms_norm_eps),
                    .y = x}));
      QJ_RETURN_IF_ERROR(ops::Linear(
          backend, {.x = x,
                    .w = *models[m].head,
                    .bias = nullptr,
                    .y = {logits[m].values.data(), DType::kFloat32, count, vocab, vocab}}));
    }
    // Rows side by side, each into sums of its own; those are then added in order.
    std::vector<Quality> single(models.size() * static_cast<size_t>(count));
    backend.threads().Parallel(count, [&](int64_t i, int) {
      std::vector<const float*> of_models;
      for (const FloatMatrix& of_model : logits) of_models.push_back(of_model.Row(i));
      AddPosition(of_models, vocab, rows[first + static_cast<size_t>(i)].next,
                  single.data() + static_cast<size_t>(i) * models.size());
    });
    for (size_t at = 0; at < single.size(); ++at) {
      Quality& sum = qualities[at % models.size()];
      sum.num_positions += single[at].num_positions;
      sum.nll += single[at].nll;
      sum.divergence += single[at].divergence;
      sum.num_agreeing += single[at].num_agreeing;
    }
  }
  return qualities;
}

}  // namespace qwenjet::model::quantize
