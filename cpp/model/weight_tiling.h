// SPDX-License-Identifier: Apache-2.0
// model: dense tiles and vectors from stored rows.
#pragma once

#include <span>
#include <vector>

#include "model/matrix_spec.h"

namespace qwenjet::model {

// The dtype in which a dense segment is held: bf16 unless compute is float32 and some element is
// not an exact bf16 (reads the stored values up to the first such element).
Result<DType> HeldDType(const format::Checkpoint& checkpoint, const SegmentSpec& spec,
                        DType compute);

// Fills blocks [first, last) of a dense segment's tiles, whose memory is the caller's. Thread-safe
// on different blocks.
Status TileBlocks(const format::Checkpoint& checkpoint, const SegmentSpec& spec,
                  const layout::TiledWeight& target, int64_t first, int64_t last);

// Writes one row of floats into its lane of a block of 16, rounded where the tiles are bf16.
void TileFloats(std::span<const float> row, int64_t lane, DType held, char* block);

// A vector (norm weight, bias) in float32.
Result<std::vector<float>> ReadVector(const format::Checkpoint& checkpoint,
                                      const format::TensorInfo& tensor, int64_t head_dim = 0);

}  // namespace qwenjet::model
