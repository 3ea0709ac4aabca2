// SPDX-License-Identifier: Apache-2.0
#include "model/rope_cache.h"

namespace qwenjet::model {

void RopeCache::StartStep() {
  // A table is 256 bytes and takes microseconds; the bound only stops growth over many requests.
  constexpr size_t kMostTables = 4096;
  if (tables_.size() > kMostTables) tables_.clear();
}

StepRope RopeCache::For(int32_t rope, const int32_t* rope_len, int32_t num_sequences) {
  StepRope step;
  if (rope == kNoRope) return step;
  const RopeConfig& description = config_.ropes[static_cast<size_t>(rope)];
  const bool by_length = DependsOnLength(description);
  for (int32_t s = 0; s < num_sequences; ++s) {
    const int64_t length = by_length ? rope_len[s] : 0;
    auto found = tables_.find({rope, length});
    if (found == tables_.end()) {
      found = tables_
                  .emplace(std::pair{rope, length},
                           ComputeRope(description, config_.head_dim,
                                       config_.max_position_embeddings, length))
                  .first;
    }
    step.inv_freq.push_back(found->second.inv_freq.data());
    step.attention_factor.push_back(found->second.attention_factor);
    step.rotary_dim = 2 * static_cast<int32_t>(found->second.inv_freq.size());
  }
  return step;
}

}  // namespace qwenjet::model
