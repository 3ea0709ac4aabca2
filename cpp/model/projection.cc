// SPDX-License-Identifier: Apache-2.0
#include "model/projection.h"

#include "base/check.h"
#include "ops/embedding/embedding.h"
#include "ops/linear/linear.h"
#include "ops/swiglu/swiglu.h"

namespace qwenjet::model {

Status Project(ops::Backend& backend, const layout::ConstMatrix& x, const HeldMatrix& w,
               const float* bias, ops::Activations activations, const layout::Matrix& y) {
  QJ_DCHECK(y.cols == w.rows);
  int64_t row = 0;
  for (const HeldSegment& segment : w.segments) {
    layout::Matrix part = y;
    part.data = static_cast<char*>(y.data) + row * static_cast<int64_t>(SizeOf(y.dtype));
    part.cols = segment.rows();
    const float* part_bias = bias == nullptr ? nullptr : bias + row;
    if (segment.is_quantized()) {
      QJ_RETURN_IF_ERROR(ops::LinearQuant(
          backend,
          {.x = x, .w = segment.quant, .bias = part_bias, .y = part, .activations = activations}));
    } else {
      QJ_RETURN_IF_ERROR(
          ops::Linear(backend, {.x = x, .w = segment.tiled, .bias = part_bias, .y = part}));
    }
    row += segment.rows();
  }
  return OkStatus();
}

Status ProjectGated(ops::Backend& backend, const layout::ConstMatrix& x, const HeldMatrix& w,
                    const float* bias, ops::Activations activations, const layout::Matrix& ungated,
                    const layout::Matrix& y) {
  if (w.segments.size() > 1) {
    QJ_RETURN_IF_ERROR(Project(backend, x, w, bias, activations, ungated));
    return ops::Swiglu(backend, {.gate_up = ungated, .y = y});
  }
  const HeldSegment& all = w.segments.front();
  if (all.is_quantized()) {
    return ops::LinearQuant(backend, {.x = x,
                                      .w = all.quant,
                                      .bias = bias,
                                      .y = y,
                                      .activations = activations,
                                      .ungated = ungated});
  }
  return ops::Linear(backend, {.x = x, .w = all.tiled, .bias = bias, .y = y, .ungated = ungated});
}

Status Embed(ops::Backend& backend, const HeldMatrix& table, const int32_t* token_ids,
             const layout::Matrix& y) {
  const HeldSegment& all = table.segments.front();
  return ops::Embedding(backend, {.table = all.tiled,
                                  .token_ids = token_ids,
                                  .y = y,
                                  .quantised = all.is_quantized() ? &all.quant : nullptr});
}

}  // namespace qwenjet::model
