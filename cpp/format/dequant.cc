// SPDX-License-Identifier: Apache-2.0
// Plain loops without branches in them, so that the compiler vectorises each (measured in
// dequant_bench.cc). Block layouts: quant-formats, section 6 (ggml's block_q8_0 and so on).
#include "format/dequant.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bf16.h"
#include "format/gguf_blocks.h"

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

// f16 d; i8 q[32]
void FromQ8_0(const std::byte* src, float* dst, size_t count) {
  for (size_t b = 0; b < count / kSmallBlock; ++b, src += 34, dst += kSmallBlock) {
    const float d = LoadHalfAsFloat(src);
    int8_t q[kSmallBlock];
    std::memcpy(q, src + 2, sizeof(q));
    for (size_t j = 0; j < kSmallBlock; ++j) dst[j] = d * static_cast<float>(q[j]);
  }
}

// f16 d; u8 qs[16]: low nibbles are elements 0..15, high nibbles 16..31
void FromQ4_0(const std::byte* src, float* dst, size_t count) {
  for (size_t b = 0; b < count / kSmallBlock; ++b, src += 18, dst += kSmallBlock) {
    const float d = LoadHalfAsFloat(src);
    uint8_t q[16];
    std::memcpy(q, src + 2, sizeof(q));
    for (size_t j = 0; j < 16; ++j) dst[j] = d * static_cast<float>((q[j] & 15) - 8);
    for (size_t j = 0; j < 16; ++j) dst[j + 16] = d * static_cast<float>((q[j] >> 4) - 8);
  }
}

// f16 d; f16 m; u8 qs[16]
void FromQ4_1(const std::byte* src, float* dst, size_t count) {
  for (size_t b = 0; b < count / kSmallBlock; ++b, src += 20, dst += kSmallBlock) {
    const float d = LoadHalfAsFloat(src);
    const float m = LoadHalfAsFloat(src + 2);
    uint8_t q[16];
    std::memcpy(q, src + 4, sizeof(q));
    for (size_t j = 0; j < 16; ++j) dst[j] = d * static_cast<float>(q[j] & 15) + m;
    for (size_t j = 0; j < 16; ++j) dst[j + 16] = d * static_cast<float>(q[j] >> 4) + m;
  }
}

// f16 d; u32 qh: bit j is bit 4 of element j; u8 qs[16]
void FromQ5_0(const std::byte* src, float* dst, size_t count) {
  for (size_t b = 0; b < count / kSmallBlock; ++b, src += 22, dst += kSmallBlock) {
    const float d = LoadHalfAsFloat(src);
    uint32_t qh;
    std::memcpy(&qh, src + 2, sizeof(qh));
    const BlockBytes<16> q(src + 6);
    for (uint32_t j = 0; j < 16; ++j) {
      const auto high = static_cast<int>(((qh >> j) & 1) << 4);
      dst[j] = d * static_cast<float>(((q[j] & 15) | high) - 16);
    }
    for (uint32_t j = 0; j < 16; ++j) {
      const auto high = static_cast<int>(((qh >> (j + 16)) & 1) << 4);
      dst[j + 16] = d * static_cast<float>(((q[j] >> 4) | high) - 16);
    }
  }
}

// f16 d; f16 m; u32 qh; u8 qs[16]
void FromQ5_1(const std::byte* src, float* dst, size_t count) {
  for (size_t b = 0; b < count / kSmallBlock; ++b, src += 24, dst += kSmallBlock) {
    const float d = LoadHalfAsFloat(src);
    const float m = LoadHalfAsFloat(src + 2);
    uint32_t qh;
    std::memcpy(&qh, src + 4, sizeof(qh));
    const BlockBytes<16> q(src + 8);
    for (uint32_t j = 0; j < 16; ++j) {
      const auto high = static_cast<int>(((qh >> j) & 1) << 4);
      dst[j] = d * static_cast<float>((q[j] & 15) | high) + m;
    }
    for (uint32_t j = 0; j < 16; ++j) {
      const auto high = static_cast<int>(((qh >> (j + 16)) & 1) << 4);
      dst[j + 16] = d * static_cast<float>((q[j] >> 4) | high) + m;
    }
  }
}

