// SPDX-License-Identifier: Apache-2.0
// format: quantised tensors of GGUF files as rows of the canonical form. Blocks of 32 elements have
// one f16 scale a group of 32; K-quants have an f16 scale of 256 columns times a small one of a
// group, which is the canonical form's second level.
#pragma once

#include <cstdint>
#include <memory>

#include "base/status.h"
#include "format/quant_source.h"

namespace qwenjet::format {

// Whether tensors of this encoding have a QuantSource: Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K,
// Q6_K.
bool IsGgufQuantized(TensorEncoding encoding);

// A matrix of the checkpoint, which must be a GGUF file and outlive the source; null where it is
// plain (F32, F16, BF16, F64). head_dim > 0 undoes the llama architecture's order of q_proj's and
// k_proj's rows. Products of a scale and a code are rounded where those of the format are, so that
// the weights come out bit by bit as DequantizeRows gives them.
// kUnsupported names another encoding; kCorruptModel for what is no matrix of whole heads.
Result<std::unique_ptr<QuantSource>> OpenGgufQuantSource(const Checkpoint& checkpoint,
                                                         const TensorInfo& tensor,
                                                         int64_t head_dim);

}  // namespace qwenjet::format
