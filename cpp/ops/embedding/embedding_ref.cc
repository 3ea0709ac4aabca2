// SPDX-License-Identifier: Apache-2.0
#include "ops/embedding/embedding_ref.h"

namespace qwenjet::ops {

testing::Expected EmbeddingRef(const testing::Dense& table, const std::vector<int32_t>& token_ids) {
  testing::Expected y(testing::AllOf(static_cast<int64_t>(token_ids.size())),
                      testing::AllOf(table.cols));
  for (size_t t = 0; t < token_ids.size(); ++t) {
    for (int64_t i = 0; i < table.cols; ++i) {
      y.value[y.At(t, static_cast<size_t>(i))] = table(token_ids[t], i);
    }
  }
  return y;
}

}  // namespace qwenjet::ops
