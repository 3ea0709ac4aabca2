// SPDX-License-Identifier: Apache-2.0
// pack-quantized: weight_packed int32 [N, ceil(K / pf)], low bits first, weight_shape int64 [2],
// weight_zero_point int32 [ceil(N / pf), G]. int-quantized: weight int8 [N, K], weight_zero_point
// int8 [N, G] or one value for all. Both: weight_scale [N, G], or one value for all; weight_g_idx
// int32 [K] where groups hold columns in another order. Packed codes are signed ones plus
// 2^(bits - 1), as the canonical form has them; int8 becomes so here.
#include "format/compressed_tensors.h"

#include <algorithm>
#include <span>

#include "base/check.h"
#include "format/dequant.h"

namespace qwenjet::format {
namespace {

// A value a row and group, [N, G] or [N]; or one for the whole matrix.
struct PerRow {
  const TensorInfo* tensor = nullptr;
  bool is_one = false;
  int64_t groups = 1;
};

Result<PerRow> FindScales(const QuantModule& module, int64_t n) {
  PerRow scales;
  scales.tensor = module.Find("weight_scale");
  const size_t num_dims = scales.tensor == nullptr ? 2 : scales.tensor->shape.size();
  QJ_ASSIGN_OR_RETURN(scales.tensor, module.Get("weight_scale", kScaleEncodings, num_dims));
  const std::vector<int64_t>& shape = scales.tensor->shape;
  scales.is_one = *NumElements(shape) == 1;
  if (scales.is_one) return scales;
  if (shape.size() > 2 || shape[0] != n) {
    return Error(StatusCode::kCorruptModel, "tensor ", scales.tensor->name, ": expected [", n,
                 ", groups] or one value, got shape ", ShapeText(shape));
  }
  scales.groups = shape.size() == 2 ? shape[1] : 1;
  return scales;
}

class ScaledRowsSource : public ModuleQuantSource {
 protected:
  ScaledRowsSource(const QuantModule& module, int64_t n, int64_t k, int bits, const GroupMap& map,
                   const PerRow& scales)
      : ModuleQuantSource(module, n, k, bits, map), scales_(scales) {
    scheme_.scale_type = ScaleTypeOf(scales.tensor->encoding);
    AddParts({scales.tensor});
  }

  Status PrepareOrder() {
    QJ_ASSIGN_OR_RETURN(permutation_, ReadColumnOrder(module(), "weight_g_idx", k(), map()));
    return OkStatus();
  }

 private:
  Status ReadScales(int64_t begin, int64_t end, float* scales) const final {
    const TensorInfo& stored = *scales_.tensor;
    const auto elem = static_cast<size_t>(InfoOf(stored.encoding).block_bytes);
    const int64_t count = (end - begin) * scales_.groups;
    const size_t to_read = scales_.is_one ? 1 : static_cast<size_t>(count);
    std::vector<std::byte> bytes(to_read * elem);
    const uint64_t offset =
        scales_.is_one ? 0 : static_cast<uint64_t>(begin * scales_.groups) * elem;
    QJ_RETURN_IF_ERROR(module().checkpoint().Read(stored, offset, bytes));
    QJ_RETURN_IF_ERROR(DequantizeRows(stored.encoding, bytes, std::span(scales, to_read)));
    if (scales_.is_one) std::fill(scales + 1, scales + count, scales[0]);
    return OkStatus();
  }

  PerRow scales_;
};

class PackQuantizedSource final : public ScaledRowsSource {
 public:
  PackQuantizedSource(const QuantModule& module, const TensorInfo& packed, int64_t k, int bits,
                      const GroupMap& map, const PerRow& scales)
      : ScaledRowsSource(module, packed.shape[0], k, bits, map, scales), packed_(packed) {
    AddParts({&packed});
  }

  // Zero points and the order of columns, where there are any.
  Status Prepare() {
    QJ_RETURN_IF_ERROR(PrepareOrder());
    if (module().Find("weight_zero_point") == nullptr) return OkStatus();
    QJ_ASSIGN_OR_RETURN(zeros_, module().Get("weight_zero_point", kWordEncodings, 2));
    QJ_RETURN_IF_ERROR(
        module().CheckShape(*zeros_, {(n() * scheme_.bits - 1) / 32 + 1, map().stored_groups}));
    AddParts({zeros_});
    QJ_ASSIGN_OR_RETURN(const bool is_symmetric,
                        AllFieldsAre(module().checkpoint(), *zeros_, 0, n(), scheme_.bits,
                                     static_cast<uint8_t>(scheme_.SymmetricZero())));
    if (!is_symmetric) scheme_.offset_type = layout::OffsetType::kZeroPoint;
    return OkStatus();
  }

