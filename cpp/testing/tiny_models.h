// SPDX-License-Identifier: Apache-2.0
// testing: the tiny checkpoints of this tree and what the reference implementation computes on
// them, and how close to it counts as equal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/dtype.h"

namespace qwenjet::testing {

// One prompt: the logits of its last num_rows positions and the greedy continuation.
struct TinyRun {
  std::string name;
  std::vector<int32_t> prompt;
  std::vector<float> logits;  // [num_rows][vocab_size], float32 arithmetic
  int32_t num_rows = 0;
  std::vector<int32_t> generated;
  std::vector<float> margin;          // between the best and the second logit of each
  double reference_bf16_rel_err = 0;  // what bfloat16 costs the reference itself

  // The largest relative error, ||actual - logits|| / ||logits||, that counts as equal.
  double Limit(DType compute) const;
  double RelativeError(const std::vector<float>& actual) const;
};

struct TinyModel {
  std::string name;
  std::string folder;
  std::vector<TinyRun> runs;  // empty where the files cannot be read
};

// Names that are also valid as names of tests, once '-' is replaced.
std::vector<std::string> TinyModelNames();
std::string TinyModelFolder(const std::string& name);
TinyModel ReadTinyModel(const std::string& name);

}  // namespace qwenjet::testing
