// SPDX-License-Identifier: Apache-2.0
// base: how far a long call has come, and a wish to stop it; shared between the thread that works
// and any other.
#pragma once

#include <atomic>
#include <cstdint>

namespace qwenjet {

struct Progress {
  std::atomic<int64_t> done_bytes{0};
  std::atomic<int64_t> total_bytes{0};
  std::atomic<bool> cancelled{false};
};

}  // namespace qwenjet
