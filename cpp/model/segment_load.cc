// SPDX-License-Identifier: Apache-2.0
#include "model/segment_load.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "base/check.h"
#include "format/quant_source.h"
#include "model/weight_tiling.h"
#include "ops/linear_quant/quant_pack.h"

namespace qwenjet::model {
namespace {

using layout::kTileN;

// What a task reads, as stored or as widened codes, whichever is more.
constexpr int64_t kSliceBytes = 2 << 20;

// Calls fill(first, last, thread) on slices of a segment's blocks of 16 rows.
template <typename Fill>
Status FillSlices(const SegmentSpec& spec, int64_t blocks, int64_t blocks_a_slice,
                  ThreadPool& threads, Progress* progress, Fill&& fill) {
  const int64_t stored = spec.StoredBytes();
  std::mutex mutex;
  Status first_error;
  std::atomic<bool> failed{false};
  const int64_t slices = (blocks + blocks_a_slice - 1) / blocks_a_slice;
  threads.Parallel(slices, [&](int64_t slice, int thread) {
    if (failed.load() || (progress != nullptr && progress->cancelled.load())) return;
    const int64_t first = slice * blocks_a_slice, last = std::min(blocks, first + blocks_a_slice);
    const Status status = fill(first, last, thread);
    if (!status.ok()) {
      std::lock_guard<std::mutex> lock(mutex);
      if (!failed.exchange(true)) first_error = status;
    } else if (progress != nullptr) {
      progress->done_bytes.fetch_add(stored * last / blocks - stored * first / blocks);
    }
  });
  if (failed.load()) return first_error;
  if (progress != nullptr && progress->cancelled.load()) {
    return Error(StatusCode::kCancelled, "loading was cancelled");
  }
  return OkStatus();
}

Result<HeldSegment> LoadDense(const format::Checkpoint& checkpoint, const SegmentSpec& spec,
                              DType compute, ThreadPool& threads, Progress* progress) {
  HeldSegment held;
  QJ_ASSIGN_OR_RETURN(const DType dtype, HeldDType(checkpoint, spec, compute));
  held.tiled = spec.Dense(dtype);
  QJ_ASSIGN_OR_RETURN(held.memory, MemoryBlock::Create(held.tiled.SizeBytes()));
  held.tiled.data = held.memory.data();
  const int64_t blocks = held.tiled.NumBlocks();
  int64_t row_bytes = std::max<int64_t>(1, spec.StoredBytes() / spec.rows);
  for (size_t i = spec.begin; i < spec.end; ++i) {
    const bool widened = spec.matrix->parts[i].fp8 != nullptr;
    if (widened) row_bytes = std::max<int64_t>(row_bytes, spec.matrix->cols * 4);
  }
  const int64_t slice = std::clamp<int64_t>(kSliceBytes / (row_bytes * kTileN), 1, blocks);
  QJ_RETURN_IF_ERROR(
      FillSlices(spec, blocks, slice, threads, progress, [&](int64_t first, int64_t last, int) {
        return TileBlocks(checkpoint, spec, held.tiled, first, last);
      }));
  return held;
}

// Row r of what a source read.
ops::QuantRowPointers RowsFrom(const format::QuantRows& rows, const layout::QuantWeight& w,
                               int64_t r) {
  const auto at = [r](const auto& values, int64_t row_elems) {
    return values.empty() ? nullptr : values.data() + r * row_elems;
  };
  const int64_t groups = w.NumGroups(), supers = w.NumSuperGroups();
  return {.codes = at(rows.codes, w.k),
          .scales = at(rows.scales, groups),
          .zeros = at(rows.zeros, groups),
          .minimums = at(rows.minimums, groups),
          .super_scales = at(rows.super_scales, supers),
          .sub_scales = at(rows.sub_scales, groups),
          .super_minimums = at(rows.super_minimums, supers),
          .sub_minimums = at(rows.sub_minimums, groups)};
}

// Fills blocks [first, last) of quantised tiles. Parts begin at whole blocks (SegmentsOf).
Status PackBlocks(const SegmentSpec& spec, const layout::QuantWeight& target, int64_t first,
                  int64_t last, format::QuantRows& rows) {
  int64_t part_begin = 0;
  for (size_t i = spec.begin; i < spec.end; ++i) {
    const MatrixPart& part = spec.matrix->parts[i];
    const int64_t part_end = part_begin + part.rows;
    const int64_t begin = std::max(first * kTileN, part_begin);
    const int64_t end = std::min(last * kTileN, part_end);
    if (begin < end) {
      QJ_RETURN_IF_ERROR(part.quant->ReadRows(begin - part_begin, end - part_begin, rows));
    }
    for (int64_t row = begin; row < end; row += kTileN) {
      ops::PackQuantBlock(target, std::min(kTileN, end - row), RowsFrom(rows, target, row - begin),
                          const_cast<std::byte*>(target.Chunk(row / kTileN, 0)));
    }
    part_begin = part_end;
  }
  return OkStatus();
}

Result<HeldSegment> LoadQuantized(const SegmentSpec& spec, ThreadPool& threads,
                                  Progress* progress) {
  HeldSegment held;
  held.quant = spec.Quantized();
  held.permutation = spec.First().quant->permutation();
  if (!held.permutation.empty()) held.quant.permutation = held.permutation.data();
  QJ_ASSIGN_OR_RETURN(held.memory, MemoryBlock::Create(held.quant.SizeBytes()));
  held.quant.data = held.memory.data();
  const int64_t blocks = held.quant.NumBlocks(), num_threads = threads.num_threads();
  const int64_t fitting = kSliceBytes / (spec.matrix->cols * kTileN);
  const int64_t slice = std::clamp<int64_t>(fitting, 1, (blocks + num_threads - 1) / num_threads);
  std::vector<format::QuantRows> rows(static_cast<size_t>(num_threads));
  QJ_RETURN_IF_ERROR(FillSlices(
      spec, blocks, slice, threads, progress, [&](int64_t first, int64_t last, int thread) {
        return PackBlocks(spec, held.quant, first, last, rows[static_cast<size_t>(thread)]);
      }));
  return held;
}

}  // namespace

// The stored bytes of a slice, its codes, and the scales and offsets of its groups.
int64_t LoadBufferBytes(int num_threads) { return num_threads * 3 * kSliceBytes; }

Result<HeldSegment> LoadSegment(const format::Checkpoint& checkpoint, const SegmentSpec& spec,
                                DType compute, ThreadPool& threads, Progress* progress) {
  if (spec.is_quantized()) return LoadQuantized(spec, threads, progress);
  return LoadDense(checkpoint, spec, compute, threads, progress);
}

}  // namespace qwenjet::model
