// SPDX-License-Identifier: Apache-2.0
#include "format/quant_source.h"

#include <algorithm>

#include "format/gguf_quant.h"

namespace qwenjet::format {

using layout::OffsetType;
using layout::ScaleType;

Result<std::unique_ptr<QuantSource>> OpenQuantSource(const Checkpoint& checkpoint,
                                                     const std::string& name, int64_t head_dim) {
  auto tensor = checkpoint.Get(name);
  if (!tensor.ok()) return tensor.status();
  if (checkpoint.gguf() != nullptr) return OpenGgufQuantSource(checkpoint, **tensor, head_dim);
  return std::unique_ptr<QuantSource>();
}

void DequantizeQuantRow(const layout::QuantScheme& scheme, int64_t k, const QuantRows& rows,
                        int64_t r, float* out) {
  const int64_t groups = (k + scheme.group_size - 1) / scheme.group_size;
  const int64_t supers = (k + layout::kSuperGroup - 1) / layout::kSuperGroup;
  const bool two_levels = scheme.scale_type == ScaleType::kTwoLevel;
  const uint8_t* codes = rows.codes.data() + r * k;
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t begin = g * scheme.group_size;
    const int64_t end = std::min(k, begin + scheme.group_size);
    const auto group = static_cast<size_t>(r * groups + g);
    const auto super = static_cast<size_t>(r * supers + begin / layout::kSuperGroup);
    float scale = 0.0f;
    float minimum = 0.0f;
    if (two_levels) {
      scale = rows.super_scales[super] * static_cast<float>(rows.sub_scales[group]);
    } else {
      scale = rows.scales[group];
    }
    if (scheme.offset_type == OffsetType::kMinimum) {
      minimum = two_levels
                    ? -(rows.super_minimums[super] * static_cast<float>(rows.sub_minimums[group]))
                    : rows.minimums[group];
      for (int64_t c = begin; c < end; ++c) {
        out[c] = scale * static_cast<float>(codes[c]) + minimum;
      }
      continue;
    }
    const int zero = scheme.offset_type == OffsetType::kZeroPoint ? int{rows.zeros[group]}
                                                                  : scheme.SymmetricZero();
    for (int64_t c = begin; c < end; ++c) out[c] = scale * static_cast<float>(codes[c] - zero);
  }
}

}  // namespace qwenjet::format
