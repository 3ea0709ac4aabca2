// SPDX-License-Identifier: Apache-2.0
// quantize: codes as compressed-tensors' pack-quantized stores them (spec quant-formats, section
// 4): int32 words, the first code in the lowest bits; codes along a row, zero points along a
// column.
#pragma once

#include <cstdint>
#include <vector>

#include "model/quantize/rounding.h"

namespace qwenjet::model::quantize {

// [n][ceil(k * bits / 32)]; what pads a row is 0.
std::vector<int32_t> PackCodes(const Codes& codes, int32_t bits);
// [ceil(n * bits / 32)][num_groups].
std::vector<int32_t> PackZeros(const Codes& codes, int32_t bits);
// The bytes of values, scales for instance, in BF16, F16 or F32.
std::vector<std::byte> StoreFloats(const float* values, int64_t count,
                                   format::TensorEncoding encoding);

}  // namespace qwenjet::model::quantize
