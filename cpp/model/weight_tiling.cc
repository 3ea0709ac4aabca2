// SPDX-License-Identifier: Apache-2.0
// A task fills some blocks of 16 rows: it reads their stored rows in one piece (a few megabytes),
// widens what is not bf16, and writes whole lines of the layout in order.
#include "model/weight_tiling.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <span>

#include "base/bf16.h"
#include "base/check.h"
#include "format/dequant.h"

namespace qwenjet::model {
namespace {

using format::TensorEncoding;
using format::TensorInfo;
using layout::kTileN;
using layout::TiledWeight;

constexpr int64_t kSliceBytes = 2 << 20;

int64_t RowBytes(const TensorInfo& tensor, int64_t rows) {
  return static_cast<int64_t>(tensor.size_bytes) / rows;
}

// Stored rows of one part, read around a range of published rows.
class RowReader {
 public:
  RowReader(const format::Checkpoint& checkpoint, const MatrixSpec& spec, size_t part)
      : checkpoint_(checkpoint),
        tensor_(*spec.parts[part]),
        row_bytes_(RowBytes(tensor_, spec.part_rows[part])),
        source_(spec.head_dim > 0 && part < 2 ? checkpoint.RowsOf(tensor_, spec.head_dim)
                                              : format::RowSource()) {}

  Status Read(int64_t begin, int64_t end, std::vector<std::byte>& buffer) {
    const int64_t block = source_.block_rows();
    first_ = begin / block * block;
    const int64_t last = (end + block - 1) / block * block;
    buffer.resize(static_cast<size_t>((last - first_) * row_bytes_));
    buffer_ = &buffer;
    return checkpoint_.Read(tensor_, static_cast<uint64_t>(first_ * row_bytes_), buffer);
  }
  std::span<const std::byte> Row(int64_t row) const {
    return std::span<const std::byte>(*buffer_).subspan(
        static_cast<size_t>((source_(row) - first_) * row_bytes_), static_cast<size_t>(row_bytes_));
  }

 private:
  const format::Checkpoint& checkpoint_;
  const TensorInfo& tensor_;
  const int64_t row_bytes_;
  const format::RowSource source_;
  int64_t first_ = 0;
  std::vector<std::byte>* buffer_ = nullptr;
};

// Lines of a bf16 block from 16 bf16 rows (null: zeros), by pairs. Columns are taken 16 pairs at a
// time, so that a row's cache line is used whole while it is near.
void TilePairs(const std::array<const uint32_t*, kTileN>& rows, int64_t pairs, uint32_t* out) {
  constexpr int64_t kStretch = 16;
  for (int64_t begin = 0; begin < pairs; begin += kStretch) {
    const int64_t end = std::min(pairs, begin + kStretch);
    for (size_t r = 0; r < kTileN; ++r) {
      if (rows[r] == nullptr) continue;
      for (int64_t pair = begin; pair < end; ++pair) {
        std::memcpy(out + pair * kTileN + static_cast<int64_t>(r), rows[r] + pair, 4);
      }
    }
  }
}

// Writes one row of floats into its lane of a block.
void TileFloats(const std::vector<float>& row, int64_t lane, DType held, char* block) {
  for (size_t k = 0; k < row.size(); ++k) {
    const auto col = static_cast<int64_t>(k);
    if (held == DType::kFloat32) {
      std::memcpy(block + (col * kTileN + lane) * 4, &row[k], 4);
    } else {
      const BFloat16 rounded = ToBFloat16(row[k]);
      std::memcpy(block + (col / 2 * 2 * kTileN + lane * 2 + col % 2) * 2, &rounded, 2);
    }
  }
}

class Tiler {
 public:
  Tiler(const format::Checkpoint& checkpoint, const MatrixSpec& spec, TiledWeight target)
      : checkpoint_(checkpoint), spec_(spec), target_(target) {}

  // Blocks [first, last) of the target.
  Status Fill(int64_t first, int64_t last) const {
    int64_t part_begin = 0;
    std::vector<std::byte> buffer;
    std::vector<float> floats(static_cast<size_t>(spec_.cols));
    for (size_t part = 0; part < spec_.parts.size(); ++part) {
      const int64_t part_end = part_begin + spec_.part_rows[part];
      const int64_t begin = std::max(first * kTileN, part_begin);
      const int64_t end = std::min(last * kTileN, part_end);
      if (begin < end) {
        RowReader reader(checkpoint_, spec_, part);
        QJ_RETURN_IF_ERROR(reader.Read(begin - part_begin, end - part_begin, buffer));
        QJ_RETURN_IF_ERROR(FillPart(reader, *spec_.parts[part], begin, end, part_begin, floats));
      }
      part_begin = part_end;
    }
    return OkStatus();
  }

