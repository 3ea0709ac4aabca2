// SPDX-License-Identifier: Apache-2.0
// logits_topk: one sparse change of a logit, in the order of spec sampling, section 2.
#pragma once

#include "layout/logit_rows.h"

namespace qwenjet::ops {

inline float ApplyChange(const layout::LogitChange& change, float logit) {
  logit += change.bias;
  if (change.repetition != 1.0f) {
    logit = logit > 0.0f ? logit / change.repetition : logit * change.repetition;
  }
  return logit - change.subtract;
}

}  // namespace qwenjet::ops
