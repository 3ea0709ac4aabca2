// SPDX-License-Identifier: Apache-2.0
// testing: ragged batches over a paged KV pool whose pages are dealt out in random order and whose
// unused memory is NaN, so that a kernel that reads a wrong page or past the end shows it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "base/bf16.h"
#include "layout/kv_page.h"
#include "layout/step_batch.h"
#include "testing/generators.h"

namespace qwenjet::testing {

// A sequence of a step: its last num_queries of kv_len positions are queries.
struct SequenceShape {
  int32_t num_queries = 0;
  int32_t kv_len = 0;
};

// Whether the pages before a sequence's first query exist or were freed (-1 in the table).
enum class History { kHeld, kFreed };

// Owns the arrays of a SequenceBatch. Each sequence gets the pages it needs, in random order out
// of a pool with some pages to spare.
class PagedBatch {
 public:
  PagedBatch(const std::vector<SequenceShape>& shapes, int64_t page_size, uint64_t seed,
             History history = History::kHeld) {
    query_start_ = {0};
    block_table_start_ = {0};
    for (const SequenceShape& shape : shapes) {
      query_start_.push_back(query_start_.back() + shape.num_queries);
      kv_len_.push_back(shape.kv_len);
      const auto pages = static_cast<int32_t>((shape.kv_len + page_size - 1) / page_size);
      block_table_start_.push_back(block_table_start_.back() + pages);
      const int64_t freed =
          history == History::kFreed ? (shape.kv_len - shape.num_queries) / page_size : 0;
      for (int64_t i = 0; i < pages; ++i) {
        block_tables_.push_back(i < freed ? -1 : static_cast<int32_t>(num_pages_++));
      }
    }
    num_pages_ += 3;
    std::vector<int32_t> ids(static_cast<size_t>(num_pages_));
    for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(i);
    Rng rng(seed);
    for (size_t i = ids.size() - 1; i > 0; --i) {
      std::swap(ids[i], ids[static_cast<size_t>(rng.Below(static_cast<int64_t>(i) + 1))]);
    }
    for (int32_t& page : block_tables_) {
      if (page >= 0) page = ids[static_cast<size_t>(page)];
    }
  }

  layout::SequenceBatch view() const {
    return {query_start_.back(),       static_cast<int32_t>(kv_len_.size()),
            query_start_.data(),       kv_len_.data(),
            block_table_start_.data(), block_tables_.data()};
  }
  int32_t num_tokens() const { return query_start_.back(); }
  int32_t num_sequences() const { return static_cast<int32_t>(kv_len_.size()); }
  int64_t num_pages() const { return num_pages_; }
  int32_t& Page(int32_t s, int64_t page_idx) {
    return block_tables_[static_cast<size_t>(block_table_start_[static_cast<size_t>(s)] +
                                             page_idx)];
  }

 private:
  std::vector<int32_t> query_start_, kv_len_, block_table_start_, block_tables_;
  int64_t num_pages_ = 0;
};

// A vector as an int8 pool holds it, from the formula in ops/rope_kv_write/rope_kv_write.h. A
// quotient of two float32 numbers that double rounds first and float32 then is rounded rightly.
struct Int8Vector {
  double scale = 0;
  std::vector<double> codes;

  explicit Int8Vector(const std::vector<double>& x) : codes(x.size(), 0.0) {
    double largest = 0;
    for (const double value : x) {
      if (!std::isfinite(value)) scale = std::numeric_limits<double>::quiet_NaN();
      largest = std::max(largest, std::fabs(value));
    }
    if (std::isnan(scale)) return;
    scale = RoundTo(DType::kFloat32, largest / 127);
    if (scale < 0x1p-126) scale = 0;
    if (scale == 0) return;
    for (size_t i = 0; i < x.size(); ++i) {
      // An integer has no negative zero.
      codes[i] = std::nearbyint(RoundTo(DType::kFloat32, x[i] / scale)) + 0.0;
    }
  }
  double operator[](int64_t i) const { return codes[static_cast<size_t>(i)] * scale; }
};

// Owns the pages of a layer; all of them are poison at first.
class KvBuffer {
 public:
  KvBuffer(DType dtype, int64_t num_pages, int64_t page_size, int64_t num_kv_heads,
           int64_t head_dim)
      : pool_{nullptr, dtype, num_pages, page_size, num_kv_heads, head_dim},
        memory_(num_pages * pool_.PageBytes()) {
    pool_.data = memory_.data();
    auto* halves = reinterpret_cast<uint16_t*>(memory_.data());
    std::fill_n(halves, num_pages * pool_.PageBytes() / 2, kPoison);
  }

