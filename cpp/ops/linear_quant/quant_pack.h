// SPDX-License-Identifier: Apache-2.0
// linear_quant: puts rows of the canonical form into the tiles of layout/quant_weight.h.
#pragma once

#include <cstdint>

#include "layout/quant_weight.h"

namespace qwenjet::ops {

// Rows of a weight [N, K] from the first of a block on; G groups and S super groups a row. Null
// where the scheme has no such values (format::QuantRows names them).
struct QuantRowPointers {
  const uint8_t* codes = nullptr;         // [rows][K]
  const float* scales = nullptr;          // [rows][G]
  const uint8_t* zeros = nullptr;         // [rows][G]
  const float* minimums = nullptr;        // [rows][G]
  const float* super_scales = nullptr;    // [rows][S]
  const int8_t* sub_scales = nullptr;     // [rows][G]
  const float* super_minimums = nullptr;  // [rows][S]
  const int8_t* sub_minimums = nullptr;   // [rows][G]
};

// Writes the whole block (w.BlockBytes(), 64-byte aligned) from `rows` <= 16 rows; the missing ones
// and the padding are zero. Of w only the scheme and sizes are read. Scales and minimums that their
// type does not hold exactly are rounded to nearest even. Thread-safe on different blocks.
void PackQuantBlock(const layout::QuantWeight& w, int64_t rows, const QuantRowPointers& from,
                    std::byte* block);

}  // namespace qwenjet::ops
