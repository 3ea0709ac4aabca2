// SPDX-License-Identifier: Apache-2.0
// format: how a stored tensor is described, whichever container it came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qwenjet::format {

// Element encodings of safetensors and GGUF. Plain types are blocks of one element.
enum class TensorEncoding : int32_t {
  kBool,
  kU8,
  kI8,
  kF8E5M2,
  kF8E4M3,
  kF8E8M0,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kF64,
  kI64,
  kU64,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ8_1,
  kQ2_K,
  kQ3_K,
  kQ4_K,
  kQ5_K,
  kQ6_K,
  kQ8_K,
  kIQ4_NL,
  kIQ4_XS,
  kMXFP4,
  kNVFP4,
};
inline constexpr int32_t kNumTensorEncodings = 32;

struct EncodingInfo {
  const char* name;  // "BF16", "Q4_1"
  int64_t block_bytes;
  int64_t block_elems;  // consecutive elements of a row that one block holds
  int32_t ggml_type;    // the number in GGUF files; -1 if GGUF has none
  bool in_safetensors;
};

const EncodingInfo& InfoOf(TensorEncoding encoding);
inline const char* NameOf(TensorEncoding encoding) { return InfoOf(encoding).name; }
// Whether elements are floats that need no scale: F64, F32, F16, BF16.
constexpr bool IsPlainFloat(TensorEncoding encoding) {
  return encoding == TensorEncoding::kF64 || encoding == TensorEncoding::kF32 ||
         encoding == TensorEncoding::kF16 || encoding == TensorEncoding::kBF16;
}
std::optional<TensorEncoding> EncodingFromSafetensors(std::string_view dtype);
std::optional<TensorEncoding> EncodingFromGgml(uint32_t type);

// Number of elements; nullopt if a dimension is negative or the product exceeds int64.
std::optional<int64_t> NumElements(const std::vector<int64_t>& shape);
// Bytes of the tensor; nullopt as above, or if a row (the last dimension) is not whole blocks.
std::optional<uint64_t> SizeBytes(TensorEncoding encoding, const std::vector<int64_t>& shape);
// "[2, 3]"
std::string ShapeText(const std::vector<int64_t>& shape);

struct TensorInfo {
  std::string name;         // as published; see format/weight_index.h
  std::string stored_name;  // as the file has it
  TensorEncoding encoding = TensorEncoding::kF32;
  std::vector<int64_t> shape;  // outermost first; rows of the last dimension are contiguous
  int32_t file_idx = 0;
  uint64_t offset = 0;  // from the start of the file
  uint64_t size_bytes = 0;
};

}  // namespace qwenjet::format
