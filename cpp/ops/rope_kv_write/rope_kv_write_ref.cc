// SPDX-License-Identifier: Apache-2.0
#include "ops/rope_kv_write/rope_kv_write_ref.h"

#include <cmath>

#include "ops/rms_norm/rms_norm_ref.h"

namespace qwenjet::ops {
namespace {

// One head of one token, columns [begin, begin + head_dim) of qkv, to columns `out` of the result.
void RotateHead(const RopeRefInput& in, int64_t t, int64_t begin, const std::vector<double>* norm,
                testing::Expected& result, int64_t out) {
  testing::Dense x(1, in.head_dim);
  for (int64_t i = 0; i < in.head_dim; ++i) x(0, i) = in.qkv(t, begin + i);
  std::vector<double> absolute(static_cast<size_t>(in.head_dim), 0.0);
  if (norm != nullptr) {
    const RmsNormRefResult normed = RmsNormRef(x, nullptr, *norm, in.eps);
    x.values = normed.y.value;
    absolute = normed.y.absolute;
  }
  const RopeToken& token = in.tokens[static_cast<size_t>(t)];
  const int64_t half = in.rotary_dim / 2;
  for (int64_t i = 0; i < in.head_dim; ++i) {
    const size_t at = result.At(static_cast<size_t>(t), static_cast<size_t>(out + i));
    result.value[at] = x(0, i);
    result.magnitude[at] = std::fabs(x(0, i));
    result.absolute[at] = absolute[static_cast<size_t>(i)];
    if (i >= in.rotary_dim) continue;
    const int64_t j = i % half, other = i < half ? i + half : i - half;
    // The contract's angle is a float32 product.
    const float frequency = (*token.inv_freq)[static_cast<size_t>(j)];
    const float angle = static_cast<float>(token.position) * frequency;
    const double c = std::cos(static_cast<double>(angle)) * token.attention_factor;
    const double s = std::sin(static_cast<double>(angle)) * token.attention_factor;
    result.value[at] = x(0, i) * c + (i < half ? -x(0, other) * s : x(0, other) * s);
    result.magnitude[at] =
        (std::fabs(x(0, i)) + std::fabs(x(0, other))) * std::fabs(token.attention_factor);
    result.absolute[at] =
        (absolute[static_cast<size_t>(i)] + absolute[static_cast<size_t>(other)] + 0x1p-148) *
        (1 + std::fabs(token.attention_factor));
  }
}

}  // namespace

RopeRefResult RopeKvWriteRef(const RopeRefInput& in) {
  const int64_t num_tokens = in.qkv.rows, d = in.head_dim;
  const auto rows = testing::AllOf(num_tokens);
  const auto kv_cols = testing::AllOf(in.num_kv_heads * d);
  RopeRefResult result{testing::Expected(rows, testing::AllOf(in.num_q_heads * d)),
                       testing::Expected(rows, kv_cols), testing::Expected(rows, kv_cols)};
  for (int64_t t = 0; t < num_tokens; ++t) {
    for (int64_t h = 0; h < in.num_q_heads; ++h)
      RotateHead(in, t, h * d, in.q_norm, result.q, h * d);
    for (int64_t h = 0; h < in.num_kv_heads; ++h) {
      RotateHead(in, t, (in.num_q_heads + h) * d, in.k_norm, result.k, h * d);
      for (int64_t i = 0; i < d; ++i) {
        result.v.value[result.v.At(static_cast<size_t>(t), static_cast<size_t>(h * d + i))] =
            in.qkv(t, (in.num_q_heads + in.num_kv_heads + h) * d + i);
      }
    }
  }
  return result;
}

double RopeBound(const RopeRefInput& input) {
  return (input.q_norm == nullptr ? 0 : RmsNormBound(input.head_dim)) + 1.7 + 3;
}

}  // namespace qwenjet::ops
