// SPDX-License-Identifier: Apache-2.0
#include "ops/attention/attention_ref.h"

#include <algorithm>
#include <cmath>

namespace qwenjet::ops {
namespace {

// Calls body(sequence, query_row, out_row, head, visible keys) for every query and head.
template <typename Body>
void ForEachQueryHead(const AttentionRefInput& in, Body&& body) {
  int64_t out_row = 0;
  for (const AttentionRefSequence& sequence : in.sequences) {
    for (int64_t i = 0; i < sequence.q.rows; ++i, ++out_row) {
      const int64_t position = sequence.k.rows - sequence.q.rows + i;
      std::vector<int64_t> keys;
      for (int64_t j = 0; j < sequence.k.rows; ++j) {
        if (in.Visible(position, j, sequence.window_len[static_cast<size_t>(i)],
                       sequence.sink_len)) {
          keys.push_back(j);
        }
      }
      for (int64_t h = 0; h < in.num_q_heads; ++h) body(sequence, i, out_row, h, position, keys);
    }
  }
}

// q_i . (k_j + rel row), times the scale, in the arithmetic of Number.
template <typename Number>
Number Score(const AttentionRefInput& in, const AttentionRefSequence& sequence, int64_t i,
             int64_t position, int64_t head, int64_t key) {
  const int64_t kv_head = head / (in.num_q_heads / in.num_kv_heads);
  Number product = 0, relative = 0;
  const int64_t row = std::clamp<int64_t>(position - key + in.rel_row_of_zero, 0,
                                          std::max<int64_t>(in.rel.rows - 1, 0));
  for (int64_t c = 0; c < in.head_dim; ++c) {
    const auto q = static_cast<Number>(sequence.q(i, head * in.head_dim + c));
    product += q * static_cast<Number>(sequence.k(key, kv_head * in.head_dim + c));
    if (in.rel.rows > 0) relative += q * static_cast<Number>(in.rel(row, c));
  }
  return (product + relative) * static_cast<Number>(in.scale);
}

// Half a step of every weight: what rounding them to codes may add to column c of a head.
double CodeError(const AttentionRefInput& in, const AttentionRefSequence& sequence,
                 const std::vector<int64_t>& keys, const std::vector<double>& p, int64_t kv_head,
                 int64_t c) {
  double error = 0;
  for (size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
    double largest_weight = 0, sum_of_codes = 0;
    for (; end < keys.size() && keys[end] / 64 == keys[begin] / 64; ++end) {
      double largest = 0;
      for (int64_t d = 0; d < in.head_dim; ++d) {
        largest = std::max(largest, std::fabs(sequence.v(keys[end], kv_head * in.head_dim + d)));
      }
      if (largest == 0) continue;
      const double scale = largest / 127;
      largest_weight = std::max(largest_weight, p[end] * scale);
      sum_of_codes += std::fabs(sequence.v(keys[end], kv_head * in.head_dim + c)) / scale;
    }
    error += largest_weight / 32767 / 2 * sum_of_codes;
  }
  return error;
}

}  // namespace

bool AttentionRefInput::Visible(int64_t position, int64_t key, int64_t window_len,
                                int64_t sink_len) const {
  if (causal) return key <= position && (key < sink_len || position - key < window_len);
  return key < sink_len || std::abs(position - key) < window_len;
}

testing::Expected AttentionRef(const AttentionRefInput& in) {
  int64_t num_tokens = 0;
  for (const AttentionRefSequence& sequence : in.sequences) num_tokens += sequence.q.rows;
  testing::Expected out(testing::AllOf(num_tokens), testing::AllOf(in.num_q_heads * in.head_dim));
  ForEachQueryHead(in, [&](const AttentionRefSequence& sequence, int64_t i, int64_t out_row,
                           int64_t head, int64_t position, const std::vector<int64_t>& keys) {
    std::vector<double> p;
    double largest = -INFINITY, sum = 0;
    for (const int64_t key : keys) {
      p.push_back(Score<double>(in, sequence, i, position, head, key));
      largest = std::max(largest, p.back());
    }
    for (double& score : p) sum += score = std::exp(score - largest);
    for (double& weight : p) weight /= sum;
    const int64_t kv_head = head / (in.num_q_heads / in.num_kv_heads);
    for (int64_t c = 0; c < in.head_dim; ++c) {
      double value = 0, squares = 0;
      for (size_t j = 0; j < keys.size(); ++j) {
        const double term = p[j] * sequence.v(keys[j], kv_head * in.head_dim + c);
        value += term;
        squares += term * term;
      }
      const size_t at =
          out.At(static_cast<size_t>(out_row), static_cast<size_t>(head * in.head_dim + c));
      out.value[at] = value;
      out.magnitude[at] = std::sqrt(squares);
      // Products and sums below the normal range may be taken as zero.
      out.absolute[at] = static_cast<double>(keys.size() + 1) * 0x1p-126;
      if (in.has_weight_codes) out.absolute[at] += CodeError(in, sequence, keys, p, kv_head, c);
    }
  });
  return out;
}

void AttentionPlain(const AttentionRefInput& in, DType q_dtype, const layout::Matrix& out) {
  ForEachQueryHead(in, [&](const AttentionRefSequence& sequence, int64_t i, int64_t out_row,
                           int64_t head, int64_t position, const std::vector<int64_t>& keys) {
    std::vector<float> p;
    float largest = -INFINITY, sum = 0;
    for (const int64_t key : keys) {
      p.push_back(Score<float>(in, sequence, i, position, head, key));
      largest = std::max(largest, p.back());
    }
    for (float& score : p) {
      sum += score = std::exp(score - largest);
      score = static_cast<float>(testing::RoundTo(q_dtype, static_cast<double>(score)));
    }
    const int64_t kv_head = head / (in.num_q_heads / in.num_kv_heads);
    for (int64_t c = 0; c < in.head_dim; ++c) {
      float value = 0;
      for (size_t j = 0; j < keys.size(); ++j) {
        value += p[j] * static_cast<float>(sequence.v(keys[j], kv_head * in.head_dim + c));
      }
      if (!keys.empty()) value /= sum;
      testing::SetElement(out, out_row, head * in.head_dim + c, static_cast<double>(value));
    }
  });
}

}  // namespace qwenjet::ops
