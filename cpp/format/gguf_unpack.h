// SPDX-License-Identifier: Apache-2.0
// format: internal: stored rows of GGUF blocks, taken apart into the canonical form.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/tensor_info.h"
#include "layout/quant_weight.h"

namespace qwenjet::format {

// Where a row goes (QuantRows); pointers that its scheme does not use are null.
struct QuantRowTarget {
  uint8_t* codes;
  float* scales;
  float* minimums;
  float* super_scales;
  int8_t* sub_scales;
  float* super_minimums;
  int8_t* sub_minimums;
};

struct BlockReader {
  layout::QuantScheme scheme;
  void (*unpack_row)(const std::byte* src, int64_t num_blocks, QuantRowTarget out) = nullptr;
};

// unpack_row is null for encodings that are no blocks or cannot be read.
BlockReader FindBlockReader(TensorEncoding encoding);

}  // namespace qwenjet::format
