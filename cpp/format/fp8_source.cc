// SPDX-License-Identifier: Apache-2.0
#include "format/fp8_source.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/fp8.h"
#include "format/dequant.h"
#include "format/quant_parts.h"

namespace qwenjet::format {
namespace {

constexpr int64_t kDefaultBlock = 128;

int64_t NumBlocks(int64_t size, int64_t block) { return (size - 1) / block + 1; }

Status ReadScaleRow(const Checkpoint& checkpoint, const Fp8Source::Scales& scales, int64_t row,
                    std::vector<float>* values) {
  const TensorInfo& stored = *scales.tensor;
  const auto elem = static_cast<size_t>(InfoOf(stored.encoding).block_bytes);
  const auto count = static_cast<size_t>(scales.num_cols);
  std::vector<std::byte> bytes(count * elem);
  values->resize(count);
  QJ_RETURN_IF_ERROR(checkpoint.Read(stored, static_cast<size_t>(row) * count * elem, bytes));
  if (stored.encoding != TensorEncoding::kF8E8M0) {
    return DequantizeRows(stored.encoding, bytes, *values);
  }
  std::transform(bytes.begin(), bytes.end(), values->begin(),
                 [](std::byte code) { return E8M0ToFloat(static_cast<uint8_t>(code)); });
  return OkStatus();
}

// One value, one a row, or one a block; blocks as the configuration says, or 128 x 128.
Result<Fp8Source::Scales> FindScales(const QuantModule& module, const TensorInfo& weight) {
  const char* suffix =
      module.Find("weight_scale_inv") != nullptr ? "weight_scale_inv" : "weight_scale";
  const TensorInfo* found = module.Find(suffix);
  const size_t num_dims = found == nullptr ? 2 : found->shape.size();
  Fp8Source::Scales scales;
  QJ_ASSIGN_OR_RETURN(scales.tensor, module.Get(suffix,
                                                {TensorEncoding::kF32, TensorEncoding::kBF16,
                                                 TensorEncoding::kF16, TensorEncoding::kF8E8M0},
                                                num_dims));
  const std::vector<int64_t>& shape = scales.tensor->shape;
  const int64_t n = weight.shape[0], k = weight.shape[1];
  scales.block_cols = k;
  scales.num_cols = 1;
  if (*NumElements(shape) == 1) {
    scales.block_rows = n;
    return scales;
  }
  if (shape == std::vector<int64_t>{n} || shape == std::vector<int64_t>{n, 1}) {
    scales.block_rows = 1;
    return scales;
  }
  const QuantModuleScheme* scheme = module.SchemeBy(weight);
  const bool is_said = scheme != nullptr && scheme->block_rows > 0;
  scales.block_rows = is_said ? scheme->block_rows : kDefaultBlock;
  scales.block_cols = is_said ? scheme->block_cols : kDefaultBlock;
  scales.num_cols = NumBlocks(k, scales.block_cols);
  QJ_RETURN_IF_ERROR(
      module.CheckShape(*scales.tensor, {NumBlocks(n, scales.block_rows), scales.num_cols}));
  return scales;
}

}  // namespace

Status Fp8Source::ReadRows(int64_t begin, int64_t end, std::span<float> out) const {
  if (begin < 0 || begin > end || end > n() ||
      out.size() != static_cast<size_t>((end - begin) * k())) {
    return Error(StatusCode::kInvalidArgument, "tensor ", weight_.name,
                 ": expected rows inside its ", n(), " of ", k(), " columns, got ", begin, " to ",
                 end, " for ", out.size(), " values");
  }
  const int64_t most = std::max<int64_t>(1, kPackedPieceBytes / k());
  std::vector<uint8_t> codes;
  std::vector<float> scales;
  int64_t scales_row = -1;
  for (int64_t first = begin; first < end; first += most) {
    const int64_t last = std::min(end, first + most);
    codes.resize(static_cast<size_t>((last - first) * k()));
    QJ_RETURN_IF_ERROR(checkpoint_.Read(weight_, static_cast<uint64_t>(first * k()),
                                        std::as_writable_bytes(std::span(codes))));
    for (int64_t r = first; r < last; ++r) {
      if (r / scales_.block_rows != scales_row) {
        scales_row = r / scales_.block_rows;
        QJ_RETURN_IF_ERROR(ReadScaleRow(checkpoint_, scales_, scales_row, &scales));
      }
      const uint8_t* src = codes.data() + (r - first) * k();
      float* dst = out.data() + (r - begin) * k();
      for (int64_t block = 0; block < scales_.num_cols; ++block) {
        const float scale = scales[static_cast<size_t>(block)];
        const int64_t stop = std::min(k(), (block + 1) * scales_.block_cols);
        for (int64_t c = block * scales_.block_cols; c < stop; ++c) {
          dst[c] = E4M3ToFloat(src[c]) * scale;
        }
      }
    }
  }
  return OkStatus();
}

Result<std::unique_ptr<Fp8Source>> OpenFp8Source(const Checkpoint& checkpoint,
                                                 const std::string& name) {
  const TensorInfo* weight = checkpoint.Find(name);
  if (weight == nullptr || weight->encoding != TensorEncoding::kF8E4M3) {
    return std::unique_ptr<Fp8Source>();
  }
  const QuantModule module(checkpoint, name);
  QJ_ASSIGN_OR_RETURN(weight, module.Get("weight", {TensorEncoding::kF8E4M3}, 2));
  QJ_ASSIGN_OR_RETURN(const Fp8Source::Scales scales, FindScales(module, *weight));
  return std::make_unique<Fp8Source>(checkpoint, *weight, scales);
}

}  // namespace qwenjet::format
