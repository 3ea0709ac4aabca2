// SPDX-License-Identifier: Apache-2.0
// Operator rope_kv_write: from the output of the fused q, k, v projection to rotated queries and
// filled cache pages, in one pass.
//
// Formula:  for token t at position p of sequence s, head h, with x = q or k of that head:
//             x = rms_norm(x; norm weight, eps)                       (if norm weights are given)
//             c_j = cos(p * inv_freq[j]) * A, s_j = sin(p * inv_freq[j]) * A,  j < rotary_dim / 2
//             x'_j = x_j c_j - x_{j + r} s_j;  x'_{j + r} = x_{j + r} c_j + x_j s_j,  r =
//             rotary_dim / 2
//           q' goes to q_out; k' and v go to slot p of the sequence's pages, into a pool of int8
//           as codes: for x = k' or v of a head, scale = max|x| / 127, code_j = x_j / scale
//           rounded to nearest even.
// Source:   Su et al., arXiv 2104.09864 in the halves convention; spec Qwen3 dense, sections 3, 4.
//           Oracle: the composition of the rms_norm oracle, rotation and a plain cache.
// Tensors:  qkv        float32 [T, (num_q_heads + 2 num_kv_heads) * head_dim]
//           q_norm, k_norm  float32 [head_dim], both or neither
//           inv_freq   per sequence: float32 [rotary_dim / 2], and the attention factor A
//           q_out      float32 or bf16 [T, num_q_heads * head_dim]
//           pool       pages of this layer, bf16, float32 or int8 (layout/kv_page.h)
// Aliasing: none.
// Ranges:   rotary_dim even, 0 <= rotary_dim <= head_dim (0: no rotation); positions < 2^24. int8:
//           a vector with a NaN or an infinity gets the scale NaN and codes 0; one whose scale is
//           below 2^-126 the scale 0 and codes 0.
// Rounding: float32 throughout; angles are float32 products as in the reference, cos and sin of
//           them are accurate to 1e-7; one rounding at each bf16 output. The scale and the
//           quotients x / scale are rounded to float32.
// Determinism: bitwise, independent of the other tokens. When an even slot of a bf16 pool is
//           written its odd neighbour's value is zeroed, so that a reader of pairs never meets
//           unset memory.
// Errors:   kInvalidArgument for shapes, a table that ends before kv_len or a freed page (-1)
//           inside the positions to be written.
// Cost:     reads 4 T (Hq + 2 Hkv) D bytes, writes T (Hq + 2 Hkv) D elements; int8: and 8 T Hkv
//           bytes of scales.
#pragma once

#include "layout/kv_page.h"
#include "layout/step_batch.h"
#include "layout/tensor_view.h"
#include "ops/backend.h"

namespace qwenjet::ops {

struct RopeKvWriteArgs {
  layout::ConstMatrix qkv;
  int32_t num_q_heads = 0;
  const float* q_norm = nullptr;
  const float* k_norm = nullptr;
  float eps = 0.0f;
  int32_t rotary_dim = 0;
  const float* const* inv_freq = nullptr;   // [num_sequences] pointers to [rotary_dim / 2]
  const float* attention_factor = nullptr;  // [num_sequences]
  layout::SequenceBatch batch;
  layout::Matrix q_out;
  layout::KvPool pool;
};

Status RopeKvWrite(Backend& backend, const RopeKvWriteArgs& args);

}  // namespace qwenjet::ops
