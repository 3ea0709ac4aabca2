// SPDX-License-Identifier: Apache-2.0
// testing: shows that a test can fail. A passing comparison is repeated with one element changed by
// twice its tolerance and with one element a NaN; both must be rejected, at that element.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "testing/compare.h"

namespace qwenjet::testing {

// Compares, then mutates. `actual` is as it was on return.
inline ::testing::AssertionResult MatchesAndCanFail(const layout::Matrix& actual,
                                                    const Expected& expected,
                                                    const Tolerance& tolerance) {
  const Comparison comparison = Compare(actual, expected, tolerance);
  if (!comparison.ok) return ::testing::AssertionFailure() << comparison.message;
  if (expected.value.empty()) return ::testing::AssertionSuccess();

  // An element in the middle, or the next one that is finite.
  size_t at = expected.value.size() / 2;
  for (size_t i = 0; i < expected.value.size() && !std::isfinite(expected.value[at]); ++i) {
    at = (at + 1) % expected.value.size();
  }
  const int64_t row = expected.rows[at / expected.cols.size()];
  const int64_t col = expected.cols[at % expected.cols.size()];
  const double original = ElementOf(actual, row, col);
  const double target = RoundTo(actual.dtype, expected.value[at]);
  if (std::isfinite(target)) {
    const double allowed = AllowedErrors(actual.dtype, expected, tolerance)[at];
    if (!std::isfinite(allowed)) {
      return ::testing::AssertionFailure() << "the tolerance is infinite: nothing could fail";
    }
    const double reference =
        tolerance.kind() == Tolerance::Kind::kExact ? target : expected.value[at];
    // Of what the mutated element will be, which may be mostly tolerance: a step must change it.
    const double step = 2 * UnitRoundoff(actual.dtype) * (std::fabs(target) + 2 * allowed) +
                        2 * SmallestHalfStep(actual.dtype);
    double mutated = target;
    for (double change = std::fmax(2 * allowed, step);
         mutated == target || mutated == original ||
         !(std::fabs(mutated - reference) >= 2 * allowed);
         change += step) {
      mutated = RoundTo(actual.dtype, reference + std::copysign(change, target));
    }
    SetElement(actual, row, col, mutated);
    const Comparison changed = Compare(actual, expected, tolerance);
    SetElement(actual, row, col, original);
    if (changed.ok || changed.worst_row != row || changed.worst_col != col) {
      return ::testing::AssertionFailure()
             << "mutation of [" << row << ", " << col << "] from " << original << " to " << mutated
             << " was not caught: " << changed.message;
    }
    SetElement(actual, row, col, NAN);
    const Comparison poisoned = Compare(actual, expected, tolerance);
    SetElement(actual, row, col, original);
    if (poisoned.ok) return ::testing::AssertionFailure() << "a NaN was not caught";
  }
  return ::testing::AssertionSuccess();
}

inline ::testing::AssertionResult SameBits(const layout::ConstMatrix& actual,
                                           const layout::ConstMatrix& expected) {
  const Comparison comparison = CompareBits(actual, expected);
  if (!comparison.ok) return ::testing::AssertionFailure() << comparison.message;
  return ::testing::AssertionSuccess();
}

}  // namespace qwenjet::testing