  const layout::KvPool& view() const { return pool_; }
  double Key(int64_t page, int64_t head, int64_t slot, int64_t dim) const {
    return Get(pool_.Keys(page, head), layout::KeyIndex(pool_.dtype, slot, dim, pool_.page_size)) *
           KeyScale(page, head, slot);
  }
  double Value(int64_t page, int64_t head, int64_t slot, int64_t dim) const {
    return Get(pool_.Values(page, head),
               layout::ValueIndex(pool_.dtype, slot, dim, pool_.head_dim)) *
           ValueScale(page, head, slot);
  }
  // 1 but in pools of int8.
  double KeyScale(int64_t page, int64_t head, int64_t slot) const {
    return pool_.dtype == DType::kInt8 ? double{pool_.KeyScales(page, head)[slot]} : 1.0;
  }
  double ValueScale(int64_t page, int64_t head, int64_t slot) const {
    return pool_.dtype == DType::kInt8 ? double{pool_.ValueScales(page, head)[slot]} : 1.0;
  }
  void SetKeyScale(int64_t page, int64_t head, int64_t slot, double scale) {
    pool_.KeyScales(page, head)[slot] = static_cast<float>(scale);
  }
  void SetValueScale(int64_t page, int64_t head, int64_t slot, double scale) {
    pool_.ValueScales(page, head)[slot] = static_cast<float>(scale);
  }
  // In pools of int8 the codes.
  void SetKey(int64_t page, int64_t head, int64_t slot, int64_t dim, double value) {
    Set(pool_.Keys(page, head), layout::KeyIndex(pool_.dtype, slot, dim, pool_.page_size), value);
  }
  void SetValue(int64_t page, int64_t head, int64_t slot, int64_t dim, double value) {
    Set(pool_.Values(page, head), layout::ValueIndex(pool_.dtype, slot, dim, pool_.head_dim),
        value);
  }
  // Whether the memory of an element is as the constructor left it.
  bool IsPoison(double value) const { return value != value; }
  void PoisonPage(int64_t page) {
    std::fill_n(reinterpret_cast<uint16_t*>(pool_.Keys(page, 0)), pool_.PageBytes() / 2, kPoison);
  }

  // Writes a sequence's keys and values [kv_len, num_kv_heads * head_dim] to its pages, except
  // pages that its table gives as -1. As rope_kv_write leaves it, in a bf16 pool the value of the
  // odd slot after the last position is zero; a pool of int8 gets codes and scales.
  void Store(PagedBatch& batch, int32_t s, const Dense& keys, const Dense& values) {
    for (int64_t position = 0; position < keys.rows; ++position) {
      const int64_t slot = position % pool_.page_size;
      const int32_t page = batch.Page(s, position / pool_.page_size);
      if (page < 0) continue;
      for (int64_t head = 0; head < pool_.num_kv_heads; ++head) {
        if (pool_.dtype == DType::kInt8) {
          StoreCodes(page, head, slot, keys, values, position);
          continue;
        }
        for (int64_t dim = 0; dim < pool_.head_dim; ++dim) {
          SetKey(page, head, slot, dim, keys(position, head * pool_.head_dim + dim));
          SetValue(page, head, slot, dim, values(position, head * pool_.head_dim + dim));
          if (slot % 2 == 0 && pool_.dtype == DType::kBFloat16) {
            SetValue(page, head, slot + 1, dim, 0.0);
          }
        }
      }
    }
  }

 private:
  void StoreCodes(int64_t page, int64_t head, int64_t slot, const Dense& keys, const Dense& values,
                  int64_t position) {
    const int64_t begin = head * pool_.head_dim;
    const Int8Vector key(RowPart(keys, position, begin, pool_.head_dim));
    const Int8Vector value(RowPart(values, position, begin, pool_.head_dim));
    SetKeyScale(page, head, slot, key.scale);
    SetValueScale(page, head, slot, value.scale);
    for (int64_t dim = 0; dim < pool_.head_dim; ++dim) {
      SetKey(page, head, slot, dim, key.codes[static_cast<size_t>(dim)]);
      SetValue(page, head, slot, dim, value.codes[static_cast<size_t>(dim)]);
    }
  }
  layout::Matrix AsMatrix(char* data) const {
    return {data, pool_.dtype, 1, pool_.HeadElems(), pool_.HeadElems()};
  }
  double Get(char* data, int64_t index) const {
    if (pool_.dtype == DType::kInt8) return reinterpret_cast<const int8_t*>(data)[index];
    return ElementOf(AsMatrix(data), 0, index);
  }
  void Set(char* data, int64_t index, double value) {
    if (pool_.dtype != DType::kInt8) return SetElement(AsMatrix(data), 0, index, value);
    reinterpret_cast<int8_t*>(data)[index] = static_cast<int8_t>(value);
  }

  layout::KvPool pool_;
  AlignedBytes memory_;
};

}  // namespace qwenjet::testing
