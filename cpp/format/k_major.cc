// SPDX-License-Identifier: Apache-2.0
#include "format/k_major.h"

#include "format/dequant.h"

namespace qwenjet::format {
namespace {

constexpr int64_t kStripBytes = int64_t{8} << 20;
constexpr int64_t kStripColumns = 16;  // at least, and a multiple: a cache line

}  // namespace

Result<KMajorParts> FindKMajorParts(const QuantModule& module) {
  KMajorParts parts;
  QJ_ASSIGN_OR_RETURN(parts.qweight, module.Get("qweight", kWordEncodings, 2));
  QJ_ASSIGN_OR_RETURN(parts.qzeros, module.Get("qzeros", kWordEncodings, 2));
  QJ_ASSIGN_OR_RETURN(parts.scales, module.Get("scales", kScaleEncodings, 2));
  return parts;
}

KMajorSource::KMajorSource(const QuantModule& module, const KMajorParts& parts, int64_t n,
                           int64_t k, int bits, const GroupMap& map)
    : ModuleQuantSource(module, n, k, bits, map), parts_(parts) {
  scheme_.scale_type = ScaleTypeOf(parts.scales->encoding);
  AddParts({parts.qweight, parts.qzeros, parts.scales});
}

Status KMajorSource::Prepare(int symmetric_zero, std::string_view group_index) {
  QJ_ASSIGN_OR_RETURN(const bool is_symmetric,
                      AllFieldsAre(module().checkpoint(), *parts_.qzeros, 1, n_, scheme_.bits,
                                   static_cast<uint8_t>(symmetric_zero)));
  scheme_.offset_type =
      is_symmetric ? layout::OffsetType::kSymmetric : layout::OffsetType::kZeroPoint;
  if (group_index.empty()) return OkStatus();
  QJ_ASSIGN_OR_RETURN(permutation_, ReadColumnOrder(module(), group_index, k_, map()));
  return OkStatus();
}

Result<std::shared_ptr<const KMajorSource::Strip>> KMajorSource::StripAt(int64_t column) const {
  const TensorInfo& qweight = *parts_.qweight;
  const int64_t height = qweight.shape[0], cols = qweight.shape[1];
  const int64_t lines = std::max<int64_t>(1, kStripBytes / (height * 4 * kStripColumns));
  const int64_t width = lines * kStripColumns;
  const int64_t first = column / width * width;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& strip : strips_) {
    if (strip != nullptr && strip->first == first) return strip;
  }
  auto strip = std::make_shared<Strip>();
  strip->first = first;
  strip->width = std::min(width, cols - first);
  strip->words =
      std::make_unique_for_overwrite<uint32_t[]>(static_cast<size_t>(height * strip->width));
  QJ_RETURN_IF_ERROR(
      ReadColumns(module().checkpoint(), qweight, first, first + strip->width, strip->words.get()));
  strips_[1] = std::move(strips_[0]);
  strips_[0] = strip;
  return std::shared_ptr<const Strip>(std::move(strip));
}

void KMajorSource::CountRows(int64_t count) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  rows_read_ += count;
  if (rows_read_ < n_) return;
  rows_read_ = 0;
  strips_ = {};
}

Status KMajorSource::ReadScales(int64_t begin, int64_t end, float* scales) const {
  const TensorInfo& stored = *parts_.scales;
  const int64_t groups = stored.shape[0], width = end - begin;
  const auto count = static_cast<size_t>(groups * width);
  std::vector<std::byte> bytes(count * static_cast<size_t>(InfoOf(stored.encoding).block_bytes));
  QJ_RETURN_IF_ERROR(ReadColumns(module().checkpoint(), stored, begin, end, bytes.data()));
  std::vector<float> by_group(count);
  QJ_RETURN_IF_ERROR(DequantizeRows(stored.encoding, bytes, by_group));
  for (int64_t r = 0; r < width; ++r) {
    for (int64_t g = 0; g < groups; ++g) {
      scales[r * groups + g] = by_group[static_cast<size_t>(g * width + r)];
    }
  }
  return OkStatus();
}

Status KMajorSource::ReadZeros(int64_t begin, int64_t end, uint8_t* zeros) const {
  const TensorInfo& stored = *parts_.qzeros;
  const int64_t fields = 32 / scheme_.bits, groups = stored.shape[0];
  const int64_t first = begin / fields, width = (end - 1) / fields + 1 - first;
  std::vector<uint32_t> words(static_cast<size_t>(groups * width));
  QJ_RETURN_IF_ERROR(
      ReadColumns(module().checkpoint(), stored, first, first + width, words.data()));
  for (int64_t r = begin; r < end; ++r) {
    for (int64_t g = 0; g < groups; ++g) {
      const uint32_t word = words[static_cast<size_t>(g * width + r / fields - first)];
      zeros[(r - begin) * groups + g] = ZeroOf(word, r % fields);
    }
  }
  return OkStatus();
}

}  // namespace qwenjet::format
