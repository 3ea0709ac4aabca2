// SPDX-License-Identifier: Apache-2.0
// attention on tiles, for bf16 queries and pages: 16 rows x 16 keys, then 16 rows x 16 dims, a
// product. A page is a right-hand tile as it lies: 16 lines of K are 16 keys x 32 dims, 16 lines of
// V 16 dims x 32 keys. Softmax is the vectors' (attention_kernel.h). Decode goes the same way, with
// tiles of as few rows as there are, so that a row's bits do not depend on how many there are.
//
// A block of keys is always two steps of 32. Keys that lack a value (groups that are skipped, slots
// past kv_len) are zeros in a copy, which changes no bit of the sum; so neither do page sizes.
#pragma once

#include "ops/attention/attention_kernel.h"
#include "ops/simd/tile_block.h"

namespace qwenjet::ops::simd {
namespace {

inline constexpr int kTileDims = 32;  // of K in a tile; keys of V in a tile

// Fetches 16 lines, `ahead` away, into the second-level cache.
QJ_INLINE void FetchTile(const char* lines, int64_t stride, int64_t ahead) {
  for (int i = 0; i < 16; ++i) __builtin_prefetch(lines + i * stride + ahead, 0, 2);
}

template <class T>
QJ_INLINE void TileScores(const cpu::AttentionTask& t, const KeyBlock& block, float* scores) {
  const int64_t line_stride = t.pool.page_size * 4, steps = t.pool.head_dim / kTileDims;
  for (int32_t row = 0; row < t.rows; row += 32) {
    const char* q = t.q + row * t.q_stride_bytes;
    for (int g = 0; g < block.count; g += 2) {
      float* const out = scores + row * 64;
      WithCount<2>(t.rows - row > 16 ? 2 : 1, [&]<int R>() {
        WithCount<2>(block.count - g < 2 ? 1 : 2, [&]<int C>() {
          using Tiles = TileBlock<T, R, C>;
          Tiles::Zero();
          for (int64_t step = 0; step < steps; ++step) {
            const int64_t offset = step * 16 * line_stride;
            const char* const keys[2] = {block.keys[g] + offset, block.keys[g + C - 1] + offset};
            if (row == 0 && block.to_values != 0) {
              for (int c = 0; c < C; ++c) FetchTile(keys[c], line_stride, block.to_values);
            }
            const char* const a = q + step * 64;
            Tiles::Dot(a, a + 16 * t.q_stride_bytes, t.q_stride_bytes, keys[0], keys[1],
                       line_stride);
          }
          Tiles::StoreAcc(out + block.group[g] * 16, out + block.group[g + C - 1] * 16, 256);
        });
      });
    }
  }
}

// Where the V tiles of a block are: 32 keys in 16 lines of a page, or copies of 16 dims of them.
class ValueTiles {
 public:
  QJ_INLINE ValueTiles(const cpu::AttentionTask& t, const KeyBlock& block)
      : block_(block), page_stride_(t.pool.head_dim * 4), keys_left_(t.kv_len - block.first_key) {
    const bool whole = block.count == kGroups && keys_left_ >= 64;
    in_pages_ = whole && block.values[1] == block.values[0] + 8 * page_stride_ &&
                block.values[3] == block.values[2] + 8 * page_stride_;
  }
  QJ_INLINE bool InPages() const { return in_pages_; }
  QJ_INLINE int64_t Stride() const { return in_pages_ ? page_stride_ : 64; }
  // Keys [32 step, 32 step + 32), dims from `dim` on. `copy` holds a tile.
  QJ_INLINE const char* Tile(int step, int64_t dim, char* copy) const {
    if (in_pages_) return block_.values[2 * step] + dim * 4;
    std::memset(copy, 0, 1024);
    for (int g = 0; g < block_.count; ++g) {
      if (block_.group[g] / 2 != step) continue;
      const int64_t left = keys_left_ - block_.group[g] * 16, keys = left < 16 ? left : 16;
      char* to = copy + block_.group[g] % 2 * 512;
      for (int64_t key = 0; key < keys; key += 2, to += 64) {
        std::memcpy(to, block_.values[g] + key / 2 * page_stride_ + dim * 4, 64);
      }
      if (keys % 2 != 0) {
        // The line's second key lies past kv_len.
        for (int i = 0; i < 16; ++i) std::memset(to - 64 + i * 4 + 2, 0, 2);
      }
    }
    return copy;
  }

