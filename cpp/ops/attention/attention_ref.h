// SPDX-License-Identifier: Apache-2.0
// Oracle of attention (tests and benchmarks only), and the plain implementation of the same
// precision that the Baseline class measures against. Both know sequences of plain rows, no pages;
// of an int8 pool's rows, codes times scales.
#pragma once

#include "testing/compare.h"

namespace qwenjet::ops {

struct AttentionRefSequence {
  testing::Dense q;  // [queries, Hq head_dim], the last positions of the sequence
  testing::Dense k;  // [kv_len, Hkv head_dim]
  testing::Dense v;
  std::vector<int64_t> window_len;  // [queries]
  int64_t sink_len = 0;
};

struct AttentionRefInput {
  std::vector<AttentionRefSequence> sequences;
  int64_t num_q_heads = 0;
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;
  bool causal = true;
  double scale = 1;
  testing::Dense rel;  // no rows: none
  int64_t rel_row_of_zero = 0;
  // Queries in bf16 on a pool of int8: the contract rounds the weights of a block of 64 keys to
  // multiples of a 32767th of the largest, which AttentionRef allows for.
  bool has_weight_codes = false;

  bool Visible(int64_t position, int64_t key, int64_t window_len, int64_t sink_len) const;
};

// magnitude = sqrt(sum_j (p_j v_j)^2): what independent errors of the probabilities add up to.
testing::Expected AttentionRef(const AttentionRefInput& input);

// Two passes over the keys in float32; probabilities rounded to bf16 before the product with V if
// q_dtype is bf16; result rounded to out.dtype. out is [T, Hq head_dim].
void AttentionPlain(const AttentionRefInput& input, DType q_dtype, const layout::Matrix& out);

}  // namespace qwenjet::ops
