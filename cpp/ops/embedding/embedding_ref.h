// SPDX-License-Identifier: Apache-2.0
// Oracle of embedding (tests and benchmarks only).
#pragma once

#include "testing/compare.h"

namespace qwenjet::ops {

// y[t, :] = table[token_ids[t], :].
testing::Expected EmbeddingRef(const testing::Dense& table, const std::vector<int32_t>& token_ids);

}  // namespace qwenjet::ops
