// SPDX-License-Identifier: Apache-2.0
#include "format/quant_parts.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

#include "base/check.h"
#include "format/dequant.h"

namespace qwenjet::format {
namespace {

// Words that AllFieldsAre reads at once.
constexpr uint64_t kScanWords = kPackedPieceBytes / 4;

std::span<std::byte> BytesOf(void* data, int64_t size_bytes) {
  return {static_cast<std::byte*>(data), static_cast<size_t>(size_bytes)};
}

}  // namespace

QuantModule::QuantModule(const Checkpoint& checkpoint, std::string_view weight_name)
    : checkpoint_(&checkpoint) {
  constexpr std::string_view kWeight = ".weight";
  if (weight_name.ends_with(kWeight)) weight_name.remove_suffix(kWeight.size());
  name_ = weight_name;
}

const QuantModuleScheme* QuantModule::SchemeBy(const TensorInfo& part) const {
  const QuantConfig* config = checkpoint_->quant_config();
  if (config == nullptr) return nullptr;
  return config->SchemeOf(part.stored_name.substr(0, part.stored_name.rfind('.')));
}

const TensorInfo* QuantModule::Find(std::string_view suffix) const {
  return checkpoint_->Find(std::string(name_).append(".").append(suffix));
}

Result<const TensorInfo*> QuantModule::Get(std::string_view suffix,
                                           std::initializer_list<TensorEncoding> encodings,
                                           size_t num_dims) const {
  const TensorInfo* tensor = Find(suffix);
  if (tensor == nullptr) {
    return Error(StatusCode::kCorruptModel, "module ", name_, ": expected a tensor ", suffix,
                 ", got none");
  }
  if (std::find(encodings.begin(), encodings.end(), tensor->encoding) == encodings.end()) {
    return Error(StatusCode::kCorruptModel, "tensor ", tensor->name, ": expected type ",
                 NameOf(*encodings.begin()), ", got ", NameOf(tensor->encoding));
  }
  if (num_dims == 2 && tensor->shape.size() == 3) {
    return Error(StatusCode::kUnsupported, "tensor ", tensor->name,
                 ": stacked quantised matrices, shape ", ShapeText(tensor->shape),
                 ", cannot be read by this build");
  }
  if (tensor->shape.size() != num_dims ||
      std::find(tensor->shape.begin(), tensor->shape.end(), 0) != tensor->shape.end()) {
    return Error(StatusCode::kCorruptModel, "tensor ", tensor->name, ": expected ", num_dims,
                 " dimensions that are not 0, got shape ", ShapeText(tensor->shape));
  }
  return tensor;
}

Status QuantModule::CheckShape(const TensorInfo& tensor,
                               const std::vector<int64_t>& expected) const {
  if (tensor.shape == expected) return OkStatus();
  return Error(StatusCode::kCorruptModel, "tensor ", tensor.name, ": expected shape ",
               ShapeText(expected), ", got ", ShapeText(tensor.shape));
}

layout::ScaleType ScaleTypeOf(TensorEncoding encoding) {
  switch (encoding) {
    case TensorEncoding::kF16:
      return layout::ScaleType::kF16;
    case TensorEncoding::kBF16:
      return layout::ScaleType::kBF16;
    default:
      return layout::ScaleType::kF32;
  }
}

Result<GroupMap> MapGroups(const std::string& module, int64_t k, int64_t stored_groups,
                           int64_t declared) {
  GroupMap map;
  map.stored_groups = stored_groups;
  map.stored_size = k;
  if (stored_groups > 1) {
    map.stored_size = declared != 0 ? declared : k / stored_groups;
    const bool fits = map.stored_size > 0 && (k - 1) / map.stored_size + 1 == stored_groups;
    if (!fits || (declared == 0 && k % stored_groups != 0)) {
      return Error(StatusCode::kCorruptModel, "module ", module, ": expected groups of ", declared,
                   " of ", k, " columns, got scales of ", stored_groups, " groups");
    }
  } else if (declared > 0 && declared < k) {
    return Error(StatusCode::kCorruptModel, "module ", module, ": expected groups of ", declared,
                 " of ", k, " columns, got one scale for all");
  }
  if (map.stored_groups == 1) {
    map.size = 128;
  } else {
    for (const int32_t size : {16, 32, 64, 128}) {
      if (map.stored_size % size == 0) map.size = size;
    }
  }
  if (map.size == 0) {
    return Error(StatusCode::kUnsupported, "module ", module, ": groups of ", map.stored_size,
                 " columns cannot be read by this build (no multiple of 16)");
  }
  map.groups = (k - 1) / map.size + 1;
  return map;
}

Result<std::vector<int32_t>> ReadColumnOrder(const QuantModule& module, std::string_view suffix,
                                             int64_t k, const GroupMap& map) {
  std::vector<int32_t> order;
  const TensorInfo* stored = module.Find(suffix);
  if (stored == nullptr || stored->size_bytes == 0) return order;
  QJ_ASSIGN_OR_RETURN(stored, module.Get(suffix, {TensorEncoding::kI32}, 1));
  QJ_RETURN_IF_ERROR(module.CheckShape(*stored, {k}));
  std::vector<int32_t> group_of(static_cast<size_t>(k));
  QJ_RETURN_IF_ERROR(
      module.checkpoint().Read(*stored, 0, std::as_writable_bytes(std::span(group_of))));
  std::vector<int64_t> sizes(static_cast<size_t>(map.stored_groups));
  bool is_in_order = true;
  for (int64_t c = 0; c < k; ++c) {
    const int32_t group = group_of[static_cast<size_t>(c)];
    if (group < 0 || group >= map.stored_groups) {
      return Error(StatusCode::kCorruptModel, "tensor ", stored->name,
                   ": expected groups from 0 to ", map.stored_groups - 1, ", got ", group,
                   " of column ", c);
    }
    ++sizes[static_cast<size_t>(group)];
    is_in_order &= group == c / map.stored_size;
  }
  if (is_in_order) return order;
  for (int64_t g = 0; g < map.stored_groups; ++g) {
    const int64_t expected = std::min(map.stored_size, k - g * map.stored_size);
    if (sizes[static_cast<size_t>(g)] != expected) {
      return Error(StatusCode::kUnsupported, "tensor ", stored->name, ": expected ", expected,
                   " columns in group ", g, ", got ", sizes[static_cast<size_t>(g)],
                   "; groups of different sizes cannot be read by this build");
    }
  }
  order.resize(static_cast<size_t>(k));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return group_of[static_cast<size_t>(a)] < group_of[static_cast<size_t>(b)];
  });
  return order;
}

