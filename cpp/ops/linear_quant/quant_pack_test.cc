// SPDX-License-Identifier: Apache-2.0
#include "ops/linear_quant/quant_pack.h"

#include <gtest/gtest.h>

#include "layout/quant_element.h"
#include "ops/linear_quant/linear_quant_problem.h"

namespace qwenjet::ops {
namespace {

using layout::OffsetType;
using layout::ScaleType;

TEST(QuantPack, EveryElementIsWhereTheLayoutSays) {
  testing::Rng rng(1);
  for (const layout::QuantScheme& scheme : AllSchemes()) {
    SCOPED_TRACE(NameOf(scheme));
    const QuantProblem p(scheme, 21, 700, rng);
    const LinearQuantRefWeight w = p.Numbers();
    for (int64_t row = 0; row < 21; ++row) {
      for (int64_t col = 0; col < 700; ++col) {
        const int64_t group = col / scheme.group_size;
        ASSERT_EQ(layout::CodeOf(p.view, row, col), w.code(row, col));
        ASSERT_EQ(layout::ScaleOf(p.view, row, group), w.scale(row, group));
        ASSERT_EQ(layout::ZeroPointOf(p.view, row, group), w.zero(row, group));
        ASSERT_EQ(layout::MinimumOf(p.view, row, group), w.minimum(row, group));
      }
    }
  }
}

// Bytes worked out by hand from the description.
TEST(QuantPack, BytesOfASmallBlock) {
  layout::QuantWeight w;
  w.scheme = {6, 32, ScaleType::kF16, OffsetType::kZeroPoint};
  w.n = 2;
  w.k = 20;
  std::vector<uint8_t> codes(40, 0), zeros = {7, 9};
  codes[20 + 5] = 0x2b;   // row 1, vector 1, column 1 of it
  codes[20 + 17] = 0x31;  // row 1, vector 4, column 1 of it
  const std::vector<float> scales = {1.0f, -2.0f};
  QuantRowPointers from;
  from.codes = codes.data();
  from.scales = scales.data();
  from.zeros = zeros.data();
  ASSERT_EQ(w.BlockBytes(), 64 + 6 * 64);
  std::vector<std::byte> block(static_cast<size_t>(w.BlockBytes()), std::byte{0xee});
  PackQuantBlock(w, 2, from, block.data());
  std::vector<std::byte> expected(block.size(), std::byte{0});
  expected[1] = std::byte{0x3c};  // 1.0
  expected[3] = std::byte{0xc0};  // -2.0
  expected[32] = std::byte{7};
  expected[33] = std::byte{9};
  expected[1 * 64 + 1 * 4 + 1] = std::byte{0xb0};      // high half of line 0
  expected[3 * 64 + 1 * 4 + 1] = std::byte{0x01};      // low half of line 2
  expected[5 * 64 + 1 * 4 + 1] = std::byte{0x2 << 2};  // vector 1: bits 2, 3
  expected[6 * 64 + 1 * 4 + 1] = std::byte{0x3};       // vector 4: bits 0, 1
  EXPECT_EQ(block, expected);
}

}  // namespace
}  // namespace qwenjet::ops
