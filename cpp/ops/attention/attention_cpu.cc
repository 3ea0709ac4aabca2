// SPDX-License-Identifier: Apache-2.0
// attention on the CPU. Work is cut by (sequence, kv head, block of 64 rows) and, where that gives
// the threads too little (decode), also by spans of 2048 keys. Spans are merged in ascending order
// either way, so the cut changes no bit.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "layout/tiled_weight.h"
#include "ops/attention/attention.h"
#include "ops/attention/visible.h"
#include "ops/cpu/cpu_backend.h"

namespace qwenjet::ops::cpu {
namespace {

constexpr int64_t kMaxHeadDim = 512;
// Sums of int16 queries times int8 keys fit 32 bits.
static_assert(kMaxHeadDim * 32767 * 127 <= std::numeric_limits<int32_t>::max());
constexpr float kNone = -std::numeric_limits<float>::infinity();

struct RowBlock {
  int32_t sequence;
  int64_t kv_head;
  int64_t first_row;  // of the sequence's query tokens x group
  int32_t rows;
  int64_t key_begin;  // first span that any row sees
  int64_t key_end;
};

// Running state of a block's rows: maximum, sum and unnormalised output.
struct State {
  float* max;
  float* sum;
  float* out;
};

int64_t StateFloats(int64_t head_dim) { return kMaxAttentionRows * (head_dim + 2); }
State StateAt(float* base) {
  return {base, base + kMaxAttentionRows, base + 2 * kMaxAttentionRows};
}

// total = total merged with part, rows [0, rows).
void Merge(const State& total, const State& part, int32_t rows, int64_t head_dim) {
  for (int32_t r = 0; r < rows; ++r) {
    if (part.max[r] == kNone && part.sum[r] == 0.0f) continue;
    const float max = std::max(total.max[r], part.max[r]);
    const float old_factor = std::exp(total.max[r] - max), factor = std::exp(part.max[r] - max);
    total.sum[r] = total.sum[r] * old_factor + part.sum[r] * factor;
    total.max[r] = max;
    float* out = total.out + r * head_dim;
    const float* add = part.out + r * head_dim;
    for (int64_t d = 0; d < head_dim; ++d) out[d] = out[d] * old_factor + add[d] * factor;
  }
}

// How the kernel takes the queries.
enum class QueryForm { kFloat32, kBFloat16, kInt16 };

QueryForm FormOf(const AttentionArgs& args, const CpuKernels& kernels) {
  if (args.q.dtype == DType::kFloat32) return QueryForm::kFloat32;
  if (args.pool.dtype == DType::kInt8) return QueryForm::kInt16;
  return kernels.uses_dot ? QueryForm::kBFloat16 : QueryForm::kFloat32;
}

// Scratch of one thread while it works on a block.
struct ThreadScratch {
  char* q;             // [64][head_dim] in the query form
  float* q_scale;      // [64] of int16 queries
  char* kernel;        // kAttentionScratchBytes
  float* rel_scores;   // [64][rel_rows]
  float* part;         // state of a span
  float* total;        // merged state
  int32_t* positions;  // [64]
  int32_t* windows;    // [64]
};

class Attend {
 public:
  Attend(Backend& backend, const AttentionArgs& args)
      : kernels_(KernelsOf(backend)),
        threads_(backend.threads()),
        args_(args),
        group_(args.num_q_heads / args.pool.num_kv_heads),
        head_dim_(args.pool.head_dim),
        form_(FormOf(args, kernels_)) {
    CutBlocks();
  }

  // Bytes of scratch for all threads, and of the spans' states where spans are tasks.
  int64_t ScratchBytes() const {
    int64_t bytes = threads_.num_threads() * ThreadBytes();
    if (by_span_) bytes += num_span_tasks_ * StateFloats(head_dim_) * 4;
    return bytes;
  }

