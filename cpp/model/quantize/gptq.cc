// SPDX-License-Identifier: Apache-2.0
// Both the factor and the rounding go by blocks of 128 columns: what earlier blocks contribute is
// one product through the operator linear, and only the block's own triangle is worked off column
// by column.
#include "model/quantize/gptq.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "model/quantize/tiling.h"
#include "ops/linear/linear.h"

namespace qwenjet::model::quantize {
namespace {

constexpr int64_t kBlock = 128;
constexpr int64_t kRowsPerTask = 16;

bool IsSet(const std::atomic<bool>* cancelled) {
  return cancelled != nullptr && cancelled->load(std::memory_order_relaxed);
}

Status Cancelled() { return Error(StatusCode::kCancelled, "quantising was cancelled"); }

int64_t NumTasks(int64_t rows) { return (rows + kRowsPerTask - 1) / kRowsPerTask; }

// Four sums side by side: one alone would wait for each addition.
double Dot(const float* a, const float* b, int64_t count) {
  constexpr int64_t kLanes = 4;
  double sums[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += static_cast<double>(a[i + lane]) * static_cast<double>(b[i + lane]);
    }
  }
  for (; i < count; ++i) sums[0] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// Element (row, col) of the factor, once those to the right of it are known.
void SolveElement(FloatMatrix& r, int64_t row, int64_t col, int64_t block_end) {
  const double rest = static_cast<double>(r.Row(row)[col]) -
                      Dot(r.Row(row) + col + 1, r.Row(col) + col + 1, block_end - col - 1);
  r.Row(row)[col] = static_cast<float>(rest / static_cast<double>(r.Row(col)[col]));
}

// The triangle of rows and columns [begin, end); false where a pivot is not positive.
bool FactorTriangle(FloatMatrix& r, int64_t begin, int64_t end) {
  for (int64_t col = end - 1; col >= begin; --col) {
    const float* right = r.Row(col) + col + 1;
    const double pivot = static_cast<double>(r.Row(col)[col]) - Dot(right, right, end - col - 1);
    if (!(pivot > 0) || !std::isfinite(pivot)) return false;
    r.Row(col)[col] = static_cast<float>(std::sqrt(pivot));
    for (int64_t row = begin; row < col; ++row) SolveElement(r, row, col, end);
  }
  return true;
}

// r, symmetric, becomes upper triangular R with r = R R^T (the lower triangle is left as it was).
// From the last block to the first: every block takes the product of what stands right of it.
Result<bool> Factor(ops::Backend& backend, FloatMatrix& r, const std::atomic<bool>* cancelled) {
  const int64_t k = r.cols;
  TileBuffer tiles;
  std::vector<float> product(static_cast<size_t>(k * kBlock));
  for (int64_t end = k; end > 0;) {
    if (IsSet(cancelled)) return Cancelled();
    const int64_t begin = (end - 1) / kBlock * kBlock, width = end - begin, rest = k - end;
    if (rest > 0) {
      QJ_RETURN_IF_ERROR(tiles.FillFloat(r.Row(begin) + end, width, rest, k, 1, backend.threads()));
      QJ_RETURN_IF_ERROR(
          ops::Linear(backend, {.x = {r.values.data() + end, DType::kFloat32, end, rest, k},
                                .w = tiles.tiled(),
                                .bias = nullptr,
                                .y = {product.data(), DType::kFloat32, end, width, width}}));
      for (int64_t row = 0; row < end; ++row) {
        for (int64_t col = 0; col < width; ++col) {
          r.Row(row)[begin + col] -= product[static_cast<size_t>(row * width + col)];
        }
      }
    }
    if (!FactorTriangle(r, begin, end)) return false;
    backend.threads().Parallel(NumTasks(begin), [&](int64_t task, int) {
      const int64_t last = std::min(begin, (task + 1) * kRowsPerTask);
      for (int64_t row = task * kRowsPerTask; row < last; ++row) {
        for (int64_t col = end - 1; col >= begin; --col) SolveElement(r, row, col, end);
      }
    });
    end = begin;
  }
  return true;
}

// R with each column divided by its diagonal, which becomes zero with all below.
void MakeStrictlyUpper(FloatMatrix& r) {
  std::vector<float> inverse(static_cast<size_t>(r.cols));
  for (int64_t i = 0; i < r.cols; ++i) inverse[static_cast<size_t>(i)] = 1.0f / r.Row(i)[i];
  for (int64_t row = 0; row < r.rows; ++row) {
    std::fill_n(r.Row(row), row + 1, 0.0f);
    for (int64_t col = row + 1; col < r.cols; ++col) {
      r.Row(row)[col] *= inverse[static_cast<size_t>(col)];
    }
  }
}

}  // namespace

Result<Feedback> ComputeFeedback(ops::Backend& backend, const FloatMatrix& h,
                                 std::span<const float> scaling,
                                 const std::atomic<bool>* cancelled) {
  const int64_t k = h.cols;
  const auto scaled = [&](int64_t i, int64_t j) {
    const float value = h.Row(i)[j];
    return scaling.empty()
               ? value
               : value / (scaling[static_cast<size_t>(i)] * scaling[static_cast<size_t>(j)]);
  };
  std::vector<float> diagonal(static_cast<size_t>(k));
  for (int64_t i = 0; i < k; ++i) diagonal[static_cast<size_t>(i)] = scaled(i, i);
  double mean = std::accumulate(diagonal.begin(), diagonal.end(), 0.0) / static_cast<double>(k);
  if (!(mean > 0) || !std::isfinite(mean)) mean = 1.0;

  Feedback feedback;
  feedback.order.resize(static_cast<size_t>(k));
  std::iota(feedback.order.begin(), feedback.order.end(), 0);
  std::stable_sort(feedback.order.begin(), feedback.order.end(), [&](int32_t a, int32_t b) {
    return diagonal[static_cast<size_t>(a)] > diagonal[static_cast<size_t>(b)];
  });
  feedback.matrix = FloatMatrix(k, k);
  for (feedback.damping = 0.01; feedback.damping <= 1.0; feedback.damping *= 10) {
    backend.threads().Parallel(k, [&](int64_t row, int) {
      const int32_t from = feedback.order[static_cast<size_t>(row)];
      float* out = feedback.matrix.Row(row);
      for (int64_t col = 0; col < k; ++col) {
        out[col] = scaled(from, feedback.order[static_cast<size_t>(col)]);
      }
      out[row] += static_cast<float>(feedback.damping * mean);
    });
    QJ_ASSIGN_OR_RETURN(const bool positive, Factor(backend, feedback.matrix, cancelled));
    if (positive) {
      MakeStrictlyUpper(feedback.matrix);
      return feedback;
    }
  }
  return Error(StatusCode::kInternal, "quantize: expected positive second moments, got ",
               "a pivot below zero with a damping of 100 %");
}

Status RoundWithFeedback(ops::Backend& backend, const FloatMatrix& w, const Feedback& feedback,
                         const Scheme& scheme, Codes& codes, const std::atomic<bool>* cancelled) {
  const int64_t n = w.rows, k = w.cols, group_size = scheme.GroupSize(k);
  // In processing order: weights still to come, and errors of those that are done.
  FloatMatrix work(n, k);
  backend.threads().Parallel(n, [&](int64_t row, int) {
    for (int64_t p = 0; p < k; ++p) {
      work.Row(row)[p] = w.Row(row)[feedback.order[static_cast<size_t>(p)]];
    }
  });
  TileBuffer tiles;
  std::vector<float> wanted(static_cast<size_t>(n * kBlock));
  for (int64_t begin = 0; begin < k; begin += kBlock) {
    if (IsSet(cancelled)) return Cancelled();
    const int64_t width = std::min(kBlock, k - begin);
    if (begin > 0) {
      QJ_RETURN_IF_ERROR(tiles.FillFloat(feedback.matrix.values.data() + begin, width, begin, 1, k,
                                         backend.threads()));
      QJ_RETURN_IF_ERROR(
          ops::Linear(backend, {.x = {work.values.data(), DType::kFloat32, n, begin, k},
                                .w = tiles.tiled(),
                                .bias = nullptr,
                                .y = {wanted.data(), DType::kFloat32, n, width, width}}));
    } else {
      std::fill(wanted.begin(), wanted.end(), 0.0f);
    }
    backend.threads().Parallel(NumTasks(n), [&](int64_t task, int) {
      const int64_t last = std::min(n, (task + 1) * kRowsPerTask);
      for (int64_t row = task * kRowsPerTask; row < last; ++row) {
        float* t = wanted.data() + row * width;
        float* own = work.Row(row) + begin;
        for (int64_t i = 0; i < width; ++i) {
          const int64_t col = feedback.order[static_cast<size_t>(begin + i)];
          const GroupScale& group = codes.GroupOf(row, col, group_size);
          const float code = CodeOf(own[i] + t[i], group, scheme.MaxCode());
          codes.codes[static_cast<size_t>(row * k + col)] = static_cast<uint8_t>(code);
          const float error = own[i] - ValueOf(code, group);
          own[i] = error;
          const float* a = feedback.matrix.Row(begin + i) + begin;
          for (int64_t j = i + 1; j < width; ++j) t[j] += error * a[j];
        }
      }
    });
  }
  return OkStatus();
}

}  // namespace qwenjet::model::quantize
