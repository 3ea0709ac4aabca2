// SPDX-License-Identifier: Apache-2.0
// testing: how far an output may be from its oracle. Four classes and no other number: Exact,
// Bound, Baseline and Quant. Every element is looked at, the worst is reported with both values,
// and a NaN or infinity that the oracle does not have fails before anything else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "layout/tensor_view.h"
#include "testing/dense.h"

namespace qwenjet::testing {

// What an oracle says about the elements [rows x cols] of an output (all, or a sample).
struct Expected {
  std::vector<int64_t> rows;
  std::vector<int64_t> cols;
  std::vector<double> value;      // [rows.size()][cols.size()]
  std::vector<double> magnitude;  // sum |a||b| of the element: what its rounding errors scale with
  std::vector<double> absolute;   // further allowance, for what a contract lets a path drop

  Expected(std::vector<int64_t> row_list, std::vector<int64_t> col_list);
  size_t At(size_t row_idx, size_t col_idx) const { return row_idx * cols.size() + col_idx; }
};

class Tolerance {
 public:
  // Copies, gathers, integers, conversions: equal to the oracle rounded once, in every bit (any
  // NaN equals any NaN).
  static Tolerance Exact() { return {Kind::kExact, 0, {}}; }
  // |error| <= c * 2^-24 * magnitude + one rounding to the output's format + absolute.
  static Tolerance Bound(double c) { return {Kind::kBound, c, {}}; }
  // Attention, softmax, fused: the largest and the root-mean-square error, each element's measured
  // in units of magnitude + |value|, are at most twice those of `plain`, a straightforward
  // implementation at the same precision (which counts as having one rounding at least).
  static Tolerance Baseline(const layout::ConstMatrix& plain) {
    return {Kind::kBaseline, 0, plain};
  }
  // Quantised weights: the oracle computes with the dequantised ones, so Bound applies.
  static Tolerance Quant(double c) { return {Kind::kQuant, c, {}}; }

  enum class Kind { kExact, kBound, kBaseline, kQuant };
  Kind kind() const { return kind_; }
  double c() const { return c_; }
  const layout::ConstMatrix& plain() const { return plain_; }

 private:
  Tolerance(Kind kind, double c, const layout::ConstMatrix& plain)
      : kind_(kind), c_(c), plain_(plain) {}
  Kind kind_;
  double c_;
  layout::ConstMatrix plain_;
};

struct Comparison {
  bool ok = true;
  int64_t num_wrong = 0;
  int64_t num_compared = 0;
  int64_t worst_row = -1;  // coordinates in the output
  int64_t worst_col = -1;
  double actual = 0;
  double expected = 0;
  double allowed = 0;
  std::string message;  // empty if ok
};

// The error that each element may have, in the order of expected.value. All zero for Exact.
std::vector<double> AllowedErrors(DType dtype, const Expected& expected,
                                  const Tolerance& tolerance);

Comparison Compare(const layout::ConstMatrix& actual, const Expected& expected,
                   const Tolerance& tolerance);

// The same bits in every element; names the first difference otherwise.
Comparison CompareBits(const layout::ConstMatrix& actual, const layout::ConstMatrix& expected);

}  // namespace qwenjet::testing
