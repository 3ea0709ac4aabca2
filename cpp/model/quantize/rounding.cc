// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/rounding.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/bf16.h"
#include "base/check.h"

namespace qwenjet::model::quantize {
namespace {

constexpr int64_t kRowsPerTask = 16;

// Shares of a group's range that the search tries. Four bits gain from cutting outliers; eight have
// levels enough, and only ends of the range are worth a try.
constexpr float kNarrowest4 = 0.5f, kNarrowest8 = 0.9f;
constexpr int kSteps4 = 20, kSteps8 = 6;

// Eight sums side by side, which the compiler keeps in registers and adds in one order always.
constexpr size_t kLanes = 8;

float WeightedError(std::span<const float> w, std::span<const float> importance,
                    const GroupScale& group, float max_code) {
  float sums[kLanes] = {};
  const size_t whole = w.size() / kLanes * kLanes;
  // A product instead of CodeOf's division may decide a tie otherwise, which costs the same.
  const float inverse = 1.0f / group.scale;
  const auto term = [&](size_t i) {
    const float error = ValueOf(NearestCode(w[i] * inverse + group.zero, max_code), group) - w[i];
    return importance[i] * error * error;
  };
  for (size_t i = 0; i < whole; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += term(i + lane);
  }
  for (size_t i = whole; i < w.size(); ++i) sums[i - whole] += term(i);
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

GroupScale ScaleOf(float low, float high, const Scheme& scheme) {
  const float span = scheme.asymmetric ? high - low : 2 * std::max(-low, high);
  const float scale = RoundScale(scheme.scale_encoding, span / scheme.MaxCode());
  // A scale that the number format cannot hold stands for a group of nothing.
  if (!(scale > 0.0f) || !std::isfinite(scale)) {
    return {1.0f, scheme.asymmetric ? 0.0f : scheme.SymmetricZero()};
  }
  if (!scheme.asymmetric) return {scale, scheme.SymmetricZero()};
  return {scale, std::clamp(std::nearbyint(-low / scale), 0.0f, scheme.MaxCode())};
}

struct Range {
  float low = 0;  // zero is always inside
  float high = 0;
};

Range RangeOf(std::span<const float> w) {
  Range range;
  for (const float x : w) {
    range.low = std::min(range.low, x);
    range.high = std::max(range.high, x);
  }
  return range;
}

int64_t NumTasks(int64_t rows) { return (rows + kRowsPerTask - 1) / kRowsPerTask; }

}  // namespace

float RoundScale(format::TensorEncoding encoding, float x) {
  switch (encoding) {
    case format::TensorEncoding::kBF16:
      return ToFloat(ToBFloat16(x));
    case format::TensorEncoding::kF16:
      return HalfToFloat(FloatToHalf(x));
    default:
      return x;
  }
}

GroupScale RangeScale(std::span<const float> w, const Scheme& scheme) {
  const Range range = RangeOf(w);
  return ScaleOf(range.low, range.high, scheme);
}

GroupScale SearchScale(std::span<const float> w, std::span<const float> importance,
                       const Scheme& scheme) {
  QJ_DCHECK(w.size() == importance.size());
  const Range range = RangeOf(w);
  if (range.low == 0.0f && range.high == 0.0f) return ScaleOf(0, 0, scheme);
  const int steps = scheme.bits == 4 ? kSteps4 : kSteps8;
  const float narrowest = scheme.bits == 4 ? kNarrowest4 : kNarrowest8;
  // Beyond the range too: the largest code of a symmetric group is one short of its zero.
  const float widest = scheme.asymmetric ? 1.0f : scheme.MaxCode() / (scheme.MaxCode() - 1.0f);
  GroupScale best;
  float least = std::numeric_limits<float>::infinity();
  for (int step = 0; step <= steps; ++step) {
    const float share =
        widest + (narrowest - widest) * static_cast<float>(step) / static_cast<float>(steps);
    const GroupScale group = ScaleOf(range.low * share, range.high * share, scheme);
    const float error = WeightedError(w, importance, group, scheme.MaxCode());
    if (error < least) {
      least = error;
      best = group;
    }
  }
  return std::isfinite(least) ? best : ScaleOf(range.low, range.high, scheme);
}

Codes ChooseScales(const FloatMatrix& w, std::span<const float> importance, const Scheme& scheme,
                   ScaleChoice choice, ThreadPool& threads) {
  const int64_t group_size = scheme.GroupSize(w.cols);
  Codes result;
  result.n = w.rows;
  result.k = w.cols;
  result.num_groups = group_size == 0 ? 0 : (w.cols + group_size - 1) / group_size;
  result.codes.resize(w.values.size());
  result.groups.resize(static_cast<size_t>(w.rows * result.num_groups));
  threads.Parallel(NumTasks(w.rows), [&](int64_t task, int) {
    const int64_t end = std::min(w.rows, (task + 1) * kRowsPerTask);
    for (int64_t row = task * kRowsPerTask; row < end; ++row) {
      for (int64_t group = 0; group < result.num_groups; ++group) {
        const int64_t begin = group * group_size;
        const auto count = static_cast<size_t>(std::min(group_size, w.cols - begin));
        const std::span<const float> values(w.Row(row) + begin, count);
        result.groups[static_cast<size_t>(row * result.num_groups + group)] =
            choice == ScaleChoice::kRange
                ? RangeScale(values, scheme)
                : SearchScale(values, importance.subspan(static_cast<size_t>(begin), count),
                              scheme);
      }
    }
  });
  return result;
}

void RoundToNearest(const FloatMatrix& w, const Scheme& scheme, Codes& codes, ThreadPool& threads) {
  const int64_t group_size = scheme.GroupSize(w.cols);
  threads.Parallel(NumTasks(w.rows), [&](int64_t task, int) {
    const int64_t end = std::min(w.rows, (task + 1) * kRowsPerTask);
    for (int64_t row = task * kRowsPerTask; row < end; ++row) {
      uint8_t* out = codes.codes.data() + row * w.cols;
      for (int64_t col = 0; col < w.cols; ++col) {
        out[col] = static_cast<uint8_t>(
            CodeOf(w.Row(row)[col], codes.GroupOf(row, col, group_size), scheme.MaxCode()));
      }
    }
  });
}

void Dequantize(const Codes& codes, const Scheme& scheme, FloatMatrix& w, ThreadPool& threads) {
  const int64_t group_size = scheme.GroupSize(w.cols);
  threads.Parallel(NumTasks(w.rows), [&](int64_t task, int) {
    const int64_t end = std::min(w.rows, (task + 1) * kRowsPerTask);
    for (int64_t row = task * kRowsPerTask; row < end; ++row) {
      const uint8_t* in = codes.codes.data() + row * w.cols;
      for (int64_t col = 0; col < w.cols; ++col) {
        w.Row(row)[col] = ValueOf(static_cast<float>(in[col]), codes.GroupOf(row, col, group_size));
      }
    }
  });
}

}  // namespace qwenjet::model::quantize