 private:
  Status ReadCodes(int64_t begin, int64_t end, uint8_t* codes) const override {
    const int64_t words = packed_.shape[1];
    const int64_t most = std::max<int64_t>(1, kPackedPieceBytes / (words * 4));
    std::vector<uint32_t> piece;
    for (int64_t first = begin; first < end; first += most) {
      const int64_t last = std::min(end, first + most);
      piece.resize(static_cast<size_t>((last - first) * words));
      QJ_RETURN_IF_ERROR(ReadMatrixRows(module().checkpoint(), packed_, first, last, piece.data()));
      for (int64_t r = first; r < last; ++r) {
        UnpackWords(piece.data() + (r - first) * words, k(), scheme_.bits,
                    codes + (r - begin) * k());
      }
    }
    return OkStatus();
  }

  Status ReadZeros(int64_t begin, int64_t end, uint8_t* zeros) const override {
    const int64_t fields = 32 / scheme_.bits, groups = map().stored_groups;
    const int64_t first = begin / fields, last = (end - 1) / fields + 1;
    std::vector<uint32_t> words(static_cast<size_t>((last - first) * groups));
    QJ_RETURN_IF_ERROR(ReadMatrixRows(module().checkpoint(), *zeros_, first, last, words.data()));
    for (int64_t r = begin; r < end; ++r) {
      for (int64_t g = 0; g < groups; ++g) {
        const uint32_t word = words[static_cast<size_t>((r / fields - first) * groups + g)];
        zeros[(r - begin) * groups + g] = FieldOf(word, r % fields, scheme_.bits);
      }
    }
    return OkStatus();
  }

  const TensorInfo& packed_;
  const TensorInfo* zeros_ = nullptr;
};

class IntQuantizedSource final : public ScaledRowsSource {
 public:
  IntQuantizedSource(const QuantModule& module, const TensorInfo& weight, const GroupMap& map,
                     const PerRow& scales)
      : ScaledRowsSource(module, weight.shape[0], weight.shape[1], 8, map, scales),
        weight_(weight) {
    AddParts({&weight});
  }

  // Zero points and the order of columns, where there are any.
  Status Prepare() {
    QJ_RETURN_IF_ERROR(PrepareOrder());
    zeros_ = module().Find("weight_zero_point");
    if (zeros_ == nullptr) return OkStatus();
    QJ_ASSIGN_OR_RETURN(
        zeros_, module().Get("weight_zero_point", {TensorEncoding::kI8}, zeros_->shape.size()));
    const bool is_a_row = map().stored_groups == 1 && zeros_->shape == std::vector<int64_t>{n()};
    if (!is_a_row && zeros_->size_bytes != 1) {
      QJ_RETURN_IF_ERROR(module().CheckShape(*zeros_, {n(), map().stored_groups}));
    }
    AddParts({zeros_});
    std::vector<std::byte> all(zeros_->size_bytes);
    QJ_RETURN_IF_ERROR(module().checkpoint().Read(*zeros_, 0, all));
    const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
    if (!std::all_of(all.begin(), all.end(), is_zero)) {
      scheme_.offset_type = layout::OffsetType::kZeroPoint;
    }
    return OkStatus();
  }

 private:
  // Signed to unsigned by adding 128.
  Status ReadBytes(const TensorInfo& tensor, int64_t offset, std::span<uint8_t> out) const {
    QJ_RETURN_IF_ERROR(module().checkpoint().Read(tensor, static_cast<uint64_t>(offset),
                                                  std::as_writable_bytes(out)));
    for (uint8_t& code : out) code ^= 0x80u;
    return OkStatus();
  }

  Status ReadCodes(int64_t begin, int64_t end, uint8_t* codes) const override {
    return ReadBytes(weight_, begin * k(),
                     std::span(codes, static_cast<size_t>((end - begin) * k())));
  }

