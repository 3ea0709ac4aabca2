// SPDX-License-Identifier: Apache-2.0
// qweight int32 [K / pf, N] (pf = 32 / bits codes of a column in a word, low bits first), qzeros
// int32 [G, N / pf], scales [G, N], g_idx int32 [K].
#include <algorithm>
#include <array>
#include <span>

#include "base/check.h"
#include "format/dequant.h"
#include "format/gptq_awq.h"
#include "format/k_major.h"

namespace qwenjet::format {
namespace {

class GptqSource final : public KMajorSource {
 public:
  GptqSource(const QuantModule& module, const KMajorParts& parts, int bits, const GroupMap& map,
             int zero_shift)
      : KMajorSource(module, parts, parts.qweight->shape[1], parts.qweight->shape[0] * 32 / bits,
                     bits, map),
        zero_shift_(zero_shift) {}

 private:
  // In tiles that the nearest cache holds: kTileColumns lie in a line of it.
  Status ReadCodes(int64_t begin, int64_t end, uint8_t* codes) const override {
    constexpr int64_t kTileWords = 64, kTileColumns = 16;
    const int64_t height = parts().qweight->shape[0], fields = 32 / scheme().bits;
    return ReadStrips(begin, end, 1,
                      [&](const uint32_t* words, int64_t stride, int64_t first, int64_t width) {
                        std::array<uint32_t, kTileWords> column;
                        uint8_t* rows = codes + (first - begin) * k();
                        for (int64_t tile = 0; tile < width; tile += kTileColumns) {
                          const int64_t stop = std::min(width, tile + kTileColumns);
                          for (int64_t w = 0; w < height; w += kTileWords) {
                            const int64_t count = std::min(kTileWords, height - w);
                            for (int64_t c = tile; c < stop; ++c) {
                              const uint32_t* from = words + w * stride + c;
                              for (int64_t i = 0; i < count; ++i)
                                column[static_cast<size_t>(i)] = from[i * stride];
                              UnpackWords(column.data(), count * fields, scheme().bits,
                                          rows + c * k() + w * fields);
                            }
                          }
                        }
                      });
  }

  uint8_t ZeroOf(uint32_t word, int64_t field) const override {
    return static_cast<uint8_t>((FieldOf(word, field, scheme().bits) + zero_shift_) &
                                ((1 << scheme().bits) - 1));
  }

  const int zero_shift_;  // v1 stores zero points less one
};

// The configuration's bits, or those that the tensors show.
Result<int> BitsOf(const QuantModule& module, const KMajorParts& parts, int64_t n) {
  const QuantModuleScheme* scheme = module.SchemeBy(*parts.qweight);
  int64_t bits = scheme == nullptr ? 0 : scheme->bits;
  if (bits == 0) bits = parts.qzeros->shape[1] * 32 / n;
  if (bits != 4 && bits != 8) {
    return Error(StatusCode::kUnsupported, "module ", module.name(), ": gptq weights of ", bits,
                 " bits cannot be read by this build");
  }
  return static_cast<int>(bits);
}

}  // namespace

Result<std::unique_ptr<QuantSource>> OpenGptqSource(const QuantModule& module) {
  QJ_ASSIGN_OR_RETURN(const KMajorParts parts, FindKMajorParts(module));
  const int64_t n = parts.scales->shape[1], groups = parts.scales->shape[0];
  QJ_ASSIGN_OR_RETURN(const int bits, BitsOf(module, parts, n));
  QJ_RETURN_IF_ERROR(module.CheckShape(*parts.qweight, {parts.qweight->shape[0], n}));
  QJ_RETURN_IF_ERROR(module.CheckShape(*parts.qzeros, {groups, (n * bits - 1) / 32 + 1}));
  const QuantModuleScheme* scheme = module.SchemeBy(*parts.qweight);
  QJ_ASSIGN_OR_RETURN(const GroupMap map,
                      MapGroups(module.name(), parts.qweight->shape[0] * 32 / bits, groups,
                                scheme == nullptr ? 0 : scheme->group_size));
  const QuantConfig* config = module.checkpoint().quant_config();
  const int zero_shift = config != nullptr && config->format == "gptq_v2" ? 0 : 1;
  auto source = std::make_unique<GptqSource>(module, parts, bits, map, zero_shift);
  QJ_RETURN_IF_ERROR(source->Prepare((1 << (bits - 1)) - zero_shift, "g_idx"));
  return std::unique_ptr<QuantSource>(std::move(source));
}

}  // namespace qwenjet::format
