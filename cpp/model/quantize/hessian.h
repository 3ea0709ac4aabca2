// SPDX-License-Identifier: Apache-2.0
// quantize: the second moments H = sum_t x_t x_t^T of a matrix's inputs, all that the search for
// scales and the compensation of errors know of the calibration text. For an error D of weights
// W [N, K] the sum over tokens of |D x_t|^2 is trace(D H D^T).
#pragma once

#include <vector>

#include "layout/tensor_view.h"
#include "model/quantize/rounding.h"
#include "ops/backend.h"

namespace qwenjet::model::quantize {

class Hessian {
 public:
  explicit Hessian(int64_t k) : h_(k, k) {}

  // Adds the rows of x: bf16 [T, K]. Products are exact, sums are float32 within a call and over
  // calls. kOutOfHostMemory when memory runs out.
  Status Add(ops::Backend& backend, const layout::ConstMatrix& x);

  // Both triangles, once everything is added.
  void Mirror();
  const FloatMatrix& matrix() const { return h_; }
  int64_t num_tokens() const { return num_tokens_; }

  // The diagonal divided by its mean, raised by a thousandth so that a column which the text never
  // excites still counts: the weights of errors in the search for scales. Ones where there is
  // nothing but zeros.
  std::vector<float> Importance() const;

 private:
  FloatMatrix h_;
  int64_t num_tokens_ = 0;
};

}  // namespace qwenjet::model::quantize
