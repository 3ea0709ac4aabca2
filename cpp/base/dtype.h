// SPDX-License-Identifier: Apache-2.0
// base: element types that the project computes with.
#pragma once

#include <cstddef>
#include <cstdint>

namespace qwenjet {

// kInt8: codes that mean something with a scale only (layout/kv_page.h); no matrix has it.
enum class DType : int32_t { kFloat32 = 0, kBFloat16 = 1, kInt8 = 2 };

constexpr size_t SizeOf(DType dtype) {
  return dtype == DType::kFloat32 ? 4 : dtype == DType::kBFloat16 ? 2 : 1;
}
constexpr const char* NameOf(DType dtype) {
  return dtype == DType::kFloat32 ? "float32" : dtype == DType::kBFloat16 ? "bfloat16" : "int8";
}

}  // namespace qwenjet
