// SPDX-License-Identifier: Apache-2.0
// format: internal to quant_source.cc: the modules that GPTQ and AWQ store as qweight, qzeros and
// scales. Both lie with the input columns outermost, so a range of rows is read in strips.
// Layouts: quant-formats, sections 2 and 3 (AutoGPTQ, GPTQModel; AutoAWQ's gemm version).
#pragma once

#include <memory>

#include "base/status.h"
#include "format/quant_parts.h"

namespace qwenjet::format {

// 4 or 8 bits, v1 or v2 by the configuration's format; g_idx, where it permutes, becomes the
// source's permutation. Zeros that are all 2^(bits - 1) make the source symmetric.
Result<std::unique_ptr<QuantSource>> OpenGptqSource(const QuantModule& module);
// 4 bits.
Result<std::unique_ptr<QuantSource>> OpenAwqSource(const QuantModule& module);

}  // namespace qwenjet::format
