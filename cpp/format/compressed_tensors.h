// SPDX-License-Identifier: Apache-2.0
// format: internal to quant_source.cc: the integer modules of compressed-tensors. Schemes of input
// activations (W8A8, static scales) are not read: the engine quantises activations by its own rule.
// Layouts: quant-formats, section 4.
#pragma once

#include <memory>

#include "base/status.h"
#include "format/quant_parts.h"

namespace qwenjet::format {

// Both: symmetric or with zero points, act-order by weight_g_idx. pack-quantized: 4 or 8 bits.
Result<std::unique_ptr<QuantSource>> OpenPackQuantizedSource(const QuantModule& module);
// int-quantized: one signed code a byte, of 8 bits or fewer.
Result<std::unique_ptr<QuantSource>> OpenIntQuantizedSource(const QuantModule& module);

}  // namespace qwenjet::format
