// SPDX-License-Identifier: Apache-2.0
#include "format/quant_source.h"

#include <algorithm>

#include "base/check.h"
#include "format/compressed_tensors.h"
#include "format/gguf_quant.h"
#include "format/gptq_awq.h"
#include "format/quant_parts.h"

namespace qwenjet::format {

using layout::OffsetType;
using layout::ScaleType;

namespace {

// By what the tensors are: a module that has a plain weight is plain, whatever else lies there.
Result<std::unique_ptr<QuantSource>> OpenModule(const Checkpoint& checkpoint,
                                                const std::string& name) {
  const QuantModule module(checkpoint, name);
  if (const TensorInfo* weight = checkpoint.Find(name)) {
    const TensorEncoding encoding = weight->encoding;
    if (encoding == TensorEncoding::kI8) return OpenIntQuantizedSource(module);
    if (IsPlainFloat(encoding) || encoding == TensorEncoding::kF8E4M3) {
      return std::unique_ptr<QuantSource>();
    }
    return Error(StatusCode::kUnsupported, "tensor ", name, ": weights of type ", NameOf(encoding),
                 " cannot be read by this build");
  }
  if (module.Find("weight_packed") != nullptr) return OpenPackQuantizedSource(module);
  if (module.Find("qweight") == nullptr) return checkpoint.Get(name).status();
  const QuantConfig* config = checkpoint.quant_config();
  if (config != nullptr && config->method == QuantMethod::kGptq) return OpenGptqSource(module);
  if (config != nullptr && config->method == QuantMethod::kAwq) return OpenAwqSource(module);
  return Error(StatusCode::kUnsupported, "module ", module.name(),
               ": expected quant_method gptq or awq for a qweight, got ",
               config == nullptr ? "none" : NameOf(config->method));
}

}  // namespace

Result<std::unique_ptr<QuantSource>> OpenQuantSource(const Checkpoint& checkpoint,
                                                     const std::string& name, int64_t head_dim) {
  if (checkpoint.gguf() == nullptr) return OpenModule(checkpoint, name);
  QJ_ASSIGN_OR_RETURN(const TensorInfo* tensor, checkpoint.Get(name));
  return OpenGgufQuantSource(checkpoint, *tensor, head_dim);
}

void QuantRows::Shape(const layout::QuantScheme& scheme, int64_t num_rows, int64_t k) {
  const auto values = [num_rows](int64_t in_row) { return static_cast<size_t>(num_rows * in_row); };
  const size_t groups = values((k + scheme.group_size - 1) / scheme.group_size);
  const size_t supers = values((k + layout::kSuperGroup - 1) / layout::kSuperGroup);
  const bool two = scheme.scale_type == ScaleType::kTwoLevel;
  const bool minimum = scheme.offset_type == OffsetType::kMinimum;
  codes.resize(values(k));
  scales.resize(two ? 0 : groups);
  zeros.resize(scheme.offset_type == OffsetType::kZeroPoint ? groups : 0);
  minimums.resize(minimum && !two ? groups : 0);
  super_scales.resize(two ? supers : 0);
  sub_scales.resize(two ? groups : 0);
  super_minimums.resize(minimum && two ? supers : 0);
  sub_minimums.resize(minimum && two ? groups : 0);
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
