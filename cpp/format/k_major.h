// SPDX-License-Identifier: Apache-2.0
// format: internal: what GPTQ and AWQ share: qweight, qzeros and scales with the input columns (or
// their groups) outermost.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

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

  // Calls use(words, stride, first_row, width) with the columns of qweight that hold rows [begin,
  // end), each of `rows_a_word` rows: word w of column c is words[w * stride + c].
  template <typename Use>
  Status ReadStrips(int64_t begin, int64_t end, int64_t rows_a_word, const Use& use) const {
    const int64_t last = (end - 1) / rows_a_word + 1;
    for (int64_t first = begin / rows_a_word; first < last;) {
      QJ_ASSIGN_OR_RETURN(const std::shared_ptr<const Strip> strip, StripAt(first));
      const int64_t width = std::min(last, strip->first + strip->width) - first;
      use(strip->words.get() + (first - strip->first), strip->width, first * rows_a_word, width);
      first += width;
    }
    CountRows(end - begin);
    return OkStatus();
  }

 private:
  Status ReadScales(int64_t begin, int64_t end, float* scales) const final;
  Status ReadZeros(int64_t begin, int64_t end, uint8_t* zeros) const final;

  // Columns [first, first + width) of qweight. A row of the matrix is a few words of every one of
  // its lines, and a read of so few bytes costs as much as one of a thousand: so strips are wider
  // than what is asked for, and the last two stay for the reads that follow (of any thread), until
  // as many rows have been read as there are.
  struct Strip {
    int64_t first = 0;
    int64_t width = 0;
    std::unique_ptr<uint32_t[]> words;
  };
  Result<std::shared_ptr<const Strip>> StripAt(int64_t column) const;
  void CountRows(int64_t count) const;

  KMajorParts parts_;
  mutable std::mutex mutex_;
  mutable std::array<std::shared_ptr<const Strip>, 2> strips_;  // the newer first
  mutable int64_t rows_read_ = 0;
};

}  // namespace qwenjet::format
