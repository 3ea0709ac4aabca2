// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/hessian.h"

#include <algorithm>
#include <cstring>

#include "base/bf16.h"
#include "base/check.h"
#include "layout/tiled_weight.h"
#include "ops/linear/linear.h"

namespace qwenjet::model::quantize {
namespace {

using layout::kTileN;

constexpr int64_t kRowsPerProduct = 256;  // a multiple of kTileN

}  // namespace

Status Hessian::Add(ops::Backend& backend, const layout::ConstMatrix& x) {
  const int64_t k = h_.cols, tokens = x.rows;
  if (x.cols != k || x.dtype != DType::kBFloat16) {
    return Error(StatusCode::kInvalidArgument, "hessian: expected bf16 inputs of ", k,
                 " columns, got ", NameOf(x.dtype), " of ", x.cols);
  }
  if (tokens == 0) return OkStatus();
  // H is the product of x^T with itself: once row-major, once tiled.
  layout::TiledWeight tiled = {.data = nullptr, .dtype = DType::kBFloat16, .n = k, .k = tokens};
  QJ_ASSIGN_OR_RETURN(const MemoryBlock tiled_memory, MemoryBlock::Create(tiled.SizeBytes()));
  tiled.data = tiled_memory.data();
  QJ_ASSIGN_OR_RETURN(const MemoryBlock transposed_memory, MemoryBlock::Create(k * tokens * 2));
  QJ_ASSIGN_OR_RETURN(const MemoryBlock product_memory,
                      MemoryBlock::Create(kRowsPerProduct * k * 4));
  auto* transposed = reinterpret_cast<BFloat16*>(transposed_memory.data());
  auto* product = reinterpret_cast<float*>(product_memory.data());
  backend.threads().Parallel(tiled.NumBlocks(), [&](int64_t block, int) {
    auto* lines = reinterpret_cast<BFloat16*>(const_cast<char*>(tiled.Block(block)));
    const int64_t begin = block * kTileN, end = std::min(k, begin + kTileN);
    for (int64_t token = 0; token < tokens; ++token) {
      const auto* in = reinterpret_cast<const BFloat16*>(x.Row(token));
      BFloat16* pair = lines + token / 2 * 2 * kTileN + token % 2;
      for (int64_t col = begin; col < end; ++col) {
        pair[(col - begin) * 2] = in[col];
        transposed[col * tokens + token] = in[col];
      }
    }
  });
  for (int64_t begin = 0; begin < k; begin += kRowsPerProduct) {
    const int64_t rows = std::min(kRowsPerProduct, k - begin), cols = k - begin;
    layout::TiledWeight right = tiled;  // the upper triangle alone
    right.data = tiled.Block(begin / kTileN);
    right.n = cols;
    QJ_RETURN_IF_ERROR(ops::Linear(
        backend, {.x = {transposed + begin * tokens, DType::kBFloat16, rows, tokens, tokens},
                  .w = right,
                  .bias = nullptr,
                  .y = {product, DType::kFloat32, rows, cols, cols}}));
    for (int64_t row = 0; row < rows; ++row) {
      float* out = h_.Row(begin + row) + begin;
      const float* in = product + row * cols;
      for (int64_t col = 0; col < cols; ++col) out[col] += in[col];
    }
  }
  num_tokens_ += tokens;
  return OkStatus();
}

void Hessian::Mirror() {
  for (int64_t row = 0; row < h_.rows; ++row) {
    for (int64_t col = 0; col < row; ++col) h_.Row(row)[col] = h_.Row(col)[row];
  }
}

std::vector<float> Hessian::Importance() const {
  std::vector<float> importance(static_cast<size_t>(h_.cols), 1.0f);
  double mean = 0;
  for (int64_t i = 0; i < h_.cols; ++i) mean += static_cast<double>(h_.Row(i)[i]);
  mean /= static_cast<double>(std::max<int64_t>(1, h_.cols));
  if (!(mean > 0)) return importance;
  for (int64_t i = 0; i < h_.cols; ++i) {
    importance[static_cast<size_t>(i)] =
        static_cast<float>(static_cast<double>(h_.Row(i)[i]) / mean + 1e-3);
  }
  return importance;
}

}  // namespace qwenjet::model::quantize
