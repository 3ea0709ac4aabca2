// SPDX-License-Identifier: Apache-2.0
// layout: the pages of one layer's KV cache. A pool is [page][K then V][kv_head][one head], and
// inside a page of a head keys and values stand as the attention kernels' right-hand matrices, so
// that neither is ever transposed at use:
//
//   bfloat16: K [head_dim / 2][page_size][2]     V [page_size / 2][head_dim][2]
//   float32:  K [head_dim][page_size]            V [page_size][head_dim]
//   int8:     as bfloat16, then the slots' scales, float32 [page_size]
//
// A line of K is 16 keys x 2 dims, a line of V is 16 dims x 2 keys: both are one vector of the
// bf16-dot instructions and a row of an AMX B tile, and in int8, widened to 16 bits, one vector of
// the int16-dot instructions. An int8 element is code x scale of its slot; a vector that held a NaN
// or an infinity has a NaN for its scale.
#pragma once

#include <cstdint>

#include "base/dtype.h"

namespace qwenjet::layout {

struct KvPool {
  void* data = nullptr;  // 64-byte aligned
  DType dtype = DType::kBFloat16;
  int64_t num_pages = 0;
  int64_t page_size = 64;  // a power of two, 16 .. 1024
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;  // even

  // Always inline: a copy compiled with wide instructions must not be the one that the linker
  // keeps.
  [[gnu::always_inline]] int64_t HeadElems() const { return page_size * head_dim; }
  // The keys or the values of a head in a page.
  [[gnu::always_inline]] int64_t HeadBytes() const {
    return HeadElems() * static_cast<int64_t>(SizeOf(dtype)) +
           (dtype == DType::kInt8 ? page_size * static_cast<int64_t>(sizeof(float)) : 0);
  }
  [[gnu::always_inline]] int64_t PageBytes() const { return 2 * num_kv_heads * HeadBytes(); }
  [[gnu::always_inline]] char* Keys(int64_t page, int64_t kv_head) const {
    return static_cast<char*>(data) + page * PageBytes() + kv_head * HeadBytes();
  }
  [[gnu::always_inline]] char* Values(int64_t page, int64_t kv_head) const {
    return Keys(page, kv_head + num_kv_heads);
  }
  // int8: [page_size], behind the codes.
  [[gnu::always_inline]] float* KeyScales(int64_t page, int64_t kv_head) const {
    return reinterpret_cast<float*>(Keys(page, kv_head) + HeadElems());
  }
  [[gnu::always_inline]] float* ValueScales(int64_t page, int64_t kv_head) const {
    return KeyScales(page, kv_head + num_kv_heads);
  }
};

// Index of (slot, dim) inside one head's keys or values of a page.
constexpr int64_t KeyIndex(DType dtype, int64_t slot, int64_t dim, int64_t page_size) {
  return dtype == DType::kFloat32 ? dim * page_size + slot
                                  : (dim / 2) * page_size * 2 + slot * 2 + dim % 2;
}
constexpr int64_t ValueIndex(DType dtype, int64_t slot, int64_t dim, int64_t head_dim) {
  return dtype == DType::kFloat32 ? slot * head_dim + dim
                                  : (slot / 2) * head_dim * 2 + dim * 2 + slot % 2;
}

}  // namespace qwenjet::layout