  void Run(std::byte* scratch) {
    scratch_ = reinterpret_cast<char*>(scratch);
    if (!by_span_) {
      threads_.Parallel(static_cast<int64_t>(blocks_.size()), [&](int64_t i, int thread) {
        // Later blocks of a prompt see more keys: the longest first evens out the end.
        RunBlock(blocks_[blocks_.size() - 1 - static_cast<size_t>(i)], thread);
      });
      return;
    }
    auto* states = reinterpret_cast<float*>(scratch_ + threads_.num_threads() * ThreadBytes());
    threads_.Parallel(num_span_tasks_, [&](int64_t task, int thread) {
      const auto [block, span] = FindSpan(task);
      const ThreadScratch local = ScratchOf(thread);
      PackQueries(*block, local);
      RunSpan(*block, local, span, StateAt(states + task * StateFloats(head_dim_)));
    });
    threads_.Parallel(static_cast<int64_t>(blocks_.size()), [&](int64_t i, int thread) {
      const RowBlock& block = blocks_[static_cast<size_t>(i)];
      const State total = EmptyTotal(ScratchOf(thread), block.rows);
      const int64_t first = first_span_task_[static_cast<size_t>(i)];
      for (int64_t s = 0; s < NumSpans(block); ++s) {
        Merge(total, StateAt(states + (first + s) * StateFloats(head_dim_)), block.rows, head_dim_);
      }
      WriteOutput(block, total);
    });
  }

 private:
  int64_t Align(int64_t bytes) const { return layout::RoundUp(bytes, 64); }
  int64_t RelBytes() const {
    return args_.rel == nullptr ? 0 : Align(kMaxAttentionRows * args_.rel_rows * 4);
  }
  int64_t ThreadBytes() const {
    return Align(kMaxAttentionRows * head_dim_ * 4) + kAttentionScratchBytes + RelBytes() +
           2 * Align(StateFloats(head_dim_) * 4) + 3 * Align(kMaxAttentionRows * 4);
  }
  ThreadScratch ScratchOf(int thread) const {
    char* p = scratch_ + thread * ThreadBytes();
    const auto take = [&p](int64_t bytes) { return std::exchange(p, p + bytes); };
    ThreadScratch s;
    s.q = take(Align(kMaxAttentionRows * head_dim_ * 4));
    s.q_scale = reinterpret_cast<float*>(take(Align(kMaxAttentionRows * 4)));
    s.kernel = take(kAttentionScratchBytes);
    s.rel_scores = reinterpret_cast<float*>(take(RelBytes()));
    s.part = reinterpret_cast<float*>(take(Align(StateFloats(head_dim_) * 4)));
    s.total = reinterpret_cast<float*>(take(Align(StateFloats(head_dim_) * 4)));
    s.positions = reinterpret_cast<int32_t*>(take(Align(kMaxAttentionRows * 4)));
    s.windows = reinterpret_cast<int32_t*>(take(Align(kMaxAttentionRows * 4)));
    return s;
  }

  int64_t NumSpans(const RowBlock& block) const {
    return (block.key_end - block.key_begin + kAttentionSpan - 1) / kAttentionSpan;
  }

  void CutBlocks() {
    const layout::SequenceBatch& batch = args_.batch;
    for (int32_t s = 0; s < batch.num_sequences; ++s) {
      const int64_t rows = int64_t{batch.NumQueries(s)} * group_;
      for (int64_t row = 0; row < rows; row += kMaxAttentionRows) {
        const auto count = static_cast<int32_t>(std::min<int64_t>(kMaxAttentionRows, rows - row));
        const auto [begin, end] = KeysOf(s, row, count);
        for (int64_t h = 0; h < args_.pool.num_kv_heads; ++h) {
          blocks_.push_back({s, h, row, count, begin, end});
          first_span_task_.push_back(num_span_tasks_);
          num_span_tasks_ += NumSpans(blocks_.back());
        }
      }
    }
    const auto num_blocks = static_cast<int64_t>(blocks_.size());
    by_span_ = num_blocks < 4 * threads_.num_threads() && num_span_tasks_ > num_blocks;
  }