// f16 d; f16 dmin; 6-bit scales[12]; u8 qs[128]: 32 bytes are two sub-blocks of 32 elements
void FromQ4_K(const std::byte* src, float* dst, size_t count) {
  for (size_t b = 0; b < count / kSuperBlock; ++b, src += 144) {
    const float d = LoadHalfAsFloat(src);
    const float dmin = LoadHalfAsFloat(src + 2);
    const SubScales sub(src + 4);
    for (size_t pair = 0; pair < 4; ++pair, dst += 64) {
      const BlockBytes<32> q(src + 16 + 32 * pair);
      const float scale_low = d * sub.scale[2 * pair];
      const float scale_high = d * sub.scale[2 * pair + 1];
      const float min_low = dmin * sub.minimum[2 * pair];
      const float min_high = dmin * sub.minimum[2 * pair + 1];
      for (size_t l = 0; l < 32; ++l) {
        dst[l] = scale_low * static_cast<float>(q[l] & 15) - min_low;
      }
      for (size_t l = 0; l < 32; ++l) {
        dst[32 + l] = scale_high * static_cast<float>(q[l] >> 4) - min_high;
      }
    }
  }
}

// As Q4_K, with u8 qh[32] before qs: bits 2p and 2p + 1 of qh[l] are bit 4 in the sub-blocks of
// pair p
void FromQ5_K(const std::byte* src, float* dst, size_t count) {
  for (size_t b = 0; b < count / kSuperBlock; ++b, src += 176) {
    const float d = LoadHalfAsFloat(src);
    const float dmin = LoadHalfAsFloat(src + 2);
    const SubScales sub(src + 4);
    const BlockBytes<32> qh(src + 16);
    for (size_t pair = 0; pair < 4; ++pair, dst += 64) {
      const BlockBytes<32> q(src + 48 + 32 * pair);
      const float scale_low = d * sub.scale[2 * pair];
      const float scale_high = d * sub.scale[2 * pair + 1];
      const float min_low = dmin * sub.minimum[2 * pair];
      const float min_high = dmin * sub.minimum[2 * pair + 1];
      for (size_t l = 0; l < 32; ++l) {
        const int high = ((qh[l] >> (2 * pair)) & 1) << 4;
        dst[l] = scale_low * static_cast<float>((q[l] & 15) | high) - min_low;
      }
      for (size_t l = 0; l < 32; ++l) {
        const int high = ((qh[l] >> (2 * pair + 1)) & 1) << 4;
        dst[32 + l] = scale_high * static_cast<float>((q[l] >> 4) | high) - min_high;
      }
    }
  }
}

// u8 ql[128]; u8 qh[64]; i8 scales[16]; f16 d. Half n has 64 bytes of ql and 32 of qh; its quarter
// p takes nibbles p / 2 of bytes p % 2 * 32 .. of ql and bits 2p, 2p + 1 of qh
void FromQ6_K(const std::byte* src, float* dst, size_t count) {
  for (size_t b = 0; b < count / kSuperBlock; ++b, src += 210) {
    const float d = LoadHalfAsFloat(src + 208);
    int8_t sc[16];
    std::memcpy(sc, src + 192, sizeof(sc));
    for (size_t quarter = 0; quarter < 8; ++quarter, dst += 32) {
      const size_t half = quarter / 4;
      const size_t p = quarter % 4;
      const BlockBytes<32> ql(src + 64 * half + 32 * (p % 2));
      const BlockBytes<32> qh(src + 128 + 32 * half);
      for (size_t group = 0; group < 2; ++group) {
        const float scale = d * sc[2 * quarter + group];
        for (size_t l = 16 * group; l < 16 * group + 16; ++l) {
          const int q = ((ql[l] >> (p / 2 * 4)) & 15) | ((qh[l] >> (2 * p)) & 3) << 4;
          dst[l] = scale * static_cast<float>(q - 32);
        }
      }
    }
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
    case TensorEncoding::kQ5_0:
      return FromQ5_0;
    case TensorEncoding::kQ5_1:
      return FromQ5_1;
    case TensorEncoding::kQ4_K:
      return FromQ4_K;
    case TensorEncoding::kQ5_K:
      return FromQ5_K;
    case TensorEncoding::kQ6_K:
      return FromQ6_K;
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
