// SPDX-License-Identifier: Apache-2.0
// testing: small codes packed into 32-bit words as checkpoints store them, one bit after another,
// so that nothing is shared with the readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace qwenjet::testing {

// values [rows][cols] packed along rows (dim 0) or columns (dim 1), low bits first, the last word
// filled up with zeros. Slot i of a word holds its value order[i]; no order: value i.
inline std::vector<uint32_t> PackWords(const std::vector<int>& values, size_t rows, size_t cols,
                                       int bits, int dim, const std::vector<size_t>& order = {}) {
  const auto fields = static_cast<size_t>(32 / bits);
  const size_t length = dim == 0 ? rows : cols, lines = dim == 0 ? cols : rows;
  const size_t words = (length + fields - 1) / fields;
  std::vector<uint32_t> packed(words * lines);
  for (size_t line = 0; line < lines; ++line) {
    for (size_t word = 0; word < words; ++word) {
      for (size_t slot = 0; slot < fields; ++slot) {
        const size_t at = word * fields + (order.empty() ? slot : order[slot]);
        if (at >= length) continue;
        const int value = dim == 0 ? values[at * cols + line] : values[line * cols + at];
        for (int bit = 0; bit < bits; ++bit) {
          const uint32_t is_set = static_cast<uint32_t>(value) >> bit & 1u;
          uint32_t& target = packed[dim == 0 ? word * lines + line : line * words + word];
          target |= is_set << (slot * static_cast<size_t>(bits) + static_cast<size_t>(bit));
        }
      }
    }
  }
  return packed;
}

}  // namespace qwenjet::testing
