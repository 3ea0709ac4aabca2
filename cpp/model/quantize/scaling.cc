// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "model/quantize/tiling.h"
#include "ops/linear/linear.h"

namespace qwenjet::model::quantize {
namespace {

constexpr int64_t kSampledRows = 256;
constexpr int kNumRatios = 11;  // 0, 0.1, .. 1

// Evenly spaced rows of the weights, below each other.
FloatMatrix SampleRows(const std::vector<const FloatMatrix*>& weights) {
  std::vector<const float*> rows;
  for (const FloatMatrix* w : weights) {
    for (int64_t row = 0; row < w->rows; ++row) rows.push_back(w->Row(row));
  }
  const auto total = static_cast<int64_t>(rows.size());
  FloatMatrix sample(std::min(total, kSampledRows), weights.front()->cols);
  for (int64_t row = 0; row < sample.rows; ++row) {
    const float* from = rows[static_cast<size_t>(row * total / sample.rows)];
    std::copy(from, from + sample.cols, sample.Row(row));
  }
  return sample;
}

// Root mean squares of the inputs, the largest of each producer's columns.
std::vector<float> Magnitudes(const ScalingProblem& problem) {
  const FloatMatrix& h = problem.inputs->matrix();
  std::vector<float> magnitudes(static_cast<size_t>(problem.num_producers));
  for (int64_t col = 0; col < h.cols; ++col) {
    const auto producer = static_cast<size_t>(
        problem.producers.empty() ? col : problem.producers[static_cast<size_t>(col)]);
    magnitudes[producer] =
        std::max(magnitudes[producer], std::sqrt(std::max(0.0f, h.Row(col)[col])));
  }
  return magnitudes;
}

// magnitude^ratio, centred on 1.
std::vector<float> ScalesOf(const std::vector<float>& magnitudes, float ratio) {
  std::vector<float> scales(magnitudes.size(), 1.0f);
  float least = std::numeric_limits<float>::infinity(), largest = 0;
  for (size_t i = 0; i < scales.size(); ++i) {
    if (!(magnitudes[i] > 0)) continue;  // never excited: left as it is
    scales[i] = std::pow(magnitudes[i], ratio);
    least = std::min(least, scales[i]);
    largest = std::max(largest, scales[i]);
  }
  if (largest == 0) return scales;
  const float centre = std::sqrt(least * largest);
  for (size_t i = 0; i < scales.size(); ++i) {
    if (magnitudes[i] > 0) scales[i] = std::clamp(scales[i] / centre, 1e-3f, 1e3f);
  }
  return scales;
}

std::vector<float> Expand(const ScalingProblem& problem, const std::vector<float>& scales) {
  if (problem.producers.empty()) return scales;
  std::vector<float> columns(problem.producers.size());
  for (size_t col = 0; col < columns.size(); ++col) {
    columns[col] = scales[static_cast<size_t>(problem.producers[col])];
  }
  return columns;
}

}  // namespace

Result<std::vector<float>> SearchScaling(ops::Backend& backend, const ScalingProblem& problem,
                                         const Scheme& scheme) {
  const FloatMatrix sample = SampleRows(problem.weights);
  const int64_t rows = sample.rows, k = sample.cols;
  const FloatMatrix& h = problem.inputs->matrix();
  TileBuffer tiles;
  QJ_RETURN_IF_ERROR(tiles.FillFloat(h.values.data(), k, k, k, 1, backend.threads()));
  const std::vector<float> magnitudes = Magnitudes(problem);
  const std::vector<float> importance = problem.inputs->Importance();
  FloatMatrix product(rows, k);
  std::vector<float> best(static_cast<size_t>(problem.num_producers), 1.0f);
  double least = std::numeric_limits<double>::infinity();
  for (int step = 0; step < kNumRatios; ++step) {
    const std::vector<float> scales =
        ScalesOf(magnitudes, static_cast<float>(step) / (kNumRatios - 1));
    const std::vector<float> columns = Expand(problem, scales);
    FloatMatrix rounded = sample;
    ScaleColumns(rounded, columns);
    std::vector<float> weights = importance;
    for (size_t i = 0; i < weights.size(); ++i) weights[i] /= columns[i] * columns[i];
    Codes codes = ChooseScales(rounded, weights, scheme, ScaleChoice::kSearch, backend.threads());
    RoundToNearest(rounded, scheme, codes, backend.threads());
    Dequantize(codes, scheme, rounded, backend.threads());
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t col = 0; col < k; ++col) {
        rounded.Row(row)[col] =
            rounded.Row(row)[col] / columns[static_cast<size_t>(col)] - sample.Row(row)[col];
      }
    }
    QJ_RETURN_IF_ERROR(
        ops::Linear(backend, {.x = {rounded.values.data(), DType::kFloat32, rows, k, k},
                              .w = tiles.tiled(),
                              .bias = nullptr,
                              .y = {product.values.data(), DType::kFloat32, rows, k, k}}));
    double loss = 0;
    for (size_t i = 0; i < product.values.size(); ++i) {
      loss += static_cast<double>(rounded.values[i]) * static_cast<double>(product.values[i]);
    }
    if (loss < least) {
      least = loss;
      best = scales;
    }
  }
  return best;
}

void ScaleColumns(FloatMatrix& w, std::span<const float> scales) {
  for (int64_t row = 0; row < w.rows; ++row) {
    for (int64_t col = 0; col < w.cols; ++col) w.Row(row)[col] *= scales[static_cast<size_t>(col)];
  }
}

void DivideRows(FloatMatrix& w, std::span<const float> scales) {
  for (int64_t row = 0; row < w.rows; ++row) {
    const float scale = scales[static_cast<size_t>(row)];
    for (int64_t col = 0; col < w.cols; ++col) w.Row(row)[col] /= scale;
  }
}

void DivideNorm(std::vector<float>& norm, format::TensorEncoding encoding,
                std::vector<float>& scales) {
  for (size_t i = 0; i < norm.size(); ++i) {
    const float divided = RoundScale(encoding, norm[i] / scales[i]);
    const float exact = norm[i] / divided;
    // A weight of zero, or one that the number format cannot hold, stays as it is.
    if (divided == 0.0f || !std::isfinite(divided) || !std::isfinite(exact)) {
      scales[i] = 1.0f;
      continue;
    }
    norm[i] = divided;
    scales[i] = exact;
  }
}

}  // namespace qwenjet::model::quantize
