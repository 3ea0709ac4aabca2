// SPDX-License-Identifier: Apache-2.0
// attention: which keys a query sees, as integers. The only place that knows the window rule; the
// kernel, the page walk and the scheduler's page recycling follow it.
#pragma once

#include <cstdint>

namespace qwenjet::ops {
namespace {

struct KeyRange {
  int64_t begin = 0;
  int64_t end = 0;  // empty where end <= begin
};

// The keys that a query at `position` sees through its window and through the sinks.
struct VisibleKeys {
  KeyRange window;
  KeyRange sinks;
};

inline VisibleKeys VisibleTo(int64_t position, int64_t window_len, int64_t sink_len, bool causal,
                             int64_t kv_len) {
  const int64_t causal_end = position + 1 < kv_len ? position + 1 : kv_len;
  const int64_t reach = position + window_len < kv_len ? position + window_len : kv_len;
  const int64_t first = position - window_len + 1;
  VisibleKeys keys;
  keys.window = {first > 0 ? first : 0, causal ? causal_end : reach};
  const int64_t sink_limit = causal ? causal_end : kv_len;
  keys.sinks = {0, sink_len < sink_limit ? sink_len : sink_limit};
  return keys;
}

inline bool Meets(const KeyRange& range, int64_t begin, int64_t end) {
  return range.begin < end && begin < range.end && range.begin < range.end;
}

// Bit i: key `first + i` lies in the range, i in [0, 16).
inline uint32_t Bits16(const KeyRange& range, int64_t first) {
  const int64_t begin = range.begin - first, end = range.end - first;
  if (end <= 0 || begin >= 16 || end <= begin) return 0;
  const uint32_t below_end = end >= 16 ? 0xffffu : (1u << end) - 1u;
  const uint32_t below_begin = begin <= 0 ? 0u : (1u << begin) - 1u;
  return below_end & ~below_begin;
}

}  // namespace
}  // namespace qwenjet::ops
