// SPDX-License-Identifier: Apache-2.0
// cpu: the table of one path, from the kernels' templates and the path's vector type. Included once
// by each path_<isa>.cc; everything it instantiates stays in that object.
#pragma once

#include "ops/attention/attention_kernel.h"
#include "ops/cpu/cpu_kernels.h"
#include "ops/cpu/rate_kernel.h"
#include "ops/linear/linear_kernel.h"
#include "ops/linear_quant/linear_quant_kernel.h"
#include "ops/linear_quant/quantize_kernel.h"
#include "ops/linear_quant/wide_kernel.h"
#include "ops/logits_topk/logits_kernel.h"
#include "ops/rms_norm/rms_norm_kernel.h"
#include "ops/rope_kv_write/rope_kernel.h"
#include "ops/simd/quantize.h"
#include "ops/swiglu/swiglu_kernel.h"

namespace qwenjet::ops::cpu {
namespace {

template <class V>
void WidenKernel(const char* bf16, float* out, int64_t count) {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) V::Store(out + i, V::LoadBf16(bf16 + i * 2));
  if (i == count) return;
  char part[32] = {};
  std::memcpy(part, bf16 + i * 2, static_cast<size_t>(count - i) * 2);
  V::StoreN(out + i, V::LoadBf16(part), static_cast<int>(count - i));
}

template <class V>
void NarrowKernel(const float* x, char* bf16, int64_t count) {
  for (int64_t i = 0; i < count; i += 16) {
    const int part = count - i < 16 ? static_cast<int>(count - i) : 16;
    simd::StoreRounded<V>(bf16, DType::kBFloat16, i, simd::LoadPart<V>(x + i, part), part);
  }
}

template <class V>
CpuKernels FillKernels(Isa isa) {
  CpuKernels k;
  k.isa = isa;
  k.uses_dot = V::kHasDot;
  k.linear_panel = simd::LinearPanelKernel<V>;
  k.quant_tile_rows = V::QuantVec::Int8::kRows;
  k.quantize_row = simd::QuantizeRowKernel<typename V::QuantVec>;
  k.linear_quant_panel = simd::LinearQuantPanelKernel<typename V::QuantVec>;
  if constexpr (V::QuantVec::Int8::kHasDot) {
    k.widen_block = simd::WidenBlockKernel<typename V::QuantVec>;
    k.wide_panel = simd::WidePanelKernel<typename V::QuantVec>;
  }
  k.dequantize_block = simd::DequantizeBlockKernel<typename V::QuantVec>;
  k.rms_norm = simd::RmsNormKernel<V>;
  k.swiglu = simd::SwigluKernel<V>;
  k.widen = WidenKernel<V>;
  k.narrow = NarrowKernel<V>;
  k.quantize_int8 = simd::QuantizeKernel<V, int8_t>;
  k.quantize_int16 = simd::QuantizeKernel<V, int16_t>;
  k.rope_head = simd::RopeHeadKernel<V>;
  k.attention_span = simd::AttentionSpanKernel<V>;
  k.logit_max = simd::LogitMaxKernel<V>;
  k.logit_sum_exp = simd::LogitSumExpKernel<V>;
  k.logit_above = simd::LogitAboveKernel<V>;
  k.float32_rate = simd::FloatRate<V>;
  k.bf16_rate = simd::Bf16Rate<V>;
  k.int8_rate = simd::Int8Rate<typename V::QuantVec>;
  k.read_sum = simd::ReadSum<V>;
  return k;
}

}  // namespace
}  // namespace qwenjet::ops::cpu
