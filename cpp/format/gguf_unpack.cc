// SPDX-License-Identifier: Apache-2.0
// One struct a block type: its scheme, and how a block becomes codes and scales. Loops have no
// branches, so that the compiler vectorises them. Layouts: quant-formats, section 6.
#include "format/gguf_unpack.h"

#include "format/gguf_blocks.h"

namespace qwenjet::format {
namespace {

using layout::OffsetType;
using layout::QuantScheme;
using layout::ScaleType;

// Elements j and j + 16 share byte j.
void UnpackNibbles(const BlockBytes<16>& qs, uint8_t* codes) {
  for (size_t j = 0; j < 16; ++j) codes[j] = qs[j] & 15;
  for (size_t j = 0; j < 16; ++j) codes[j + 16] = qs[j] >> 4;
}

// Bit j of four bytes is bit 4 of element j. A byte's bits become 8 bytes at once: its copies keep
// one bit each, and adding 0x7f carries that bit, wherever it is, to the top. (A loop over elements
// has shifts that differ: 1.1 G codes/s of Q5_0 instead of 2.7, one thread of an EPYC, 2026-11-30.)
void AddFifthBits(const std::byte* src, uint8_t* codes) {
  for (size_t i = 0; i < 4; ++i) {
    const uint64_t copies = static_cast<uint64_t>(src[i]) * 0x0101010101010101u;
    const uint64_t bits = (copies & 0x8040201008040201u) + 0x7f7f7f7f7f7f7f7fu;
    uint64_t eight;
    std::memcpy(&eight, codes + 8 * i, sizeof(eight));
    eight |= (bits & 0x8080808080808080u) >> 3;
    std::memcpy(codes + 8 * i, &eight, sizeof(eight));
  }
}

struct Q4_0 {
  static constexpr QuantScheme kScheme = {.bits = 4, .group_size = 32};
  static constexpr size_t kBytes = 18, kElems = kSmallBlock;
  static void Unpack(const std::byte* block, const QuantRowTarget& out) {
    out.scales[0] = LoadHalfAsFloat(block);
    UnpackNibbles(BlockBytes<16>(block + 2), out.codes);
  }
};

struct Q4_1 {
  static constexpr QuantScheme kScheme = {
      .bits = 4, .group_size = 32, .offset_type = OffsetType::kMinimum};
  static constexpr size_t kBytes = 20, kElems = kSmallBlock;
  static void Unpack(const std::byte* block, const QuantRowTarget& out) {
    out.scales[0] = LoadHalfAsFloat(block);
    out.minimums[0] = LoadHalfAsFloat(block + 2);
    UnpackNibbles(BlockBytes<16>(block + 4), out.codes);
  }
};

struct Q5_0 {
  static constexpr QuantScheme kScheme = {.bits = 5, .group_size = 32};
  static constexpr size_t kBytes = 22, kElems = kSmallBlock;
  static void Unpack(const std::byte* block, const QuantRowTarget& out) {
    out.scales[0] = LoadHalfAsFloat(block);
    UnpackNibbles(BlockBytes<16>(block + 6), out.codes);
    AddFifthBits(block + 2, out.codes);
  }
};

struct Q5_1 {
  static constexpr QuantScheme kScheme = {
      .bits = 5, .group_size = 32, .offset_type = OffsetType::kMinimum};
  static constexpr size_t kBytes = 24, kElems = kSmallBlock;
  static void Unpack(const std::byte* block, const QuantRowTarget& out) {
    out.scales[0] = LoadHalfAsFloat(block);
    out.minimums[0] = LoadHalfAsFloat(block + 2);
    UnpackNibbles(BlockBytes<16>(block + 8), out.codes);
    AddFifthBits(block + 4, out.codes);
  }
};

// Signed codes become unsigned ones around 128.
struct Q8_0 {
  static constexpr QuantScheme kScheme = {.bits = 8, .group_size = 32};
  static constexpr size_t kBytes = 34, kElems = kSmallBlock;
  static void Unpack(const std::byte* block, const QuantRowTarget& out) {
    out.scales[0] = LoadHalfAsFloat(block);
    const BlockBytes<kSmallBlock> q(block + 2);
    for (size_t j = 0; j < kSmallBlock; ++j) out.codes[j] = q[j] ^ 0x80;
  }
};

constexpr QuantScheme TwoLevelMinimum(int32_t bits) {
  return {.bits = bits,
          .group_size = 32,
          .scale_type = ScaleType::kTwoLevel,
          .offset_type = OffsetType::kMinimum};
}

// f16 d; f16 dmin; 12 bytes of 6-bit scales and minimums.
void UnpackSubScales(const std::byte* block, const QuantRowTarget& out) {
  out.super_scales[0] = LoadHalfAsFloat(block);
  out.super_minimums[0] = LoadHalfAsFloat(block + 2);
  const SubScales sub(block + 4);
  for (size_t j = 0; j < 8; ++j) {
    out.sub_scales[j] = static_cast<int8_t>(sub.scale[j]);
    out.sub_minimums[j] = static_cast<int8_t>(sub.minimum[j]);
  }
}

struct Q4_K {
  static constexpr QuantScheme kScheme = TwoLevelMinimum(4);
  static constexpr size_t kBytes = 144, kElems = kSuperBlock;
  static void Unpack(const std::byte* block, const QuantRowTarget& out) {
    UnpackSubScales(block, out);
    const BlockBytes<128> qs(block + 16);
    for (size_t pair = 0; pair < 4; ++pair) {
      uint8_t* codes = out.codes + 64 * pair;
      for (size_t l = 0; l < 32; ++l) codes[l] = qs[32 * pair + l] & 15;
      for (size_t l = 0; l < 32; ++l) codes[32 + l] = qs[32 * pair + l] >> 4;
    }
  }
};

struct Q5_K {
  static constexpr QuantScheme kScheme = TwoLevelMinimum(5);
  static constexpr size_t kBytes = 176, kElems = kSuperBlock;
  static void Unpack(const std::byte* block, const QuantRowTarget& out) {
    UnpackSubScales(block, out);
    const BlockBytes<32> qh(block + 16);
    const BlockBytes<128> qs(block + 48);
    for (size_t pair = 0; pair < 4; ++pair) {
      uint8_t* codes = out.codes + 64 * pair;
      for (size_t l = 0; l < 32; ++l) {
        const int high = (qh[l] >> (2 * pair)) & 1;
        codes[l] = static_cast<uint8_t>((qs[32 * pair + l] & 15) | high << 4);
      }
      for (size_t l = 0; l < 32; ++l) {
        const int high = (qh[l] >> (2 * pair + 1)) & 1;
        codes[32 + l] = static_cast<uint8_t>((qs[32 * pair + l] >> 4) | high << 4);
      }
    }
  }
};

// Scales of its groups are signed, and the f16 one is at the end.
struct Q6_K {
  static constexpr QuantScheme kScheme = {
      .bits = 6, .group_size = 16, .scale_type = ScaleType::kTwoLevel};
  static constexpr size_t kBytes = 210, kElems = kSuperBlock;
  static void Unpack(const std::byte* block, const QuantRowTarget& out) {
    out.super_scales[0] = LoadHalfAsFloat(block + 208);
    std::memcpy(out.sub_scales, block + 192, 16);
    for (size_t half = 0; half < 2; ++half) {
      const BlockBytes<64> ql(block + 64 * half);
      const BlockBytes<32> qh(block + 128 + 32 * half);
      uint8_t* codes = out.codes + 128 * half;
      for (size_t l = 0; l < 32; ++l) codes[l] = Code(ql[l] & 15, qh[l]);
      for (size_t l = 0; l < 32; ++l) codes[32 + l] = Code(ql[32 + l] & 15, qh[l] >> 2);
      for (size_t l = 0; l < 32; ++l) codes[64 + l] = Code(ql[l] >> 4, qh[l] >> 4);
      for (size_t l = 0; l < 32; ++l) codes[96 + l] = Code(ql[32 + l] >> 4, qh[l] >> 6);
    }
  }
  static uint8_t Code(int low, int high) { return static_cast<uint8_t>(low | (high & 3) << 4); }
};

// Blocks of one row. Every type advances all pointers that its scheme has.
template <typename Block>
void UnpackRow(const std::byte* src, int64_t num_blocks, QuantRowTarget out) {
  constexpr size_t kGroups = Block::kElems / static_cast<size_t>(Block::kScheme.group_size);
  constexpr bool kTwoLevel = Block::kScheme.scale_type == ScaleType::kTwoLevel;
  constexpr bool kMinimum = Block::kScheme.offset_type == OffsetType::kMinimum;
  for (int64_t b = 0; b < num_blocks; ++b) {
    Block::Unpack(src, out);
    src += Block::kBytes;
    out.codes += Block::kElems;
    if constexpr (kTwoLevel) {
      out.super_scales += 1;
      out.sub_scales += kGroups;
      if constexpr (kMinimum) {
        out.super_minimums += 1;
        out.sub_minimums += kGroups;
      }
    } else {
      out.scales += 1;
      if constexpr (kMinimum) out.minimums += 1;
    }
  }
}

template <typename Block>
BlockReader ReaderOf() {
  return {Block::kScheme, UnpackRow<Block>};
}

}  // namespace

BlockReader FindBlockReader(TensorEncoding encoding) {
  switch (encoding) {
    case TensorEncoding::kQ4_0:
      return ReaderOf<Q4_0>();
    case TensorEncoding::kQ4_1:
      return ReaderOf<Q4_1>();
    case TensorEncoding::kQ5_0:
      return ReaderOf<Q5_0>();
    case TensorEncoding::kQ5_1:
      return ReaderOf<Q5_1>();
    case TensorEncoding::kQ8_0:
      return ReaderOf<Q8_0>();
    case TensorEncoding::kQ4_K:
      return ReaderOf<Q4_K>();
    case TensorEncoding::kQ5_K:
      return ReaderOf<Q5_K>();
    case TensorEncoding::kQ6_K:
      return ReaderOf<Q6_K>();
    default:
      return {};
  }
}

}  // namespace qwenjet::format
