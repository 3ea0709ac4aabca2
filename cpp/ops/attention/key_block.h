// SPDX-License-Identifier: Apache-2.0
// attention: where the lines of a block of 64 keys lie, for the products with K and with V.
#pragma once

#include "layout/step_batch.h"
#include "ops/attention/visible.h"
#include "ops/cpu/cpu_kernels.h"
#include "ops/simd/micro_kernel.h"

namespace qwenjet::ops::simd {
namespace {

inline constexpr int kGroups = 4;  // groups of 16 keys in a block of 64

// The groups of one key block that some row sees.
struct KeyBlock {
  int64_t first_key = 0;
  int count = 0;
  int group[kGroups];         // 0 .. 3
  const char* keys[kGroups];  // line of the group's first slot
  const char* values[kGroups];
  const float* key_scales[kGroups];  // of the group's 16 slots, in pools of int8
  const float* value_scales[kGroups];
  // Where all 64 keys lie in one page: distances from its keys to its values, and from there to the
  // next block's keys, for prefetching. A page's keys of a head are 16 KB, too short for the
  // hardware to get up to speed on. 0: unknown.
  int64_t to_values = 0;
  int64_t to_next_keys = 0;
};

QJ_INLINE void PrefetchScales(const cpu::AttentionTask& t, int64_t page, int64_t slot) {
  for (int64_t i = 0; i < 64; i += 16) {
    __builtin_prefetch(t.pool.KeyScales(page, t.kv_head) + slot + i, 0, 2);
    __builtin_prefetch(t.pool.ValueScales(page, t.kv_head) + slot + i, 0, 2);
  }
}

template <class Mode>
QJ_INLINE KeyBlock FindGroups(const cpu::AttentionTask& t, int64_t first_key, int64_t& last_page) {
  KeyBlock block;
  block.first_key = first_key;
  const int64_t page_size = t.pool.page_size;
  constexpr int64_t kSlotBytes = Mode::kLineBytes / 16;  // of a key in a line
  for (int g = 0; g < kGroups; ++g) {
    const int64_t begin = first_key + g * 16, end = begin + 16;
    bool seen = false;
    for (int32_t r = 0; r < t.rows && !seen; ++r) {
      const VisibleKeys keys =
          VisibleTo(t.row_position[r], t.row_window[r], t.sink_len, t.causal, t.kv_len);
      seen = Meets(keys.window, begin, end) || Meets(keys.sinks, begin, end);
    }
    if (!seen) continue;
    const int64_t page = t.pages[begin / page_size], slot = begin % page_size;
    *t.pages_touched += begin / page_size != last_page ? 1 : 0;
    last_page = begin / page_size;
    block.group[block.count] = g;
    block.keys[block.count] = t.pool.Keys(page, t.kv_head) + slot * kSlotBytes;
    block.values[block.count] =
        t.pool.Values(page, t.kv_head) + slot / Mode::kLineSteps * t.pool.head_dim * kSlotBytes;
    if constexpr (Mode::kIsCodes) {
      block.key_scales[block.count] = t.pool.KeyScales(page, t.kv_head) + slot;
      block.value_scales[block.count] = t.pool.ValueScales(page, t.kv_head) + slot;
    }
    ++block.count;
  }
  if (block.count == kGroups && page_size >= 64) {
    block.to_values = block.values[0] - block.keys[0];
    const int64_t next = first_key + 64;
    const int64_t page = next < t.key_end ? t.pages[next / page_size] : -1;
    if (page >= 0) {
      block.to_next_keys =
          t.pool.Keys(page, t.kv_head) + next % page_size * kSlotBytes - block.values[0];
      if constexpr (Mode::kIsCodes) PrefetchScales(t, page, next % page_size);
    }
  }
  return block;
}

// Groups of a block whose lines of V follow each other.
struct ValueRun {
  const char* p;  // the first key's probability in row 0
  const char* values;
  int64_t lines;
};

struct ValueRuns {
  ValueRun run[kGroups];
  int count = 0;
  int64_t line_stride;
  int64_t ahead;  // to what is to be fetched meanwhile; 0: nothing
};

template <class Mode>
QJ_INLINE ValueRuns FindRuns(const cpu::AttentionTask& t, const KeyBlock& block, const char* p) {
  ValueRuns runs;
  runs.line_stride = t.pool.head_dim * (Mode::kLineBytes / 16);
  runs.ahead = block.to_next_keys;
  const int64_t group_bytes = 16 / Mode::kLineSteps * runs.line_stride;
  for (int g = 0; g < block.count;) {
    int end = g + 1;
    while (end < block.count && block.group[end] == block.group[end - 1] + 1 &&
           block.values[end] == block.values[end - 1] + group_bytes) {
      ++end;
    }
    // Slots past kv_len may hold anything.
    const int64_t left = t.kv_len - (block.first_key + block.group[g] * 16);
    const int64_t keys = (end - g) * 16 < left ? (end - g) * 16 : left;
    runs.run[runs.count++] = {p + block.group[g] * 16 * (Mode::kABytesPerLine / Mode::kLineSteps),
                              block.values[g], (keys + Mode::kLineSteps - 1) / Mode::kLineSteps};
    g = end;
  }
  return runs;
}

// The runs' last dims, copied to whole lines, since those would reach past the page.
template <class Mode>
QJ_INLINE ValueRuns CopyTails(const ValueRuns& runs, int64_t line_offset, char* lines) {
  ValueRuns tails = runs;
  tails.line_stride = Mode::kLineBytes;
  tails.ahead = 0;
  const auto bytes = static_cast<size_t>(runs.line_stride - line_offset);
  for (int i = 0; i < runs.count; ++i) {
    tails.run[i].values = lines;
    for (int64_t line = 0; line < runs.run[i].lines; ++line, lines += Mode::kLineBytes) {
      std::memcpy(lines, runs.run[i].values + line * runs.line_stride + line_offset, bytes);
    }
  }
  return tails;
}

}  // namespace
}  // namespace qwenjet::ops::simd
