// SPDX-License-Identifier: Apache-2.0
// Plain loops without branches in them, so that the compiler vectorises each (measured in
// dequant_bench.cc). Block layouts: quant-formats, section 6 (ggml's block_q8_0 and so on).
#include "format/dequant.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bf16.h"

namespace qwenjet::format {
namespace {

// As HalfToFloat, without its branches.
inline float HalfToFloatBranchless(uint16_t half) {
  const uint32_t shifted = (uint32_t{half} & 0x7fffu) << 13;
  const uint32_t exponent = shifted & 0x0f800000u;
  const uint32_t normal = shifted + (112u << 23);
  const uint32_t special = normal + (112u << 23);  // infinity and NaN
  const float subnormal =
      std::bit_cast<float>(normal + (1u << 23)) - std::bit_cast<float>(113u << 23);
  // Masks, not ?: - gcc 12 turns a select back into a branch and then does not vectorise (2 GB/s).
  const uint32_t is_special = 0u - static_cast<uint32_t>(exponent == 0x0f800000u);
  const uint32_t is_subnormal = 0u - static_cast<uint32_t>(exponent == 0);
  const uint32_t bits = (special & is_special) |
                        (std::bit_cast<uint32_t>(subnormal) & is_subnormal) |
                        (normal & ~(is_special | is_subnormal));
  return std::bit_cast<float>(bits | (uint32_t{half} & 0x8000u) << 16);
}

inline uint16_t LoadHalf(const std::byte* bytes) {
  uint16_t half;
  std::memcpy(&half, bytes, sizeof(half));
  return half;
}

void CopyF32(const std::byte* src, float* dst, size_t count) {
  std::memcpy(dst, src, count * sizeof(float));
}

void FromF16(const std::byte* src, float* dst, size_t count) {
  for (size_t i = 0; i < count; ++i) dst[i] = HalfToFloatBranchless(LoadHalf(src + 2 * i));
}

void FromBF16(const std::byte* src, float* dst, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    dst[i] = std::bit_cast<float>(uint32_t{LoadHalf(src + 2 * i)} << 16);
  }
}

void FromF64(const std::byte* src, float* dst, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    double value;
    std::memcpy(&value, src + 8 * i, sizeof(value));
    dst[i] = static_cast<float>(value);
  }
}

constexpr size_t kSmallBlock = 32;

// f16 d; i8 q[32]
void FromQ8_0(const std::byte* src, float* dst, size_t count) {
  for (size_t b = 0; b < count / kSmallBlock; ++b, src += 34, dst += kSmallBlock) {
    const float d = HalfToFloat(LoadHalf(src));
    int8_t q[kSmallBlock];
    std::memcpy(q, src + 2, sizeof(q));
    for (size_t j = 0; j < kSmallBlock; ++j) dst[j] = d * static_cast<float>(q[j]);
  }
}

// f16 d; u8 qs[16]: low nibbles are elements 0..15, high nibbles 16..31
void FromQ4_0(const std::byte* src, float* dst, size_t count) {
  for (size_t b = 0; b < count / kSmallBlock; ++b, src += 18, dst += kSmallBlock) {
    const float d = HalfToFloat(LoadHalf(src));
    uint8_t q[16];
    std::memcpy(q, src + 2, sizeof(q));
    for (size_t j = 0; j < 16; ++j) dst[j] = d * static_cast<float>((q[j] & 15) - 8);
    for (size_t j = 0; j < 16; ++j) dst[j + 16] = d * static_cast<float>((q[j] >> 4) - 8);
  }
}

// f16 d; f16 m; u8 qs[16]
void FromQ4_1(const std::byte* src, float* dst, size_t count) {
  for (size_t b = 0; b < count / kSmallBlock; ++b, src += 20, dst += kSmallBlock) {
    const float d = HalfToFloat(LoadHalf(src));
    const float m = HalfToFloat(LoadHalf(src + 2));
    uint8_t q[16];
    std::memcpy(q, src + 4, sizeof(q));
    for (size_t j = 0; j < 16; ++j) dst[j] = d * static_cast<float>(q[j] & 15) + m;
    for (size_t j = 0; j < 16; ++j) dst[j + 16] = d * static_cast<float>(q[j] >> 4) + m;
  }
}

using DequantizeFn = void (*)(const std::byte* src, float* dst, size_t count);

DequantizeFn FindDequantize(TensorEncoding encoding) {
  switch (encoding) {
    case TensorEncoding::kF32:
      return CopyF32;
    case TensorEncoding::kF16:
      return FromF16;
    case TensorEncoding::kBF16:
      return FromBF16;
    case TensorEncoding::kF64:
      return FromF64;
    case TensorEncoding::kQ8_0:
      return FromQ8_0;
    case TensorEncoding::kQ4_0:
      return FromQ4_0;
    case TensorEncoding::kQ4_1:
      return FromQ4_1;
    default:
      return nullptr;
  }
}

}  // namespace

bool CanDequantize(TensorEncoding encoding) { return FindDequantize(encoding) != nullptr; }

Status DequantizeRows(TensorEncoding encoding, std::span<const std::byte> src,
                      std::span<float> dst) {
  const EncodingInfo& info = InfoOf(encoding);
  const DequantizeFn dequantize = FindDequantize(encoding);
  if (dequantize == nullptr) {
    return Error(StatusCode::kUnsupported, "weights of type ", info.name,
                 " cannot be read by this build");
  }
  const auto block_elems = static_cast<size_t>(info.block_elems);
  const auto block_bytes = static_cast<size_t>(info.block_bytes);
  if (dst.size() % block_elems != 0 || src.size() / block_bytes != dst.size() / block_elems ||
      src.size() % block_bytes != 0) {
    return Error(StatusCode::kInvalidArgument, "expected ", dst.size(), " elements of ", info.name,
                 " in whole blocks of ", block_elems, " (", block_bytes, " bytes), got ",
                 src.size(), " bytes");
  }
  if (!dst.empty()) dequantize(src.data(), dst.data(), dst.size());
  return OkStatus();
}

}  // namespace qwenjet::format
