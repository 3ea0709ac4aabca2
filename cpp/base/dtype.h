// SPDX-License-Identifier: Apache-2.0
// base: element types that the project computes with.
#pragma once

#include <cstddef>
#include <cstdint>

namespace qwenjet {

enum class DType : int32_t { kFloat32 = 0, kBFloat16 = 1 };

constexpr size_t SizeOf(DType dtype) { return dtype == DType::kFloat32 ? 4 : 2; }
constexpr const char* NameOf(DType dtype) {
  return dtype == DType::kFloat32 ? "float32" : "bfloat16";
}

}  // namespace qwenjet
