// SPDX-License-Identifier: Apache-2.0
#include "model/matrix_spec.h"

namespace qwenjet::model {
namespace {

bool MayShare(const SegmentSpec& segment, const MatrixPart& next) {
  const MatrixPart& first = segment.First();
  if (first.is_quantized() != next.is_quantized()) return false;
  if (!first.is_quantized()) return true;
  return segment.rows % layout::kTileN == 0 && first.quant->scheme() == next.quant->scheme() &&
         first.quant->permutation() == next.quant->permutation();
}

}  // namespace

int64_t MatrixPart::StoredBytes() const {
  if (quant != nullptr) return quant->stored_bytes();
  if (fp8 != nullptr) return fp8->stored_bytes();
  return static_cast<int64_t>(plain->size_bytes);
}

int64_t MatrixSpec::StoredBytes() const {
  int64_t bytes = 0;
  for (const MatrixPart& part : parts) bytes += part.StoredBytes();
  return bytes;
}

layout::QuantWeight SegmentSpec::Quantized() const {
  return {.data = nullptr,
          .scheme = First().quant->scheme(),
          .n = rows,
          .k = matrix->cols,
          .permutation = nullptr};
}

layout::TiledWeight SegmentSpec::Dense(DType dtype) const {
  return {.data = nullptr, .dtype = dtype, .n = rows, .k = matrix->cols};
}

int64_t SegmentSpec::PermutationBytes() const {
  if (!is_quantized()) return 0;
  return static_cast<int64_t>(First().quant->permutation().size() * sizeof(int32_t));
}

int64_t SegmentSpec::StoredBytes() const {
  int64_t bytes = 0;
  for (size_t i = begin; i < end; ++i) bytes += matrix->parts[i].StoredBytes();
  return bytes;
}

std::vector<SegmentSpec> SegmentsOf(const MatrixSpec& matrix) {
  std::vector<SegmentSpec> segments;
  int64_t row = 0;
  for (size_t i = 0; i < matrix.parts.size(); ++i) {
    const MatrixPart& part = matrix.parts[i];
    if (segments.empty() || !MayShare(segments.back(), part)) {
      segments.push_back({.matrix = &matrix, .begin = i, .end = i, .first_row = row, .rows = 0});
    }
    segments.back().end = i + 1;
    segments.back().rows += part.rows;
    row += part.rows;
  }
  return segments;
}

}  // namespace qwenjet::model
