// SPDX-License-Identifier: Apache-2.0
// Every encoding against its formula in double, over all scales or random blocks; results are
// exact in float32 wherever the formula's are, and correctly rounded products elsewhere.
#include "format/dequant.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "base/bf16.h"

namespace qwenjet::format {
namespace {

template <typename T>
std::vector<std::byte> Bytes(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

bool SameBits(float a, float b) { return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b); }

TEST(DequantTest, EveryHalfAndEveryBFloat16) {
  std::vector<uint16_t> all(65536);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  const auto src = Bytes(all);
  std::vector<float> dst(all.size());
  ASSERT_TRUE(DequantizeRows(TensorEncoding::kF16, src, dst).ok());
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_TRUE(SameBits(dst[i], HalfToFloat(all[i]))) << i << " gave " << dst[i];
  }
  ASSERT_TRUE(DequantizeRows(TensorEncoding::kBF16, src, dst).ok());
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_TRUE(SameBits(dst[i], ToFloat(BFloat16{all[i]}))) << i;
  }
}

TEST(DequantTest, PlainFloats) {
  const std::vector<float> values = {0.0f, -0.0f, 1.5f, -3e38f, 1e-45f, INFINITY};
  std::vector<float> dst(values.size());
  ASSERT_TRUE(DequantizeRows(TensorEncoding::kF32, Bytes(values), dst).ok());
  for (size_t i = 0; i < values.size(); ++i) EXPECT_TRUE(SameBits(dst[i], values[i])) << i;
  const std::vector<double> doubles = {0.1, -2.5, 1e300, 1e-300};
  dst.resize(doubles.size());
  ASSERT_TRUE(DequantizeRows(TensorEncoding::kF64, Bytes(doubles), dst).ok());
  EXPECT_EQ(dst, (std::vector<float>{0.1f, -2.5f, INFINITY, 0.0f}));
}

// Blocks of random bytes; the halves at the given offsets of each are finite.
std::vector<std::byte> RandomBlocks(TensorEncoding encoding, size_t num_blocks,
                                    const std::vector<size_t>& halves) {
  std::mt19937 random(7);
  const auto block_bytes = static_cast<size_t>(InfoOf(encoding).block_bytes);
  std::vector<std::byte> bytes(num_blocks * block_bytes);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  for (size_t block = 0; block < num_blocks; ++block) {
    for (const size_t half : halves) {
      bytes[block * block_bytes + half + 1] &= std::byte{0xbb};  // exponent below the largest
    }
  }
  return bytes;
}

double Half(const std::byte* bytes) {
  uint16_t half;
  std::memcpy(&half, bytes, 2);
  return HalfToFloat(half);
}

int Byte(const std::byte* bytes, size_t i) { return static_cast<int>(bytes[i]); }
int Bit(const std::byte* bytes, size_t i) { return (Byte(bytes, i / 8) >> (i % 8)) & 1; }
// Element j of 32 whose halves share bytes.
int Nibble(const std::byte* qs, size_t j) {
  return j < 16 ? Byte(qs, j) & 15 : Byte(qs, j - 16) >> 4;
}

// Sub-block j of Q4_K and Q5_K.
int SubScale(const std::byte* sc, size_t j) {
  return j < 4 ? Byte(sc, j) & 63 : (Byte(sc, j + 4) & 15) | (Byte(sc, j - 4) >> 6) << 4;
}
int SubMinimum(const std::byte* sc, size_t j) {
  return j < 4 ? Byte(sc, j + 4) & 63 : Byte(sc, j + 4) >> 4 | (Byte(sc, j) >> 6) << 4;
}

// The formulas of one element. Their float32 products are exact in double, and so are the sums
// (f16 spans 40 binary orders), so that rounding the result once is what float32 gives.
struct BlockCase {
  TensorEncoding encoding;
  std::vector<size_t> halves;
  double (*value)(const std::byte* block, size_t j);
};

