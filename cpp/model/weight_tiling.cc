// SPDX-License-Identifier: Apache-2.0
// Stored rows are read in one piece (a few megabytes); what is not bf16 is widened, and whole lines
// of the layout are written in order.
#include "model/weight_tiling.h"

#include <algorithm>
#include <array>
#include <cstring>
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

int64_t RowBytes(const TensorInfo& tensor, int64_t rows) {
  return static_cast<int64_t>(tensor.size_bytes) / rows;
}

// Stored rows of one part, read around a range of published rows.
class RowReader {
 public:
  RowReader(const format::Checkpoint& checkpoint, const MatrixSpec& matrix, size_t part)
      : checkpoint_(checkpoint),
        tensor_(*matrix.parts[part].plain),
        row_bytes_(RowBytes(tensor_, matrix.parts[part].rows)),
        source_(matrix.head_dim > 0 && part < 2 ? checkpoint.RowsOf(tensor_, matrix.head_dim)
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

// Rows [begin, end) of a segment from a part that begins at row part_begin of it.
Status TilePlain(const RowReader& reader, TensorEncoding encoding, const TiledWeight& target,
                 int64_t begin, int64_t end, int64_t part_begin) {
  const bool as_pairs =
      encoding == TensorEncoding::kBF16 && target.dtype == DType::kBFloat16 && target.k % 2 == 0;
  std::vector<float> floats(static_cast<size_t>(target.k));
  for (int64_t row = begin; row < end;) {
    const int64_t block = row / kTileN, block_end = std::min(end, (block + 1) * kTileN);
    char* out = const_cast<char*>(target.Block(block));
    if (as_pairs) {
      std::array<const uint32_t*, kTileN> rows = {};
      for (; row < block_end; ++row) {
        rows[static_cast<size_t>(row % kTileN)] =
            reinterpret_cast<const uint32_t*>(reader.Row(row - part_begin).data());
      }
      TilePairs(rows, target.k / 2, reinterpret_cast<uint32_t*>(out));
      continue;
    }
    for (; row < block_end; ++row) {
      QJ_RETURN_IF_ERROR(format::DequantizeRows(encoding, reader.Row(row - part_begin), floats));
      TileFloats(floats, row % kTileN, target.dtype, out);
    }
  }
  return OkStatus();
}

// The same from a part of e4m3.
Status TileFp8(const format::Fp8Source& source, const TiledWeight& target, int64_t begin,
               int64_t end, int64_t part_begin) {
  std::vector<float> rows(static_cast<size_t>((end - begin) * target.k));
  QJ_RETURN_IF_ERROR(source.ReadRows(begin - part_begin, end - part_begin, rows));
  for (int64_t row = begin; row < end; ++row) {
    const std::span<const float> values(rows.data() + (row - begin) * target.k,
                                        static_cast<size_t>(target.k));
    TileFloats(values, row % kTileN, target.dtype, const_cast<char*>(target.Block(row / kTileN)));
  }
  return OkStatus();
}

}  // namespace

void TileFloats(std::span<const float> row, int64_t lane, DType held, char* block) {
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

Result<DType> HeldDType(const format::Checkpoint& checkpoint, const SegmentSpec& spec,
                        DType compute) {
  if (compute == DType::kBFloat16) return DType::kBFloat16;
  std::vector<std::byte> bytes;
  std::vector<float> row(static_cast<size_t>(spec.matrix->cols));
  for (size_t i = spec.begin; i < spec.end; ++i) {
    const MatrixPart& part = spec.matrix->parts[i];
    if (part.fp8 != nullptr) return DType::kFloat32;
    const TensorInfo& tensor = *part.plain;
    if (tensor.encoding == TensorEncoding::kBF16) continue;
    const int64_t row_bytes = RowBytes(tensor, part.rows);
    bytes.resize(static_cast<size_t>(row_bytes));
    for (int64_t r = 0; r < part.rows; ++r) {
      QJ_RETURN_IF_ERROR(checkpoint.Read(tensor, static_cast<uint64_t>(r * row_bytes), bytes));
      QJ_RETURN_IF_ERROR(format::DequantizeRows(tensor.encoding, bytes, row));
      if (!std::all_of(row.begin(), row.end(), IsExactBFloat16)) return DType::kFloat32;
    }
  }
  return DType::kBFloat16;
}

Status TileBlocks(const format::Checkpoint& checkpoint, const SegmentSpec& spec,
                  const TiledWeight& target, int64_t first, int64_t last) {
  int64_t part_begin = 0;
  std::vector<std::byte> buffer;
  for (size_t i = spec.begin; i < spec.end; ++i) {
    const MatrixPart& part = spec.matrix->parts[i];
    const int64_t part_end = part_begin + part.rows;
    const int64_t begin = std::max(first * kTileN, part_begin);
    const int64_t end = std::min(last * kTileN, part_end);
    if (begin < end && part.fp8 != nullptr) {
      QJ_RETURN_IF_ERROR(TileFp8(*part.fp8, target, begin, end, part_begin));
    } else if (begin < end) {
      RowReader reader(checkpoint, *spec.matrix, i);
      QJ_RETURN_IF_ERROR(reader.Read(begin - part_begin, end - part_begin, buffer));
      QJ_RETURN_IF_ERROR(TilePlain(reader, part.plain->encoding, target, begin, end, part_begin));
    }
    part_begin = part_end;
  }
  return OkStatus();
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
