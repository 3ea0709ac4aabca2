// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/packing.h"

#include <algorithm>
#include <cstring>

#include "base/bf16.h"

namespace qwenjet::model::quantize {
namespace {

constexpr int64_t kWordBits = 32;

}  // namespace

std::vector<int32_t> PackCodes(const Codes& codes, int32_t bits) {
  const int64_t per_word = kWordBits / bits;
  const int64_t words = (codes.k + per_word - 1) / per_word;
  std::vector<int32_t> packed(static_cast<size_t>(codes.n * words));
  for (int64_t row = 0; row < codes.n; ++row) {
    const uint8_t* in = codes.codes.data() + row * codes.k;
    int32_t* out = packed.data() + row * words;
    for (int64_t word = 0; word < words; ++word) {
      uint32_t value = 0;
      const int64_t end = std::min(codes.k, (word + 1) * per_word);
      for (int64_t col = word * per_word; col < end; ++col) {
        value |= uint32_t{in[col]} << ((col % per_word) * bits);
      }
      out[word] = static_cast<int32_t>(value);
    }
  }
  return packed;
}

std::vector<int32_t> PackZeros(const Codes& codes, int32_t bits) {
  const int64_t per_word = kWordBits / bits;
  const int64_t words = (codes.n + per_word - 1) / per_word;
  std::vector<int32_t> packed(static_cast<size_t>(words * codes.num_groups));
  for (int64_t row = 0; row < codes.n; ++row) {
    for (int64_t group = 0; group < codes.num_groups; ++group) {
      const auto zero = static_cast<uint32_t>(
          codes.groups[static_cast<size_t>(row * codes.num_groups + group)].zero);
      int32_t& word = packed[static_cast<size_t>(row / per_word * codes.num_groups + group)];
      word = static_cast<int32_t>(static_cast<uint32_t>(word) | zero << ((row % per_word) * bits));
    }
  }
  return packed;
}

std::vector<std::byte> StoreFloats(const float* values, int64_t count,
                                   format::TensorEncoding encoding) {
  const auto elem = static_cast<size_t>(format::InfoOf(encoding).block_bytes);
  std::vector<std::byte> bytes(static_cast<size_t>(count) * elem);
  for (int64_t i = 0; i < count; ++i) {
    std::byte* out = bytes.data() + static_cast<size_t>(i) * elem;
    if (encoding == format::TensorEncoding::kBF16) {
      const BFloat16 rounded = ToBFloat16(values[i]);
      std::memcpy(out, &rounded, sizeof(rounded));
    } else if (encoding == format::TensorEncoding::kF16) {
      const uint16_t rounded = FloatToHalf(values[i]);
      std::memcpy(out, &rounded, sizeof(rounded));
    } else {
      std::memcpy(out, &values[i], sizeof(float));
    }
  }
  return bytes;
}

}  // namespace qwenjet::model::quantize
