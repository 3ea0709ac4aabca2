// SPDX-License-Identifier: Apache-2.0
// qweight int32 [K / pf, N] (pf = 32 / bits codes of a column in a word, low bits first), qzeros
// int32 [G, N / pf], scales [G, N], g_idx int32 [K].
#include <algorithm>
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
  Status ReadCodes(int64_t begin, int64_t end, uint8_t* codes) const override {
    const int64_t words = parts().qweight->shape[0];
    return ReadStrips(begin, end, 1, [&](const uint32_t* strip, int64_t first, int64_t width) {
      std::vector<uint32_t> column(static_cast<size_t>(words));
      for (int64_t c = 0; c < width; ++c) {
        for (int64_t w = 0; w < words; ++w) {
          column[static_cast<size_t>(w)] = strip[w * width + c];
        }
        UnpackWords(column.data(), k(), scheme().bits, codes + (first + c - begin) * k());
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