 private:
  Status FillPart(const RowReader& reader, const TensorInfo& tensor, int64_t begin, int64_t end,
                  int64_t part_begin, std::vector<float>& floats) const {
    const bool as_pairs = tensor.encoding == TensorEncoding::kBF16 &&
                          target_.dtype == DType::kBFloat16 && spec_.cols % 2 == 0;
    for (int64_t row = begin; row < end;) {
      const int64_t block = row / kTileN, block_end = std::min(end, (block + 1) * kTileN);
      char* out = const_cast<char*>(target_.Block(block));
      if (as_pairs) {
        std::array<const uint32_t*, kTileN> rows = {};
        for (; row < block_end; ++row) {
          rows[static_cast<size_t>(row % kTileN)] =
              reinterpret_cast<const uint32_t*>(reader.Row(row - part_begin).data());
        }
        TilePairs(rows, spec_.cols / 2, reinterpret_cast<uint32_t*>(out));
        continue;
      }
      for (; row < block_end; ++row) {
        QJ_RETURN_IF_ERROR(
            format::DequantizeRows(tensor.encoding, reader.Row(row - part_begin), floats));
        TileFloats(floats, row % kTileN, target_.dtype, out);
      }
    }
    return OkStatus();
  }

  const format::Checkpoint& checkpoint_;
  const MatrixSpec& spec_;
  const TiledWeight target_;
};

int64_t StoredBytes(const MatrixSpec& spec) {
  int64_t bytes = 0;
  for (const TensorInfo* part : spec.parts) bytes += static_cast<int64_t>(part->size_bytes);
  return bytes;
}

}  // namespace

int64_t TilingBufferBytes(int num_threads) { return num_threads * 2 * kSliceBytes; }

Result<DType> HeldDType(const format::Checkpoint& checkpoint, const MatrixSpec& spec,
                        DType compute) {
  if (compute == DType::kBFloat16) return DType::kBFloat16;
  std::vector<std::byte> bytes;
  std::vector<float> row(static_cast<size_t>(spec.cols));
  for (size_t part = 0; part < spec.parts.size(); ++part) {
    const TensorInfo& tensor = *spec.parts[part];
    if (tensor.encoding == TensorEncoding::kBF16) continue;
    const int64_t row_bytes = RowBytes(tensor, spec.part_rows[part]);
    bytes.resize(static_cast<size_t>(row_bytes));
    for (int64_t r = 0; r < spec.part_rows[part]; ++r) {
      QJ_RETURN_IF_ERROR(checkpoint.Read(tensor, static_cast<uint64_t>(r * row_bytes), bytes));
      QJ_RETURN_IF_ERROR(format::DequantizeRows(tensor.encoding, bytes, row));
      if (!std::all_of(row.begin(), row.end(), IsExactBFloat16)) return DType::kFloat32;
    }
  }
  return DType::kBFloat16;
}

Result<HeldWeight> TileMatrix(const format::Checkpoint& checkpoint, const MatrixSpec& spec,
                              DType held, ThreadPool& threads, Progress* progress) {
  HeldWeight weight;
  weight.tiled = {.data = nullptr, .dtype = held, .n = spec.rows, .k = spec.cols};
  QJ_ASSIGN_OR_RETURN(weight.memory, MemoryBlock::Create(weight.tiled.SizeBytes()));
  weight.tiled.data = weight.memory.data();

  const int64_t stored_row = std::max<int64_t>(1, StoredBytes(spec) / spec.rows);
  const int64_t blocks = weight.tiled.NumBlocks();
  const int64_t per_task = std::clamp<int64_t>(kSliceBytes / (stored_row * kTileN), 1, blocks);
  const Tiler tiler(checkpoint, spec, weight.tiled);
  std::mutex mutex;
  Status first_error;
  std::atomic<bool> failed{false};
  threads.Parallel((blocks + per_task - 1) / per_task, [&](int64_t task, int) {
    if (failed.load() || (progress != nullptr && progress->cancelled.load())) return;
    const int64_t begin = task * per_task, end = std::min(blocks, begin + per_task);
    const Status status = tiler.Fill(begin, end);
    if (!status.ok()) {
      std::lock_guard<std::mutex> lock(mutex);
      if (!failed.exchange(true)) first_error = status;
    } else if (progress != nullptr) {
      progress->done_bytes.fetch_add((end - begin) * kTileN * stored_row);
    }
  });
  if (failed.load()) return first_error;
  if (progress != nullptr && progress->cancelled.load()) {
    return Error(StatusCode::kCancelled, "loading was cancelled");
  }
  return weight;
}

Result<std::vector<float>> ReadVector(const format::Checkpoint& checkpoint,
                                      const TensorInfo& tensor, int64_t head_dim) {
  std::vector<std::byte> bytes(static_cast<size_t>(tensor.size_bytes));
  QJ_RETURN_IF_ERROR(checkpoint.Read(tensor, 0, bytes));
  std::vector<float> stored(static_cast<size_t>(*format::NumElements(tensor.shape)));
  QJ_RETURN_IF_ERROR(format::DequantizeRows(tensor.encoding, bytes, stored));
  const format::RowSource source =
      head_dim > 0 ? checkpoint.RowsOf(tensor, head_dim) : format::RowSource();
  if (source.is_identity()) return stored;
  std::vector<float> published(stored.size());
  for (size_t i = 0; i < stored.size(); ++i) {
    published[i] = stored[static_cast<size_t>(source(static_cast<int64_t>(i)))];
  }
  return published;
}

}  // namespace qwenjet::model
