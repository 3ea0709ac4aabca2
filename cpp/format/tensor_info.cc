// SPDX-License-Identifier: Apache-2.0
#include "format/tensor_info.h"

#include <limits>

namespace qwenjet::format {
namespace {

// In the order of the enum.
constexpr EncodingInfo kEncodings[kNumTensorEncodings] = {
    {"BOOL", 1, 1, -1, true},      {"U8", 1, 1, -1, true},        {"I8", 1, 1, 24, true},
    {"F8_E5M2", 1, 1, -1, true},   {"F8_E4M3", 1, 1, -1, true},   {"F8_E8M0", 1, 1, -1, true},
    {"I16", 2, 1, 25, true},       {"U16", 2, 1, -1, true},       {"F16", 2, 1, 1, true},
    {"BF16", 2, 1, 30, true},      {"I32", 4, 1, 26, true},       {"U32", 4, 1, -1, true},
    {"F32", 4, 1, 0, true},        {"F64", 8, 1, 28, true},       {"I64", 8, 1, 27, true},
    {"U64", 8, 1, -1, true},       {"Q4_0", 18, 32, 2, false},    {"Q4_1", 20, 32, 3, false},
    {"Q5_0", 22, 32, 6, false},    {"Q5_1", 24, 32, 7, false},    {"Q8_0", 34, 32, 8, false},
    {"Q8_1", 36, 32, 9, false},    {"Q2_K", 84, 256, 10, false},  {"Q3_K", 110, 256, 11, false},
    {"Q4_K", 144, 256, 12, false}, {"Q5_K", 176, 256, 13, false}, {"Q6_K", 210, 256, 14, false},
    {"Q8_K", 292, 256, 15, false}, {"IQ4_NL", 18, 32, 20, false}, {"IQ4_XS", 136, 256, 23, false},
    {"MXFP4", 17, 32, 39, false},  {"NVFP4", 36, 64, 40, false},
};

}  // namespace

const EncodingInfo& InfoOf(TensorEncoding encoding) {
  return kEncodings[static_cast<size_t>(encoding)];
}

std::optional<TensorEncoding> EncodingFromSafetensors(std::string_view dtype) {
  for (int32_t i = 0; i < kNumTensorEncodings; ++i) {
    if (kEncodings[i].in_safetensors && dtype == kEncodings[i].name) {
      return static_cast<TensorEncoding>(i);
    }
  }
  return std::nullopt;
}

std::optional<TensorEncoding> EncodingFromGgml(uint32_t type) {
  for (int32_t i = 0; i < kNumTensorEncodings; ++i) {
    if (kEncodings[i].ggml_type >= 0 && type == static_cast<uint32_t>(kEncodings[i].ggml_type)) {
      return static_cast<TensorEncoding>(i);
    }
  }
  return std::nullopt;
}

std::optional<int64_t> NumElements(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t dim : shape) {
    if (dim < 0 || __builtin_mul_overflow(count, dim, &count)) return std::nullopt;
  }
  return count;
}

std::optional<uint64_t> SizeBytes(TensorEncoding encoding, const std::vector<int64_t>& shape) {
  const EncodingInfo& info = InfoOf(encoding);
  const std::optional<int64_t> count = NumElements(shape);
  if (!count) return std::nullopt;
  if (info.block_elems > 1 && (shape.empty() || shape.back() % info.block_elems != 0)) {
    return std::nullopt;
  }
  int64_t bytes = 0;
  if (__builtin_mul_overflow(*count / info.block_elems, info.block_bytes, &bytes)) {
    return std::nullopt;
  }
  return static_cast<uint64_t>(bytes);
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

}  // namespace qwenjet::format
