// SPDX-License-Identifier: Apache-2.0
// embedding on the CPU: gathers one lane of every line of a block. A token costs hidden_size / 2
// cache lines, some microseconds, against holding the table of a tied head twice.
#include <algorithm>
#include <cstring>

#include "base/bf16.h"
#include "layout/quant_element.h"
#include "ops/cpu/cpu_backend.h"
#include "ops/embedding/embedding.h"

namespace qwenjet::ops::cpu {
namespace {

BFloat16 Bf16At(const char* line, int64_t element) {
  BFloat16 value;
  std::memcpy(&value, line + element * 2, sizeof(value));
  return value;
}

void GatherRow(const layout::TiledWeight& table, int64_t token, char* y, DType y_dtype) {
  const char* block = table.Block(token / layout::kTileN);
  const int64_t lane = token % layout::kTileN;
  auto* floats = reinterpret_cast<float*>(y);
  auto* halves = reinterpret_cast<BFloat16*>(y);
  for (int64_t k = 0; k < table.k; ++k) {
    if (table.dtype == DType::kBFloat16) {
      const BFloat16 value = Bf16At(block + k / 2 * layout::kLineBytes, lane * 2 + k % 2);
      if (y_dtype == DType::kFloat32) {
        floats[k] = ToFloat(value);
      } else {
        halves[k] = value;
      }
      continue;
    }
    float value;
    std::memcpy(&value, block + k * layout::kLineBytes + lane * 4, sizeof(value));
    if (y_dtype == DType::kFloat32) {
      floats[k] = value;
    } else {
      halves[k] = ToBFloat16(value);
    }
  }
}

void DequantizeRow(const layout::QuantWeight& table, int64_t token, char* y, DType y_dtype) {
  const bool has_minimum = table.scheme.offset_type == layout::OffsetType::kMinimum;
  const int64_t group_size = table.scheme.group_size;
  for (int64_t group = 0; group < table.NumGroups(); ++group) {
    const float scale = layout::ScaleOf(table, token, group);
    const int32_t zero = layout::ZeroPointOf(table, token, group);
    const float minimum = layout::MinimumOf(table, token, group);
    const int64_t end = std::min(table.k, (group + 1) * group_size);
    for (int64_t k = group * group_size; k < end; ++k) {
      float value = scale * static_cast<float>(layout::CodeOf(table, token, k) - zero);
      if (has_minimum) value += minimum;
      const int64_t to = table.permutation == nullptr ? k : table.permutation[k];
      if (y_dtype == DType::kFloat32) {
        reinterpret_cast<float*>(y)[to] = value;
      } else {
        reinterpret_cast<BFloat16*>(y)[to] = ToBFloat16(value);
      }
    }
  }
}

}  // namespace

Status EmbeddingCpu(Backend& backend, const EmbeddingArgs& args) {
  backend.threads().Parallel(args.y.rows, [&](int64_t row, int) {
    if (args.quantised != nullptr) {
      return DequantizeRow(*args.quantised, args.token_ids[row], args.y.Row(row), args.y.dtype);
    }
    GatherRow(args.table, args.token_ids[row], args.y.Row(row), args.y.dtype);
  });
  return OkStatus();
}

}  // namespace qwenjet::ops::cpu
