// SPDX-License-Identifier: Apache-2.0
#include "testing/compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

namespace qwenjet::testing {
namespace {

const char* NameOf(Tolerance::Kind kind) {
  switch (kind) {
    case Tolerance::Kind::kExact:
      return "Exact";
    case Tolerance::Kind::kBound:
      return "Bound";
    case Tolerance::Kind::kBaseline:
      return "Baseline";
    case Tolerance::Kind::kQuant:
      return "Quant";
  }
  return "?";
}

// NaN agrees with NaN and an infinity with the same infinity; any other pair with one of them
// does not.
bool SameKind(double actual, double expected) {
  if (std::isnan(expected) || std::isnan(actual)) return std::isnan(expected) && std::isnan(actual);
  if (std::isinf(expected) || std::isinf(actual)) return actual == expected;
  return true;
}

struct ErrorSize {
  double largest = 0;
  double root_mean_square = 0;
};

// Errors in units of magnitude + |value|, as far as they exceed what the contract lets a path drop
// if that is allowed; non-finite expectations are judged by SameKind alone.
ErrorSize NormalisedError(const layout::ConstMatrix& actual, const Expected& expected,
                          bool may_drop) {
  ErrorSize size;
  double squares = 0;
  int64_t count = 0;
  for (size_t i = 0; i < expected.rows.size(); ++i) {
    for (size_t j = 0; j < expected.cols.size(); ++j) {
      const size_t at = expected.At(i, j);
      const double value = expected.value[at];
      const double unit = expected.magnitude[at] + std::fabs(value);
      if (!std::isfinite(value) || !(unit > 0)) continue;
      const double dropped = may_drop ? expected.absolute[at] : 0.0;
      const double distance =
          std::fabs(ElementOf(actual, expected.rows[i], expected.cols[j]) - value);
      const double error = std::fdim(distance, dropped) / unit;
      size.largest = std::max(size.largest, error);
      squares += error * error;
      ++count;
    }
  }
  if (count > 0) size.root_mean_square = std::sqrt(squares / static_cast<double>(count));
  return size;
}

void Describe(const char* what, const Tolerance& tolerance, Comparison& result) {
  std::ostringstream text;
  text.precision(9);
  text << NameOf(tolerance.kind()) << ": " << what << " at [" << result.worst_row << ", "
       << result.worst_col << "]: got " << result.actual << ", expected " << result.expected
       << ", error " << std::fabs(result.actual - result.expected) << ", allowed " << result.allowed
       << "; " << result.num_wrong << " of " << result.num_compared << " elements are wrong";
  result.message = text.str();
}

}  // namespace

Expected::Expected(std::vector<int64_t> row_list, std::vector<int64_t> col_list)
    : rows(std::move(row_list)), cols(std::move(col_list)) {
  const size_t count = rows.size() * cols.size();
  value.resize(count);
  magnitude.resize(count);
  absolute.resize(count);
}

std::vector<double> AllowedErrors(DType dtype, const Expected& expected,
                                  const Tolerance& tolerance) {
  std::vector<double> allowed(expected.value.size(), 0.0);
  if (tolerance.kind() == Tolerance::Kind::kExact) return allowed;
  const double u_out = UnitRoundoff(dtype);
  double share = 0;  // Baseline: of magnitude + |value|
  if (tolerance.kind() == Tolerance::Kind::kBaseline) {
    share = 2 * std::max(NormalisedError(tolerance.plain(), expected, false).largest, u_out);
  }
  for (size_t i = 0; i < allowed.size(); ++i) {
    const double size = std::fabs(expected.value[i]);
    double error = tolerance.kind() == Tolerance::Kind::kBaseline
                       ? share * (expected.magnitude[i] + size)
                       : tolerance.c() * UnitRoundoff(DType::kFloat32) * expected.magnitude[i];
    error += expected.absolute[i];
    // One rounding to the output's format, of a value that is off by `error` already. Baseline's
    // plain result was rounded as well.
    if (tolerance.kind() != Tolerance::Kind::kBaseline) error += u_out * (size + error);
    allowed[i] = error + SmallestHalfStep(dtype);
  }
  return allowed;
}

Comparison Compare(const layout::ConstMatrix& actual, const Expected& expected,
                   const Tolerance& tolerance) {
  Comparison result;
  const std::vector<double> allowed = AllowedErrors(actual.dtype, expected, tolerance);
  const bool exact = tolerance.kind() == Tolerance::Kind::kExact;
  double worst = -1;
  bool kind_differs = false;
  for (size_t i = 0; i < expected.rows.size(); ++i) {
    for (size_t j = 0; j < expected.cols.size(); ++j) {
      const size_t at = expected.At(i, j);
      const double got = ElementOf(actual, expected.rows[i], expected.cols[j]);
      const double want = exact ? RoundTo(actual.dtype, expected.value[at]) : expected.value[at];
      ++result.num_compared;
      // A finite value past the format's range may round to infinity.
      const bool kind_ok =
          SameKind(got, want) || (!exact && SameKind(got, RoundTo(actual.dtype, want)));
      const bool value_ok =
          exact ? (got == want && std::signbit(got) == std::signbit(want)) || std::isnan(want)
                : std::fabs(got - want) <= allowed[at] || !std::isfinite(got);
      if (kind_ok && value_ok) continue;
      ++result.num_wrong;
      result.ok = false;
      // Not-a-number first, then the error that exceeds its allowance most.
      double excess = std::fabs(got - want) / std::max(allowed[at], 0x1p-160);
      if (!(excess >= 0)) excess = INFINITY;
      if (kind_differs && kind_ok) continue;
      if ((!kind_ok && !kind_differs) || excess > worst) {
        worst = excess;
        result.worst_row = expected.rows[i];
        result.worst_col = expected.cols[j];
        result.actual = got;
        result.expected = want;
        result.allowed = allowed[at];
      }
      kind_differs = kind_differs || !kind_ok;
    }
  }
  if (!result.ok) {
    Describe(kind_differs ? "NaN or infinity differs" : "worst", tolerance, result);
  } else if (tolerance.kind() == Tolerance::Kind::kBaseline) {
    const double got = NormalisedError(actual, expected, true).root_mean_square;
    const double plain = NormalisedError(tolerance.plain(), expected, false).root_mean_square;
    const double limit = 2 * std::max(plain, UnitRoundoff(actual.dtype));
    if (!(got <= limit)) {
      std::ostringstream text;
      text << "Baseline: root-mean-square error: got " << got << ", expected at most " << limit;
      result.ok = false;
      result.message = text.str();
    }
  }
  return result;
}

Comparison CompareBits(const layout::ConstMatrix& actual, const layout::ConstMatrix& expected) {
  Comparison result;
  if (actual.dtype != expected.dtype || actual.rows != expected.rows ||
      actual.cols != expected.cols) {
    result.ok = false;
    result.message = "CompareBits: the matrices differ in type or shape";
    return result;
  }
  const size_t element = SizeOf(actual.dtype);
  for (int64_t row = 0; row < actual.rows; ++row) {
    for (int64_t col = 0; col < actual.cols; ++col) {
      const int64_t at = col * static_cast<int64_t>(element);
      ++result.num_compared;
      if (std::memcmp(actual.Row(row) + at, expected.Row(row) + at, element) == 0) continue;
      if (result.num_wrong++ > 0) continue;
      result.ok = false;
      result.worst_row = row;
      result.worst_col = col;
      result.actual = ElementOf(actual, row, col);
      result.expected = ElementOf(expected, row, col);
    }
  }
  if (!result.ok) Describe("first different bits", Tolerance::Exact(), result);
  return result;
}

}  // namespace qwenjet::testing