Status ReadColumns(const Checkpoint& checkpoint, const TensorInfo& matrix, int64_t begin,
                   int64_t end, void* dst) {
  const int64_t rows = matrix.shape[0], cols = matrix.shape[1];
  const int64_t elem = InfoOf(matrix.encoding).block_bytes;
  if (begin == 0 && end == cols) return ReadMatrixRows(checkpoint, matrix, 0, rows, dst);
  const int64_t width = (end - begin) * elem;
  auto* out = static_cast<std::byte*>(dst);
  for (int64_t r = 0; r < rows; ++r) {
    QJ_RETURN_IF_ERROR(checkpoint.Read(matrix, static_cast<uint64_t>((r * cols + begin) * elem),
                                       BytesOf(out + r * width, width)));
  }
  return OkStatus();
}

Status ReadMatrixRows(const Checkpoint& checkpoint, const TensorInfo& matrix, int64_t begin,
                      int64_t end, void* dst) {
  const int64_t row_bytes = matrix.shape[1] * InfoOf(matrix.encoding).block_bytes;
  return checkpoint.Read(matrix, static_cast<uint64_t>(begin * row_bytes),
                         BytesOf(dst, (end - begin) * row_bytes));
}

void UnpackWords(const uint32_t* words, int64_t count, int bits, uint8_t* dst) {
  if (bits == 8) {
    std::memcpy(dst, words, static_cast<size_t>(count));
    return;
  }
  constexpr int64_t kFields = 8;
  for (int64_t i = 0; i < count / kFields; ++i) {
    // Spreads eight nibbles over eight bytes.
    uint64_t x = words[i];
    x = (x | x << 16) & 0x0000ffff0000ffffull;
    x = (x | x << 8) & 0x00ff00ff00ff00ffull;
    x = (x | x << 4) & 0x0f0f0f0f0f0f0f0full;
    std::memcpy(dst + i * kFields, &x, sizeof(x));
  }
  for (int64_t i = count / kFields * kFields; i < count; ++i) {
    dst[i] = FieldOf(words[i / kFields], i % kFields, bits);
  }
}

