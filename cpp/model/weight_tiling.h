// SPDX-License-Identifier: Apache-2.0
// model: fills one matrix in the tile layout from its stored rows.
#pragma once

#include "model/weights.h"

namespace qwenjet::model {

// The dtype in which a matrix is held: bf16 unless compute is float32 and some element is not an
// exact bf16 (reads the stored values up to the first such element).
Result<DType> HeldDType(const format::Checkpoint& checkpoint, const MatrixSpec& spec,
                        DType compute);

// Bytes of read buffers that TileMatrix needs with this many threads.
int64_t TilingBufferBytes(int num_threads);

Result<HeldWeight> TileMatrix(const format::Checkpoint& checkpoint, const MatrixSpec& spec,
                              DType held, ThreadPool& threads, Progress* progress);

// A vector (norm weight, bias) in float32.
Result<std::vector<float>> ReadVector(const format::Checkpoint& checkpoint,
                                      const format::TensorInfo& tensor, int64_t head_dim = 0);

}  // namespace qwenjet::model
