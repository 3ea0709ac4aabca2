// SPDX-License-Identifier: Apache-2.0
// Oracle of rope_kv_write (tests and benchmarks only): the rms_norm oracle on every head, then the
// rotation, then a plain cache of one row a token.
#pragma once

#include "testing/compare.h"

namespace qwenjet::ops {

struct RopeToken {
  int64_t position = 0;
  const std::vector<float>* inv_freq = nullptr;  // [rotary_dim / 2]
  double attention_factor = 1;
};

struct RopeRefInput {
  testing::Dense qkv;  // [T, (Hq + 2 Hkv) head_dim]
  int64_t num_q_heads = 0;
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;
  int64_t rotary_dim = 0;
  const std::vector<double>* q_norm = nullptr;  // both or neither
  const std::vector<double>* k_norm = nullptr;
  double eps = 0;
  std::vector<RopeToken> tokens;
};

struct RopeRefResult {
  testing::Expected q;  // [T, Hq head_dim]; magnitude: what RopeBound is relative to
  testing::Expected k;  // [T, Hkv head_dim]
  testing::Expected v;  // [T, Hkv head_dim]
};

RopeRefResult RopeKvWriteRef(const RopeRefInput& input);

// c of the Bound class, relative to (|x_j| + |x_{j + r}|) A: the norm's own bound; cos and sin off
// by 1e-7 (1.7 units); their product with A, the product with x and the sum, one each.
double RopeBound(const RopeRefInput& input);

}  // namespace qwenjet::ops
