// SPDX-License-Identifier: Apache-2.0
// qweight int32 [K, N / 8], qzeros int32 [G, N / 8], scales [G, N]; the columns 8c .. 8c + 7 of a
// word lie in an order of their own.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "format/gptq_awq.h"
#include "format/k_major.h"

namespace qwenjet::format {
namespace {

constexpr int kBits = 4;
constexpr int64_t kFields = 8;
// The nibble that holds a row (an output) of a word.
constexpr std::array<int, kFields> kNibbleOfRow = {0, 4, 1, 5, 2, 6, 3, 7};

class AwqSource final : public KMajorSource {
 public:
  AwqSource(const QuantModule& module, const KMajorParts& parts, const GroupMap& map)
      : KMajorSource(module, parts, parts.qweight->shape[1] * kFields, parts.qweight->shape[0],
                     kBits, map) {}

 private:
  // In tiles that the nearest cache holds: kTileColumns lie in a line of it.
  Status ReadCodes(int64_t begin, int64_t end, uint8_t* codes) const override {
    constexpr int64_t kTileWords = 128, kTileColumns = 16;
    return ReadStrips(
        begin, end, kFields,
        [&](const uint32_t* words, int64_t stride, int64_t first, int64_t width) {
          std::array<uint32_t, kTileWords> column;
          for (int64_t tile = 0; tile < width; tile += kTileColumns) {
            const int64_t stop = std::min(width, tile + kTileColumns);
            for (int64_t w = 0; w < k(); w += kTileWords) {
              const int64_t count = std::min(kTileWords, k() - w);
              for (int64_t c = tile; c < stop; ++c) {
                const uint32_t* from = words + w * stride + c;
                for (int64_t i = 0; i < count; ++i)
                  column[static_cast<size_t>(i)] = from[i * stride];
                for (int64_t row = 0; row < kFields; ++row) {
                  const int64_t n = first + c * kFields + row;
                  if (n < begin || n >= end) continue;
                  const int shift = kBits * kNibbleOfRow[static_cast<size_t>(row)];
                  uint8_t* out = codes + (n - begin) * k() + w;
                  for (int64_t i = 0; i < count; ++i) {
                    out[i] = static_cast<uint8_t>(column[static_cast<size_t>(i)] >> shift & 15u);
                  }
                }
              }
            }
          }
        });
  }

  uint8_t ZeroOf(uint32_t word, int64_t field) const override {
    return FieldOf(word, kNibbleOfRow[static_cast<size_t>(field)], kBits);
  }
};

}  // namespace

Result<std::unique_ptr<QuantSource>> OpenAwqSource(const QuantModule& module) {
  QJ_ASSIGN_OR_RETURN(const KMajorParts parts, FindKMajorParts(module));
  const int64_t k = parts.qweight->shape[0], words = parts.qweight->shape[1];
  const int64_t groups = parts.scales->shape[0];
  QJ_RETURN_IF_ERROR(module.CheckShape(*parts.scales, {groups, words * kFields}));
  QJ_RETURN_IF_ERROR(module.CheckShape(*parts.qzeros, {groups, words}));
  const QuantModuleScheme* scheme = module.SchemeBy(*parts.qweight);
  QJ_ASSIGN_OR_RETURN(const GroupMap map, MapGroups(module.name(), k, groups,
                                                    scheme == nullptr ? 0 : scheme->group_size));
  auto source = std::make_unique<AwqSource>(module, parts, map);
  QJ_RETURN_IF_ERROR(source->Prepare(1 << (kBits - 1), ""));
  return std::unique_ptr<QuantSource>(std::move(source));
}

}  // namespace qwenjet::format
