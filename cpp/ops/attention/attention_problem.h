// SPDX-License-Identifier: Apache-2.0
// Inputs of attention for tests and benchmarks: a case is made into pages, tables and queries for
// the kernel and into plain rows for the oracle. A position's query, key and value depend on the
// seed, the sequence and the position alone, so that chunks, pages and batches can be compared.
#pragma once

#include <cmath>
#include <functional>
#include <string>

#include "ops/attention/attention.h"
#include "ops/attention/attention_ref.h"
#include "testing/paged_kv.h"

namespace qwenjet::ops {

// The number type of a pool, and of the queries that attend to it.
struct PoolType {
  DType pool;
  DType q;
};
constexpr PoolType kPoolTypes[] = {{DType::kBFloat16, DType::kBFloat16},
                                   {DType::kFloat32, DType::kFloat32},
                                   {DType::kInt8, DType::kBFloat16},
                                   {DType::kInt8, DType::kFloat32}};

struct AttentionCase {
  int64_t num_q_heads = 4;
  int64_t num_kv_heads = 2;
  int64_t head_dim = 64;
  int64_t page_size = 16;
  PoolType type = kPoolTypes[0];
  DType out = DType::kBFloat16;
  std::vector<testing::SequenceShape> sequences;
  bool causal = true;
  int32_t window_len = layout::kWindowFull;
  // Overrides window_len: of a position.
  std::function<int32_t(int64_t)> window_of;
  int32_t sink_len = 0;  // of sequence 0; each further one has one more unless it is 0
  int64_t rel_rows = 0;
  int64_t rel_row_of_zero = 0;
  double q_size = 2;
  uint64_t first_sequence_seed = 100;
};

class AttentionProblem {
 public:
  explicit AttentionProblem(const AttentionCase& c)
      : c_(c),
        batch_(c.sequences, c.page_size, 17),
        q_(c.type.q, batch_.num_tokens(), c.num_q_heads * c.head_dim, {1, 6}),
        pool_(c.type.pool, batch_.num_pages(), c.page_size, c.num_kv_heads, c.head_dim) {
    ref_.num_q_heads = c.num_q_heads;
    ref_.num_kv_heads = c.num_kv_heads;
    ref_.head_dim = c.head_dim;
    ref_.causal = c.causal;
    scale_ = 1.0f / std::sqrt(static_cast<float>(c.head_dim));
    ref_.scale = static_cast<double>(scale_);
    testing::Rng rng(5);
    rel_ = testing::RandomVector(c.rel_rows * c.head_dim, testing::Values::kNormal, rng);
    ref_.rel = testing::Dense(c.rel_rows, c.head_dim);
    ref_.rel.values = testing::Widened(rel_);
    ref_.rel_row_of_zero = c.rel_row_of_zero;
    ref_.has_weight_codes = c.type.pool == DType::kInt8 && c.type.q == DType::kBFloat16;
    for (size_t s = 0; s < c.sequences.size(); ++s) AddSequence(static_cast<int32_t>(s));
  }

  AttentionArgs Args(const layout::Matrix& out) const {
    AttentionArgs args;
    args.q = q_.view();
    args.num_q_heads = static_cast<int32_t>(c_.num_q_heads);
    args.pool = pool_.view();
    args.batch = batch_.view();
    args.window_len = window_len_.data();
    args.sink_len = sink_len_.data();
    args.causal = c_.causal;
    args.scale = scale_;
    args.rel = c_.rel_rows > 0 ? rel_.data() : nullptr;
    args.rel_rows = c_.rel_rows;
    args.rel_row_of_zero = c_.rel_row_of_zero;
    args.out = out;
    return args;
  }
  const AttentionRefInput& ref() const { return ref_; }
  const AttentionCase& attention_case() const { return c_; }
  testing::PagedBatch& batch() { return batch_; }
  testing::GuardedMatrix& q() { return q_; }
  testing::KvBuffer& pool() { return pool_; }
  int64_t OutCols() const { return c_.num_q_heads * c_.head_dim; }
  // Pages with a key that some query of the step sees, over all sequences.
  int64_t num_live_pages() const { return num_live_pages_; }
  int64_t num_dead_pages() const { return num_dead_pages_; }