  Status ReadZeros(int64_t begin, int64_t end, uint8_t* zeros) const override {
    const int64_t groups = map().stored_groups;
    const std::span<uint8_t> all(zeros, static_cast<size_t>((end - begin) * groups));
    if (zeros_->size_bytes > 1) return ReadBytes(*zeros_, begin * groups, all);
    QJ_RETURN_IF_ERROR(ReadBytes(*zeros_, 0, all.first(1)));
    std::fill(all.begin() + 1, all.end(), all[0]);
    return OkStatus();
  }

  const TensorInfo& weight_;
  const TensorInfo* zeros_ = nullptr;
};

// K of a packed matrix, whose last word of a row may be filled up.
Result<int64_t> PackedColumns(const QuantModule& module, const TensorInfo& packed, int bits) {
  const int64_t fields = 32 / bits, most = packed.shape[1] * fields;
  if (module.Find("weight_shape") == nullptr) return most;
  QJ_ASSIGN_OR_RETURN(const TensorInfo* stored,
                      module.Get("weight_shape", {TensorEncoding::kI64}, 1));
  QJ_RETURN_IF_ERROR(module.CheckShape(*stored, {2}));
  int64_t shape[2] = {};
  QJ_RETURN_IF_ERROR(
      module.checkpoint().Read(*stored, 0, std::as_writable_bytes(std::span(shape))));
  if (shape[0] != packed.shape[0] || shape[1] > most || shape[1] <= most - fields) {
    return Error(StatusCode::kCorruptModel, "tensor ", stored->name, ": expected the shape of ",
                 packed.shape[0], " rows packed in ", packed.shape[1], " words, got [", shape[0],
                 ", ", shape[1], "]");
  }
  return shape[1];
}

// The configuration's bits, or those that weight_shape shows.
Result<int> PackedBits(const QuantModule& module, const TensorInfo& packed) {
  const QuantModuleScheme* scheme = module.SchemeBy(packed);
  if (scheme == nullptr || scheme->bits == 0) {
    const bool fits_4 =
        module.Find("weight_shape") != nullptr && PackedColumns(module, packed, 4).ok();
    return fits_4 ? 4 : 8;
  }
  if (scheme->is_float || (scheme->bits != 4 && scheme->bits != 8)) {
    return Error(StatusCode::kUnsupported, "module ", module.name(), ": packed weights of ",
                 scheme->bits, scheme->is_float ? "-bit floats" : " bits",
                 " cannot be read by this build");
  }
  return scheme->bits;
}

}  // namespace

Result<std::unique_ptr<QuantSource>> OpenPackQuantizedSource(const QuantModule& module) {
  QJ_ASSIGN_OR_RETURN(const TensorInfo* packed, module.Get("weight_packed", kWordEncodings, 2));
  QJ_ASSIGN_OR_RETURN(const int bits, PackedBits(module, *packed));
  QJ_ASSIGN_OR_RETURN(const int64_t k, PackedColumns(module, *packed, bits));
  QJ_ASSIGN_OR_RETURN(const PerRow scales, FindScales(module, packed->shape[0]));
  const QuantModuleScheme* scheme = module.SchemeBy(*packed);
  QJ_ASSIGN_OR_RETURN(const GroupMap map, MapGroups(module.name(), k, scales.groups,
                                                    scheme == nullptr ? 0 : scheme->group_size));
  auto source = std::make_unique<PackQuantizedSource>(module, *packed, k, bits, map, scales);
  QJ_RETURN_IF_ERROR(source->Prepare());
  return std::unique_ptr<QuantSource>(std::move(source));
}

Result<std::unique_ptr<QuantSource>> OpenIntQuantizedSource(const QuantModule& module) {
  QJ_ASSIGN_OR_RETURN(const TensorInfo* weight, module.Get("weight", {TensorEncoding::kI8}, 2));
  QJ_ASSIGN_OR_RETURN(const PerRow scales, FindScales(module, weight->shape[0]));
  const QuantModuleScheme* scheme = module.SchemeBy(*weight);
  QJ_ASSIGN_OR_RETURN(const GroupMap map, MapGroups(module.name(), weight->shape[1], scales.groups,
                                                    scheme == nullptr ? 0 : scheme->group_size));
  auto source = std::make_unique<IntQuantizedSource>(module, *weight, map, scales);
  QJ_RETURN_IF_ERROR(source->Prepare());
  return std::unique_ptr<QuantSource>(std::move(source));
}

}  // namespace qwenjet::format