const BlockCase kBlockCases[] = {
    {TensorEncoding::kQ8_0,
     {0},
     [](const std::byte* b, size_t j) {
       return Half(b) * static_cast<double>(static_cast<int8_t>(b[2 + j]));
     }},
    {TensorEncoding::kQ4_0,
     {0},
     [](const std::byte* b, size_t j) { return Half(b) * (Nibble(b + 2, j) - 8); }},
    {TensorEncoding::kQ4_1,
     {0, 2},
     [](const std::byte* b, size_t j) { return Half(b) * Nibble(b + 4, j) + Half(b + 2); }},
    {TensorEncoding::kQ5_0,
     {0},
     [](const std::byte* b, size_t j) {
       return Half(b) * ((Nibble(b + 6, j) | Bit(b + 2, j) << 4) - 16);
     }},
    {TensorEncoding::kQ5_1,
     {0, 2},
     [](const std::byte* b, size_t j) {
       return Half(b) * (Nibble(b + 8, j) | Bit(b + 4, j) << 4) + Half(b + 2);
     }},
    {TensorEncoding::kQ4_K,
     {0, 2},
     [](const std::byte* b, size_t j) {
       const size_t sub = j / 32;
       const int byte = Byte(b + 16, sub / 2 * 32 + j % 32);
       return Half(b) * SubScale(b + 4, sub) * (sub % 2 == 0 ? byte & 15 : byte >> 4) -
              Half(b + 2) * SubMinimum(b + 4, sub);
     }},
    {TensorEncoding::kQ5_K,
     {0, 2},
     [](const std::byte* b, size_t j) {
       const size_t sub = j / 32;
       const int byte = Byte(b + 48, sub / 2 * 32 + j % 32);
       const int code = (sub % 2 == 0 ? byte & 15 : byte >> 4) + 16 * Bit(b + 16, j % 32 * 8 + sub);
       return Half(b) * SubScale(b + 4, sub) * code - Half(b + 2) * SubMinimum(b + 4, sub);
     }},
    {TensorEncoding::kQ6_K,
     {208},
     [](const std::byte* b, size_t j) {
       const size_t half = j / 128, in_half = j % 128;
       const int low = Byte(b, 64 * half + in_half % 64);
       const int high = Byte(b, 128 + 32 * half + in_half % 32) >> (in_half / 32 * 2);
       const int code = ((in_half < 64 ? low & 15 : low >> 4) | (high & 3) << 4) - 32;
       return Half(b + 208) * static_cast<int8_t>(Byte(b, 192 + j / 16)) * code;
     }},
};

TEST(DequantTest, BlocksFollowTheirFormulas) {
  constexpr size_t kBlocks = 500;
  for (const BlockCase& c : kBlockCases) {
    const auto block_bytes = static_cast<size_t>(InfoOf(c.encoding).block_bytes);
    const auto block_elems = static_cast<size_t>(InfoOf(c.encoding).block_elems);
    const auto src = RandomBlocks(c.encoding, kBlocks, c.halves);
    std::vector<float> dst(kBlocks * block_elems, NAN);
    const Status status = DequantizeRows(c.encoding, src, dst);
    ASSERT_TRUE(status.ok()) << status.message();
    for (size_t i = 0; i < dst.size(); ++i) {
      const std::byte* block = src.data() + i / block_elems * block_bytes;
      const auto expected = static_cast<float>(c.value(block, i % block_elems));
      ASSERT_TRUE(dst[i] == expected) << NameOf(c.encoding) << " element " << i << ": expected "
                                      << expected << ", got " << dst[i];
    }
  }
}

TEST(DequantTest, OtherEncodingsAreUnsupportedByName) {
  for (int32_t i = 0; i < kNumTensorEncodings; ++i) {
    const auto encoding = static_cast<TensorEncoding>(i);
    std::vector<std::byte> src(static_cast<size_t>(InfoOf(encoding).block_bytes));
    std::vector<float> dst(static_cast<size_t>(InfoOf(encoding).block_elems));
    const Status status = DequantizeRows(encoding, src, dst);
    EXPECT_EQ(status.ok(), CanDequantize(encoding)) << NameOf(encoding);
    if (!status.ok()) {
      EXPECT_EQ(status.code(), StatusCode::kUnsupported);
      EXPECT_NE(status.message().find(NameOf(encoding)), std::string::npos);
    }
  }
  EXPECT_TRUE(CanDequantize(TensorEncoding::kQ4_0));
  EXPECT_TRUE(CanDequantize(TensorEncoding::kQ6_K));
  EXPECT_FALSE(CanDequantize(TensorEncoding::kQ3_K));
}

TEST(DequantTest, SizesMustAgree) {
  std::vector<std::byte> src(36);
  std::vector<float> dst(64);
  EXPECT_TRUE(DequantizeRows(TensorEncoding::kQ4_0, src, dst).ok());
  EXPECT_TRUE(DequantizeRows(TensorEncoding::kQ4_0, {}, {}).ok());
  for (const auto& [bytes, elems] :
       {std::pair<size_t, size_t>{35, 64}, {36, 63}, {36, 32}, {18, 64}, {0, 32}}) {
    const Status status = DequantizeRows(TensorEncoding::kQ4_0, std::span(src).first(bytes),
                                         std::span(dst).first(elems));
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << bytes << " " << elems;
  }
}

}  // namespace
}  // namespace qwenjet::format