Result<bool> AllFieldsAre(const Checkpoint& checkpoint, const TensorInfo& words, size_t packed_dim,
                          int64_t n, int bits, uint8_t value) {
  const int64_t fields = 32 / bits, cols = words.shape[1];
  const uint32_t whole = bits == 4 ? value * 0x11111111u : value * 0x01010101u;
  const uint64_t count = words.size_bytes / 4;
  std::vector<uint32_t> piece;
  for (uint64_t begin = 0; begin < count; begin += kScanWords) {
    piece.resize(std::min(kScanWords, count - begin));
    QJ_RETURN_IF_ERROR(checkpoint.Read(words, begin * 4, std::as_writable_bytes(std::span(piece))));
    for (size_t i = 0; i < piece.size(); ++i) {
      if (piece[i] == whole) continue;
      const auto at = static_cast<int64_t>(begin + i);
      const int64_t used = n - (packed_dim == 0 ? at / cols : at % cols) * fields;
      if (used >= fields) return false;
      const uint32_t mask = (1u << (used * bits)) - 1;
      if (((piece[i] ^ whole) & mask) != 0) return false;
    }
  }
  return true;
}

void ModuleQuantSource::AddParts(std::initializer_list<const TensorInfo*> parts) {
  for (const TensorInfo* part : parts) {
    if (part == nullptr) continue;
    parts_.push_back(part);
    stored_bytes_ += static_cast<int64_t>(part->size_bytes);
  }
}

void ModuleQuantSource::WillNeed() const {
  for (const TensorInfo* part : parts_) {
    module_.checkpoint().WillNeed(*part, 0, part->size_bytes);
  }
}

Status ModuleQuantSource::ReadRows(int64_t begin, int64_t end, QuantRows& rows) const {
  if (begin < 0 || begin > end || end > n_) {
    return Error(StatusCode::kInvalidArgument, "module ", module_.name(),
                 ": expected rows inside its ", n_, ", got ", begin, " to ", end);
  }
  const auto count = static_cast<size_t>(end - begin), k = static_cast<size_t>(k_);
  const auto groups = static_cast<size_t>(map_.groups);
  const auto stored_groups = static_cast<size_t>(map_.stored_groups);
  const bool has_zeros = scheme_.offset_type == layout::OffsetType::kZeroPoint;
  rows.Shape(scheme_, end - begin, k_);
  if (count == 0) return OkStatus();

  QJ_RETURN_IF_ERROR(ReadCodes(begin, end, rows.codes.data()));
  if (!permutation_.empty()) {
    std::vector<uint8_t> stored(k);
    for (size_t r = 0; r < count; ++r) {
      uint8_t* row = rows.codes.data() + r * k;
      std::memcpy(stored.data(), row, k);
      for (size_t c = 0; c < k; ++c) row[c] = stored[static_cast<size_t>(permutation_[c])];
    }
  }

  const auto repeat = [&](const auto& stored, auto& out) {
    for (size_t r = 0; r < count; ++r) {
      for (size_t g = 0; g < groups; ++g) {
        const auto from = static_cast<size_t>(map_.StoredOf(static_cast<int64_t>(g)));
        out[r * groups + g] = stored[r * stored_groups + from];
      }
    }
  };
  std::vector<float> scales(count * stored_groups);
  QJ_RETURN_IF_ERROR(ReadScales(begin, end, scales.data()));
  repeat(scales, rows.scales);
  if (has_zeros) {
    std::vector<uint8_t> zeros(count * stored_groups);
    QJ_RETURN_IF_ERROR(ReadZeros(begin, end, zeros.data()));
    repeat(zeros, rows.zeros);
  }
  return OkStatus();
}

}  // namespace qwenjet::format
