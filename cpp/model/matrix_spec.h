// SPDX-License-Identifier: Apache-2.0
// model: which stored tensors make up a matrix of the graph, and how it is cut into segments by
// rows: neighbouring parts that are held in one form are one piece of memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/dtype.h"
#include "base/status.h"
#include "format/checkpoint.h"
#include "format/fp8_source.h"
#include "format/quant_source.h"
#include "layout/quant_weight.h"
#include "layout/tiled_weight.h"

namespace qwenjet::model {

// A weight as the checkpoint stores it: exactly one of the three is set.
struct MatrixPart {
  std::string name;
  int64_t rows = 0;
  const format::TensorInfo* plain = nullptr;
  std::shared_ptr<const format::QuantSource> quant;  // held quantised
  std::shared_ptr<const format::Fp8Source> fp8;      // dequantised at load

  bool is_quantized() const { return quant != nullptr; }
  int64_t StoredBytes() const;
};

// One matrix of the graph and the stored tensors whose rows it stacks.
struct MatrixSpec {
  std::vector<MatrixPart> parts;
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t head_dim = 0;  // > 0: plain parts 0 and 1 may be stored permuted (format::RowSource)

  int64_t StoredBytes() const;
};

// Parts [begin, end) of a matrix, held as one piece: all dense, or quantised by one scheme with one
// permutation of columns, every part but the last with a multiple of 16 rows.
struct SegmentSpec {
  const MatrixSpec* matrix = nullptr;
  size_t begin = 0;
  size_t end = 0;
  int64_t first_row = 0;
  int64_t rows = 0;

  bool is_quantized() const { return First().is_quantized(); }
  const MatrixPart& First() const { return matrix->parts[begin]; }
  // The tiles of a quantised segment, without data.
  layout::QuantWeight Quantized() const;
  layout::TiledWeight Dense(DType dtype) const;
  // Bytes of the permutation that the segment keeps beside its tiles.
  int64_t PermutationBytes() const;
  int64_t StoredBytes() const;
};

std::vector<SegmentSpec> SegmentsOf(const MatrixSpec& matrix);

}  // namespace qwenjet::model