 private:
  void AddSequence(int32_t s) {
    const testing::SequenceShape& shape = c_.sequences[static_cast<size_t>(s)];
    const int64_t q_cols = c_.num_q_heads * c_.head_dim, kv_cols = c_.num_kv_heads * c_.head_dim;
    AttentionRefSequence sequence;
    sequence.q = testing::Dense(shape.num_queries, q_cols);
    sequence.k = testing::Dense(shape.kv_len, kv_cols);
    sequence.v = testing::Dense(shape.kv_len, kv_cols);
    sink_len_.push_back(c_.sink_len == 0 ? 0 : c_.sink_len + s);
    sequence.sink_len = sink_len_.back();
    const int64_t first = shape.kv_len - shape.num_queries;
    const int64_t first_row = batch_.view().query_start[s];
    for (int64_t position = 0; position < shape.kv_len; ++position) {
      testing::Rng rng((c_.first_sequence_seed + static_cast<uint64_t>(s)) * 1000003u +
                       static_cast<uint64_t>(position));
      const auto draw = [&](double size) {
        return testing::Representable(c_.type.q, rng.Normal() * size);
      };
      for (int64_t i = 0; i < kv_cols; ++i) sequence.k(position, i) = draw(1);
      for (int64_t i = 0; i < kv_cols; ++i) sequence.v(position, i) = draw(1);
      if (c_.type.pool == DType::kInt8) {
        for (int64_t h = 0; h < c_.num_kv_heads; ++h) {
          AsPoolHoldsIt(sequence.k, position, h);
          AsPoolHoldsIt(sequence.v, position, h);
        }
      }
      if (position < first) continue;
      for (int64_t i = 0; i < q_cols; ++i) {
        const double value = draw(c_.q_size);
        sequence.q(position - first, i) = value;
        q_.Set(first_row + position - first, i, value);
      }
      window_len_.push_back(c_.window_of ? c_.window_of(position) : c_.window_len);
      sequence.window_len.push_back(window_len_.back());
    }
    DropDeadPages(s, shape, sequence);
    pool_.Store(batch_, s, sequence.k, sequence.v);
    for (const int32_t page : dead_) pool_.PoisonPage(page);
    dead_.clear();
    ref_.sequences.push_back(std::move(sequence));
  }

  // Codes times scale: what the oracle attends to. Their codes are the same once more.
  void AsPoolHoldsIt(testing::Dense& rows, int64_t position, int64_t head) const {
    const int64_t begin = head * c_.head_dim;
    const testing::Int8Vector held(testing::RowPart(rows, position, begin, c_.head_dim));
    for (int64_t d = 0; d < c_.head_dim; ++d) rows(position, begin + d) = held[d];
  }

  // Of the pages that no query sees, every other one is -1 in the table, the rest are NaN.
  void DropDeadPages(int32_t s, const testing::SequenceShape& shape,
                     const AttentionRefSequence& sequence) {
    const int64_t pages = (shape.kv_len + c_.page_size - 1) / c_.page_size;
    for (int64_t page_idx = 0; page_idx < pages; ++page_idx) {
      bool seen = false;
      const int64_t end = std::min<int64_t>(shape.kv_len, (page_idx + 1) * c_.page_size);
      for (int64_t i = 0; i < shape.num_queries && !seen; ++i) {
        const int64_t position = shape.kv_len - shape.num_queries + i;
        for (int64_t key = page_idx * c_.page_size; key < end && !seen; ++key) {
          seen = ref_.Visible(position, key, sequence.window_len[static_cast<size_t>(i)],
                              sequence.sink_len);
        }
      }
      if (seen) {
        ++num_live_pages_;
      } else if (num_dead_pages_++ % 2 == 0) {
        batch_.Page(s, page_idx) = -1;
      } else {
        dead_.push_back(batch_.Page(s, page_idx));
      }
    }
  }

  std::vector<int32_t> dead_;  // of the sequence that is being added: pages to be NaN

  AttentionCase c_;
  testing::PagedBatch batch_;
  testing::GuardedMatrix q_;
  testing::KvBuffer pool_;
  AttentionRefInput ref_;
  float scale_ = 1;
  std::vector<int32_t> window_len_, sink_len_;
  std::vector<float> rel_;
  int64_t num_live_pages_ = 0;
  int64_t num_dead_pages_ = 0;
};

}  // namespace qwenjet::ops