  // The spans from the first to the last key that the rows see.
  KeyRange KeysOf(int32_t s, int64_t first_row, int32_t rows) const {
    int64_t begin = std::numeric_limits<int64_t>::max(), end = 0;
    const auto include = [&](const KeyRange& range) {
      if (range.end <= range.begin) return;
      begin = std::min(begin, range.begin);
      end = std::max(end, range.end);
    };
    for (int64_t i = first_row / group_; i <= (first_row + rows - 1) / group_; ++i) {
      const int32_t token = args_.batch.query_start[s] + static_cast<int32_t>(i);
      const VisibleKeys keys = VisibleTo(args_.batch.FirstPosition(s) + i, args_.window_len[token],
                                         args_.sink_len[s], args_.causal, args_.batch.kv_len[s]);
      include(keys.window);
      include(keys.sinks);
    }
    if (end == 0) return {0, 0};
    return {begin / kAttentionSpan * kAttentionSpan, end};
  }

  std::pair<const RowBlock*, int64_t> FindSpan(int64_t task) const {
    const auto after = std::upper_bound(first_span_task_.begin(), first_span_task_.end(), task);
    // Blocks without keys have no task of their own and share the next one's number.
    const auto index = static_cast<size_t>(after - first_span_task_.begin()) - 1;
    return {&blocks_[index], task - first_span_task_[index]};
  }

  State EmptyTotal(const ThreadScratch& local, int32_t rows) const {
    const State total = StateAt(local.total);
    std::fill_n(total.max, rows, kNone);
    std::fill_n(total.sum, rows, 0.0f);
    std::fill_n(total.out, rows * head_dim_, 0.0f);
    return total;
  }

  void RunBlock(const RowBlock& block, int thread) const {
    const ThreadScratch local = ScratchOf(thread);
    PackQueries(block, local);
    const State total = EmptyTotal(local, block.rows);
    const State part = StateAt(local.part);
    for (int64_t span = 0; span < NumSpans(block); ++span) {
      RunSpan(block, local, span, part);
      Merge(total, part, block.rows, head_dim_);
    }
    WriteOutput(block, total);
  }

  int32_t TokenOf(const RowBlock& block, int32_t row) const {
    return args_.batch.query_start[block.sequence] +
           static_cast<int32_t>((block.first_row + row) / group_);
  }
  int64_t HeadOf(const RowBlock& block, int32_t row) const {
    return block.kv_head * group_ + (block.first_row + row) % group_;
  }

  int64_t QueryBytes() const { return head_dim_ * (form_ == QueryForm::kFloat32 ? 4 : 2); }

  void PackQueries(const RowBlock& block, const ThreadScratch& local) const {
    const int64_t elem = static_cast<int64_t>(SizeOf(args_.q.dtype));
    float wide[kMaxHeadDim];
    const int64_t first = args_.batch.FirstPosition(block.sequence);
    for (int32_t r = 0; r < block.rows; ++r) {
      const int32_t token = TokenOf(block, r);
      const char* from = args_.q.Row(token) + HeadOf(block, r) * head_dim_ * elem;
      char* to = local.q + r * QueryBytes();
      const float* row = reinterpret_cast<const float*>(from);
      if (args_.q.dtype == DType::kBFloat16 &&
          (form_ != QueryForm::kBFloat16 || args_.rel != nullptr)) {
        kernels_.widen(from, wide, head_dim_);
        row = wide;
      }
      switch (form_) {
        case QueryForm::kFloat32:
          std::memcpy(to, row, static_cast<size_t>(QueryBytes()));
          break;
        case QueryForm::kBFloat16:
          std::memcpy(to, from, static_cast<size_t>(QueryBytes()));
          break;
        case QueryForm::kInt16:
          local.q_scale[r] =
              kernels_.quantize_int16(row, reinterpret_cast<int16_t*>(to), head_dim_);
          break;
      }
      local.positions[r] =
          static_cast<int32_t>(first + token - args_.batch.query_start[block.sequence]);
      local.windows[r] = args_.window_len[token];
      if (args_.rel != nullptr) FillRelative(row, local.rel_scores + r * args_.rel_rows);
    }
  }

