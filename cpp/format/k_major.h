// SPDX-License-Identifier: Apache-2.0
// format: internal: what GPTQ and AWQ share: qweight, qzeros and scales with the input columns (or
// their groups) outermost.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "base/check.h"
#include "format/quant_parts.h"

namespace qwenjet::format {

struct KMajorParts {
  const TensorInfo* qweight = nullptr;
  const TensorInfo* qzeros = nullptr;
  const TensorInfo* scales = nullptr;
};

Result<KMajorParts> FindKMajorParts(const QuantModule& module);

class KMajorSource : public ModuleQuantSource {
 public:
  // Reads what the scheme and the permutation depend on: whether all zeros are stored as
  // `symmetric_zero`, and the group index of that suffix ("": none).
  Status Prepare(int symmetric_zero, std::string_view group_index);

 protected:
  KMajorSource(const QuantModule& module, const KMajorParts& parts, int64_t n, int64_t k, int bits,
               const GroupMap& map);

  const KMajorParts& parts() const { return parts_; }
  // The zero point in a field of a word, field f being row n % pf of the matrix.
  virtual uint8_t ZeroOf(uint32_t word, int64_t field) const = 0;

  // Calls use(strip, first_row, width) with the words of qweight that hold rows [begin, end), a
  // bounded number at a time: strip [words of a column][width], each of `rows_a_word` rows.
  template <typename Use>
  Status ReadStrips(int64_t begin, int64_t end, int64_t rows_a_word, const Use& use) const {
    const TensorInfo& qweight = *parts_.qweight;
    const int64_t height = qweight.shape[0];
    const int64_t last = (end - 1) / rows_a_word + 1;
    const int64_t most = std::max<int64_t>(16, kPackedPieceBytes / (height * 4));
    std::vector<uint32_t> strip;
    for (int64_t first = begin / rows_a_word; first < last; first += most) {
      const int64_t width = std::min(most, last - first);
      strip.resize(static_cast<size_t>(height * width));
      QJ_RETURN_IF_ERROR(
          ReadColumns(module().checkpoint(), qweight, first, first + width, strip.data()));
      use(strip.data(), first * rows_a_word, width);
    }
    return OkStatus();
  }

 private:
  Status ReadScales(int64_t begin, int64_t end, float* scales) const final;
  Status ReadZeros(int64_t begin, int64_t end, uint8_t* zeros) const final;

  KMajorParts parts_;
};

}  // namespace qwenjet::format
