// SPDX-License-Identifier: Apache-2.0
// format: stored rows to float32. F32, F16, BF16, F64, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K,
// Q6_K; a new block type is one function and one line of the table in dequant.cc.
#pragma once

#include <cstddef>
#include <span>

#include "base/status.h"
#include "format/tensor_info.h"

namespace qwenjet::format {

bool CanDequantize(TensorEncoding encoding);

// dst.size() elements from src, which holds exactly their blocks; rows of whole blocks may follow
// each other. Blocks are computed in float32 in the order of their formulas, which rounds where a
// product or a sum of it must be; F64 is rounded to nearest; the others are exact. Thread-safe,
// allocates nothing.
// kUnsupported names an encoding that cannot be read; kInvalidArgument if the sizes disagree.
Status DequantizeRows(TensorEncoding encoding, std::span<const std::byte> src,
                      std::span<float> dst);

}  // namespace qwenjet::format