  void FillRelative(const float* q, float* scores) const {
    for (int64_t row = 0; row < args_.rel_rows; ++row) {
      float sum = 0.0f;
      for (int64_t d = 0; d < head_dim_; ++d) sum += q[d] * args_.rel[row * head_dim_ + d];
      scores[row] = sum * args_.scale;
    }
  }

  void RunSpan(const RowBlock& block, const ThreadScratch& local, int64_t span,
               const State& state) const {
    AttentionTask task;
    task.q = local.q;
    task.q_stride_bytes = QueryBytes();
    task.q_scale = form_ == QueryForm::kInt16 ? local.q_scale : nullptr;
    task.rows = block.rows;
    task.row_position = local.positions;
    task.row_window = local.windows;
    task.sink_len = args_.sink_len[block.sequence];
    task.causal = args_.causal;
    task.scale = args_.scale;
    task.kv_len = args_.batch.kv_len[block.sequence];
    task.pool = args_.pool;
    task.kv_head = block.kv_head;
    task.pages = args_.batch.block_tables + args_.batch.block_table_start[block.sequence];
    task.key_begin = block.key_begin + span * kAttentionSpan;
    task.key_end = std::min(task.key_begin + kAttentionSpan, block.key_end);
    task.rel_scores = args_.rel == nullptr ? nullptr : local.rel_scores;
    task.rel_rows = args_.rel_rows;
    task.rel_row_of_zero = args_.rel_row_of_zero;
    task.scratch = local.kernel;
    task.max = state.max;
    task.sum = state.sum;
    task.out = state.out;
    int64_t pages_touched = 0;
    task.pages_touched = &pages_touched;
    kernels_.attention_span(task);
    if (args_.pages_touched != nullptr) {
      args_.pages_touched->fetch_add(pages_touched, std::memory_order_relaxed);
    }
  }

  void WriteOutput(const RowBlock& block, const State& total) const {
    const int64_t elem = static_cast<int64_t>(SizeOf(args_.out.dtype));
    for (int32_t r = 0; r < block.rows; ++r) {
      float* row = total.out + r * head_dim_;
      // A sum that is NaN makes the row NaN.
      const float scale = total.sum[r] == 0.0f ? 0.0f : 1.0f / total.sum[r];
      for (int64_t d = 0; d < head_dim_; ++d) row[d] *= scale;
      char* to = args_.out.Row(TokenOf(block, r)) + HeadOf(block, r) * head_dim_ * elem;
      if (args_.out.dtype == DType::kBFloat16) {
        kernels_.narrow(row, to, head_dim_);
      } else {
        std::memcpy(to, row, static_cast<size_t>(head_dim_ * elem));
      }
    }
  }

  const CpuKernels& kernels_;
  ThreadPool& threads_;
  const AttentionArgs& args_;
  const int64_t group_;
  const int64_t head_dim_;
  const QueryForm form_;
  std::vector<RowBlock> blocks_;
  std::vector<int64_t> first_span_task_;
  int64_t num_span_tasks_ = 0;
  bool by_span_ = false;
  char* scratch_ = nullptr;
};

}  // namespace

Status AttentionCpu(Backend& backend, const AttentionArgs& args) {
  Attend attend(backend, args);
  std::byte* scratch = backend.Scratch(attend.ScratchBytes());
  if (scratch == nullptr) return OutOfScratch("attention");
  attend.Run(scratch);
  return OkStatus();
}

}  // namespace qwenjet::ops::cpu