 private:
  const KeyBlock& block_;
  int64_t page_stride_;
  int64_t keys_left_;
  bool in_pages_;
};

template <class T>
QJ_INLINE void TileValues(const cpu::AttentionTask& t, const KeyBlock& block,
                          const Probabilities& p) {
  const int64_t head_dim = t.pool.head_dim, out_stride = head_dim * 4;
  const ValueTiles values(t, block);
  alignas(64) char copies[2][2][1024];  // [step][column]
  for (int64_t dim = 0; dim < head_dim; dim += 32) {
    const char* tiles[2][2];
    for (int step = 0; step < 2; ++step) {
      for (int c = 0; c < 2; ++c) {
        tiles[step][c] = values.Tile(step, dim + c * 16, copies[step][c]);
        if (block.to_next_keys != 0 && values.InPages()) {
          FetchTile(tiles[step][c], values.Stride(), block.to_next_keys);
        }
      }
    }
    for (int32_t row = 0; row < t.rows; row += 32) {
      float* const out = t.out + row * head_dim + dim;
      const char* a = p.data + row * p.stride;
      WithCount<2>(t.rows - row > 16 ? 2 : 1, [&]<int R>() {
        using Tiles = TileBlock<T, R, 2>;
        Tiles::LoadAcc(out, out + 16, out_stride);
        for (int step = 0; step < 2; ++step, a += 64) {
          Tiles::Dot(a, a + 16 * p.stride, p.stride, tiles[step][0], tiles[step][1],
                     values.Stride());
        }
        Tiles::StoreAcc(out, out + 16, out_stride);
      });
    }
  }
}

// The probabilities of groups that are skipped: they meet zeros, but must be numbers.
QJ_INLINE void ClearSkipped(const cpu::AttentionTask& t, const KeyBlock& block,
                            const Probabilities& p) {
  bool seen[kGroups] = {};
  for (int g = 0; g < block.count; ++g) seen[block.group[g]] = true;
  for (int g = 0; g < kGroups; ++g) {
    if (seen[g]) continue;
    for (int32_t row = 0; row < t.rows; ++row) std::memset(p.data + row * p.stride + g * 32, 0, 32);
  }
}

// Pools of bf16 and heads of whole tiles; other spans are the vectors'.
template <class T, class V>
void TileAttentionSpan(const cpu::AttentionTask& t) {
  if (t.pool.dtype != DType::kBFloat16 || t.pool.head_dim % kTileDims != 0) {
    return AttentionSpanKernel<V>(t);
  }
  StartSpan(t);
  T::Configure(t.rows < 16 ? t.rows : 16);
  int64_t last_page = -1;
  for (int64_t key = t.key_begin; key < t.key_end; key += 64) {
    const KeyBlock block = FindGroups<DotMode>(t, key, last_page);
    if (block.count == 0) continue;
    auto* scores = reinterpret_cast<float*>(t.scratch);
    const Probabilities p = ProbabilitiesOf<DotMode>(t);
    TileScores<T>(t, block, scores);
    SoftmaxRows<V, DotMode>(t, block, scores, p);
    if (block.count < kGroups) ClearSkipped(t, block, p);
    TileValues<T>(t, block, p);
  }
  T::Release();
}

template <class T, class V>
void AddAttentionTiles(cpu::CpuKernels& kernels) {
  kernels.attention_span = TileAttentionSpan<T, V>;
}

}  // namespace
}  // namespace qwenjet::ops::simd
