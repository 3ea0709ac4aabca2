// SPDX-License-Identifier: Apache-2.0
#include "format/gguf_quant.h"

#include "base/check.h"
#include "format/gguf_unpack.h"

namespace qwenjet::format {
namespace {

using layout::QuantScheme;

// Row r of `rows`; pointers into empty vectors are never used.
QuantRowTarget TargetOf(const QuantScheme& scheme, size_t k, size_t r, QuantRows& rows) {
  const size_t group = r * (k / static_cast<size_t>(scheme.group_size));
  const size_t super = r * (k / static_cast<size_t>(layout::kSuperGroup));
  const auto at = [](auto& values, size_t i) { return values.empty() ? nullptr : &values[i]; };
  return {.codes = rows.codes.data() + r * k,
          .scales = at(rows.scales, group),
          .minimums = at(rows.minimums, group),
          .super_scales = at(rows.super_scales, super),
          .sub_scales = at(rows.sub_scales, group),
          .super_minimums = at(rows.super_minimums, super),
          .sub_minimums = at(rows.sub_minimums, group)};
}

class GgufQuantSource final : public QuantSource {
 public:
  GgufQuantSource(const Checkpoint& checkpoint, const TensorInfo& tensor, const BlockReader& reader,
                  RowSource source)
      : checkpoint_(checkpoint), tensor_(tensor), reader_(reader), source_(source) {
    const EncodingInfo& info = InfoOf(tensor.encoding);
    scheme_ = reader.scheme;
    n_ = tensor.shape[0];
    k_ = tensor.shape[1];
    stored_bytes_ = static_cast<int64_t>(tensor.size_bytes);
    row_blocks_ = k_ / info.block_elems;
    row_bytes_ = row_blocks_ * info.block_bytes;
  }

  Status ReadRows(int64_t begin, int64_t end, QuantRows& rows) const override {
    if (begin < 0 || begin > end || end > n_) {
      return Error(StatusCode::kInvalidArgument, "tensor ", tensor_.name,
                   ": expected rows inside its ", n_, ", got ", begin, " to ", end);
    }
    // Whole blocks of rows that are permuted among themselves.
    const int64_t block = source_.block_rows();
    const int64_t first = begin / block * block;
    const int64_t last = (end + block - 1) / block * block;
    const auto stored_bytes = static_cast<size_t>((last - first) * row_bytes_);
    const auto stored = std::make_unique_for_overwrite<std::byte[]>(stored_bytes);
    QJ_RETURN_IF_ERROR(checkpoint_.Read(tensor_, static_cast<uint64_t>(first * row_bytes_),
                                        std::span(stored.get(), stored_bytes)));
    const auto k = static_cast<size_t>(k_);
    rows.Shape(scheme_, end - begin, k_);
    if (k == 0) return OkStatus();  // a file of few bytes can claim any number of such rows
    for (int64_t row = begin; row < end; ++row) {
      reader_.unpack_row(stored.get() + (source_(row) - first) * row_bytes_, row_blocks_,
                         TargetOf(scheme_, k, static_cast<size_t>(row - begin), rows));
    }
    return OkStatus();
  }

 private:
  const Checkpoint& checkpoint_;
  const TensorInfo& tensor_;
  const BlockReader reader_;
  const RowSource source_;
  int64_t row_blocks_ = 0;
  int64_t row_bytes_ = 0;
};

}  // namespace

bool IsGgufQuantized(TensorEncoding encoding) {
  return FindBlockReader(encoding).unpack_row != nullptr;
}

Result<std::unique_ptr<QuantSource>> OpenGgufQuantSource(const Checkpoint& checkpoint,
                                                         const TensorInfo& tensor,
                                                         int64_t head_dim) {
  if (IsPlainFloat(tensor.encoding)) return std::unique_ptr<QuantSource>();
  const BlockReader reader = FindBlockReader(tensor.encoding);
  if (reader.unpack_row == nullptr) {
    return Error(StatusCode::kUnsupported, "tensor ", tensor.name, ": weights of type ",
                 NameOf(tensor.encoding), " cannot be read by this build");
  }
  const RowSource source = head_dim > 0 ? checkpoint.RowsOf(tensor, head_dim) : RowSource();
  if (tensor.shape.size() != 2 || tensor.shape[0] % source.block_rows() != 0) {
    return Error(StatusCode::kCorruptModel, "tensor ", tensor.name, ": expected a matrix of ",
                 source.is_identity() ? "rows" : "whole heads", ", got shape ",
                 ShapeText(tensor.shape));
  }
  return std::unique_ptr<QuantSource>(
      std::make_unique<GgufQuantSource>(checkpoint, tensor, reader, source));
}

}  // namespace qwenjet::format
