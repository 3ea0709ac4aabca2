// SPDX-License-Identifier: Apache-2.0
// model: rope tables by description and, for the types that depend on it, by length.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "model/config.h"
#include "model/rope.h"

namespace qwenjet::model {

// Frequencies of every sequence of a step, as the rope operator takes them.
struct StepRope {
  std::vector<const float*> inv_freq;   // [num_sequences]
  std::vector<float> attention_factor;  // [num_sequences]
  int32_t rotary_dim = 0;
};

class RopeCache {
 public:
  explicit RopeCache(const ModelConfig& config) : config_(config) {}

  // Tables of description `rope` for sequences with the given lengths. Pointers stay valid until
  // the next step's first call (StartStep).
  StepRope For(int32_t rope, const int32_t* rope_len, int32_t num_sequences);
  // Drops tables of lengths that have not been asked for lately.
  void StartStep();

 private:
  const ModelConfig& config_;
  std::map<std::pair<int32_t, int64_t>, RopeTable> tables_;
};

}  // namespace qwenjet::model
