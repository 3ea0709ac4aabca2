// SPDX-License-Identifier: Apache-2.0
// quantize: which tensors of a checkpoint become codes, which are copied, and what the written
// checkpoint holds: compressed-tensors' pack-quantized (spec quant-formats, section 4).
#pragma once

#include <string>
#include <vector>

#include "format/checkpoint.h"
#include "format/safetensors_writer.h"
#include "model/quantize/rounding.h"

namespace qwenjet::model::quantize {

struct OutputPlan {
  std::vector<format::SafetensorsWriter::Tensor> tensors;
  std::vector<const format::TensorInfo*> matrices;    // become codes of the scheme
  std::vector<const format::TensorInfo*> embeddings;  // become codes of EmbeddingScheme()
  std::vector<const format::TensorInfo*> copied;
  std::vector<std::string> ignore;  // names of modules with a matrix that stays as it is
  int64_t num_quantized = 0;        // elements of matrices and embeddings
  int64_t quantized_bytes = 0;      // of what is stored for them
};

// Eight bits, one scale a row.
Scheme EmbeddingScheme();

// The scheme for one tensor: scales have the tensor's own number format.
Scheme SchemeFor(const format::TensorInfo& tensor, Scheme scheme);

// q, k, v, o, gate, up and down of every layer and of every expert are matrices; with
// quantize_embeddings the embedding and an untied head become eight-bit codes. kInvalidArgument
// where the group size does not divide a matrix's columns, kUnsupported where a matrix has another
// number type or the checkpoint has none at all.
Result<OutputPlan> PlanOutput(const format::Checkpoint& checkpoint, const Scheme& scheme,
                              bool quantize_embeddings);

// Rows from first_row on of a quantised tensor; first_row a multiple of 8.
Status WriteCodes(format::SafetensorsWriter& writer, const format::TensorInfo& tensor,
                  const Codes& codes, const Scheme& scheme, int64_t first_row);
// The stored bytes of a tensor, in slices.
Status CopyTensor(const format::Checkpoint& checkpoint, const format::TensorInfo& tensor,
                  format::SafetensorsWriter& writer);

}  // namespace qwenjet::model::quantize
