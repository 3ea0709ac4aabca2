// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/token_table.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "format/dequant.h"
#include "model/quantize/tiling.h"
#include "ops/embedding/embedding.h"

namespace qwenjet::model::quantize {
namespace {

// A multiple of every count of rows that shares a word or a tile.
constexpr int64_t kRowsPerSlice = 1024;

}  // namespace

Status VisitRows(const format::Checkpoint& checkpoint, const format::TensorInfo& tensor,
                 const RowChange& change) {
  if (tensor.shape.size() != 2) {
    return Error(StatusCode::kCorruptModel, "tensor ", tensor.name, ": expected a matrix, got ",
                 format::ShapeText(tensor.shape));
  }
  const int64_t rows = tensor.shape[0], cols = tensor.shape[1];
  const auto row_bytes = static_cast<int64_t>(tensor.size_bytes) / std::max<int64_t>(1, rows);
  std::vector<std::byte> bytes;
  for (int64_t first = 0; first < rows; first += kRowsPerSlice) {
    FloatMatrix slice(std::min(kRowsPerSlice, rows - first), cols);
    bytes.resize(static_cast<size_t>(slice.rows * row_bytes));
    QJ_RETURN_IF_ERROR(checkpoint.Read(tensor, static_cast<uint64_t>(first * row_bytes), bytes));
    QJ_RETURN_IF_ERROR(format::DequantizeRows(tensor.encoding, bytes, slice.values));
    if (!std::all_of(slice.values.begin(), slice.values.end(),
                     [](float x) { return std::isfinite(x); })) {
      return Error(StatusCode::kCorruptModel, "tensor ", tensor.name,
                   ": expected finite weights, got NaN or infinity");
    }
    QJ_RETURN_IF_ERROR(change(first, slice));
  }
  return OkStatus();
}

Result<TokenTable> LoadTable(const format::Checkpoint& checkpoint, const format::TensorInfo& tensor,
                             const RowChange& change, ThreadPool& threads) {
  TokenTable table;
  table.tiled = {.data = nullptr,
                 .dtype = DType::kBFloat16,
                 .n = tensor.shape.front(),
                 .k = tensor.shape.back()};
  QJ_ASSIGN_OR_RETURN(table.memory, MemoryBlock::Create(table.tiled.SizeBytes()));
  table.tiled.data = table.memory.data();
  const auto tile = [&](int64_t first, FloatMatrix& slice) -> Status {
    if (change) QJ_RETURN_IF_ERROR(change(first, slice));
    std::vector<const float*> rows;
    for (int64_t row = 0; row < slice.rows; ++row) rows.push_back(slice.Row(row));
    TileBf16Rows(table.tiled, first, rows, threads);
    return OkStatus();
  };
  QJ_RETURN_IF_ERROR(VisitRows(checkpoint, tensor, tile));
  return table;
}

Result<Residual> Embed(ops::Backend& backend, const TokenTable& table, const Sequences& sequences) {
  Residual residual(sequences.NumTokens(), table.tiled.k);
  QJ_RETURN_IF_ERROR(ops::Embedding(backend, {.table = table.tiled,
                                              .token_ids = sequences.token_ids,
                                              .y = {residual.values.data(), DType::kFloat32,
                                                    residual.rows, residual.cols, residual.cols}}));
  return residual;
}

}  // namespace qwenjet::model::quantize
