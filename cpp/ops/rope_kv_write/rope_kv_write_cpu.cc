// SPDX-License-Identifier: Apache-2.0
// rope_kv_write on the CPU: a task is two neighbouring slots' worth of tokens at most (a pair of
// slots shares the lines of a bf16 or int8 value page, so one task owns both), all heads.
#include <cmath>
#include <cstring>
#include <vector>

#include "ops/cpu/cpu_backend.h"
#include "ops/rope_kv_write/rope_kv_write.h"

namespace qwenjet::ops::cpu {
namespace {

constexpr int64_t kMaxHeadDim = 512;

struct Span {
  int32_t sequence;
  int32_t first_token;  // row of the step
  int32_t count;        // 1 or 2
};

// Cuts every sequence's new tokens at even positions.
std::vector<Span> CutSpans(const layout::SequenceBatch& batch) {
  std::vector<Span> spans;
  spans.reserve(static_cast<size_t>(batch.num_tokens));
  for (int32_t s = 0; s < batch.num_sequences; ++s) {
    for (int32_t i = 0; i < batch.NumQueries(s);) {
      const bool pair = (batch.FirstPosition(s) + i) % 2 == 0 && i + 1 < batch.NumQueries(s);
      spans.push_back({s, batch.query_start[s] + i, pair ? 2 : 1});
      i += pair ? 2 : 1;
    }
  }
  return spans;
}

// A vector of a page of bf16; the narrowed vector's neighbours in K are a line's two dims.
void WriteKeyBf16(const layout::KvPool& pool, char* keys, int64_t slot, const char* narrow) {
  for (int64_t d = 0; d < pool.head_dim; d += 2) {
    std::memcpy(keys + layout::KeyIndex(pool.dtype, slot, d, pool.page_size) * 2, narrow + d * 2,
                4);
  }
}

// Two slots share a line of V, the even one in the lower halves of its 32-bit words.
void WriteValueBf16(const layout::KvPool& pool, char* values, int64_t slot, const char* narrow) {
  auto* line = reinterpret_cast<uint32_t*>(values) + slot / 2 * pool.head_dim;
  const auto* x = reinterpret_cast<const uint16_t*>(narrow);
  if (slot % 2 == 0) {
    // The partner slot is read with this one: it must hold a number before it is written.
    for (int64_t d = 0; d < pool.head_dim; ++d) line[d] = x[d];
  } else {
    for (int64_t d = 0; d < pool.head_dim; ++d) {
      line[d] = (line[d] & 0xffffu) | (static_cast<uint32_t>(x[d]) << 16);
    }
  }
}

void WriteKeyFloat(const layout::KvPool& pool, char* keys, int64_t slot, const float* x) {
  for (int64_t d = 0; d < pool.head_dim; ++d) {
    reinterpret_cast<float*>(keys)[d * pool.page_size + slot] = x[d];
  }
}

// One vector of a head's keys or values in a page of int8, and its scale.
void WriteCodes(const CpuKernels& kernels, const layout::KvPool& pool, bool is_key, char* head,
                float* scales, int64_t slot, const float* x) {
  int8_t codes[kMaxHeadDim];
  auto* out = reinterpret_cast<int8_t*>(head);
  scales[slot] = kernels.quantize_int8(x, codes, pool.head_dim);
  for (int64_t d = 0; d < pool.head_dim; ++d) {
    out[is_key ? layout::KeyIndex(pool.dtype, slot, d, pool.page_size)
               : layout::ValueIndex(pool.dtype, slot, d, pool.head_dim)] = codes[d];
  }
}

class TokenWriter {
 public:
  TokenWriter(const CpuKernels& kernels, const RopeKvWriteArgs& args)
      : kernels_(kernels), args_(args) {}

  void Write(int32_t s, int32_t token) const {
    const layout::KvPool& pool = args_.pool;
    const int64_t position = args_.batch.FirstPosition(s) + (token - args_.batch.query_start[s]);
    float cos[kMaxHeadDim / 2], sin[kMaxHeadDim / 2];
    FillAngles(s, position, cos, sin);
    const auto* x = reinterpret_cast<const float*>(args_.qkv.Row(token));
    float rotated[kMaxHeadDim];
    for (int64_t h = 0; h < args_.num_q_heads; ++h) {
      Rotate(x + h * pool.head_dim, args_.q_norm, cos, sin, rotated);
      StoreQuery(token, h, rotated);
    }
    const int64_t page = args_.batch.Page(s, position / pool.page_size);
    const int64_t slot = position % pool.page_size;
    const float* k = x + args_.num_q_heads * pool.head_dim;
    const float* v = k + pool.num_kv_heads * pool.head_dim;
    for (int64_t h = 0; h < pool.num_kv_heads; ++h) {
      Rotate(k + h * pool.head_dim, args_.k_norm, cos, sin, rotated);
      const float* value = v + h * pool.head_dim;
      if (pool.dtype == DType::kInt8) {
        WriteCodes(kernels_, pool, true, pool.Keys(page, h), pool.KeyScales(page, h), slot,
                   rotated);
        WriteCodes(kernels_, pool, false, pool.Values(page, h), pool.ValueScales(page, h), slot,
                   value);
      } else if (pool.dtype == DType::kBFloat16) {
        alignas(64) char narrow[kMaxHeadDim * 2];
        kernels_.narrow(rotated, narrow, pool.head_dim);
        WriteKeyBf16(pool, pool.Keys(page, h), slot, narrow);
        kernels_.narrow(value, narrow, pool.head_dim);
        WriteValueBf16(pool, pool.Values(page, h), slot, narrow);
      } else {
        WriteKeyFloat(pool, pool.Keys(page, h), slot, rotated);
        std::memcpy(pool.Values(page, h) + slot * pool.head_dim * 4, value,
                    static_cast<size_t>(pool.head_dim) * 4);
      }
    }
  }

 private:
  // Angles are float32 products, as in the reference; their sine and cosine are taken in double.
  void FillAngles(int32_t s, int64_t position, float* cos, float* sin) const {
    for (int32_t j = 0; j < args_.rotary_dim / 2; ++j) {
      const float angle = static_cast<float>(position) * args_.inv_freq[s][j];
      cos[j] = static_cast<float>(std::cos(static_cast<double>(angle))) * args_.attention_factor[s];
      sin[j] = static_cast<float>(std::sin(static_cast<double>(angle))) * args_.attention_factor[s];
    }
  }

  void Rotate(const float* x, const float* norm, const float* cos, const float* sin,
              float* y) const {
    kernels_.rope_head({
        .x = x,
        .norm = norm,
        .eps = args_.eps,
        .cos = cos,
        .sin = sin,
        .head_dim = static_cast<int32_t>(args_.pool.head_dim),
        .rotary_dim = args_.rotary_dim,
        .y = y,
    });
  }

  void StoreQuery(int32_t token, int64_t head, const float* x) const {
    const int64_t head_dim = args_.pool.head_dim;
    const int64_t elem = static_cast<int64_t>(SizeOf(args_.q_out.dtype));
    char* out = args_.q_out.Row(token) + head * head_dim * elem;
    if (args_.q_out.dtype == DType::kBFloat16) return kernels_.narrow(x, out, head_dim);
    std::memcpy(out, x, static_cast<size_t>(head_dim * elem));
  }

  const CpuKernels& kernels_;
  const RopeKvWriteArgs& args_;
};

}  // namespace

Status RopeKvWriteCpu(Backend& backend, const RopeKvWriteArgs& args) {
  const std::vector<Span> spans = CutSpans(args.batch);
  const TokenWriter writer(KernelsOf(backend), args);
  backend.threads().Parallel(static_cast<int64_t>(spans.size()), [&](int64_t i, int) {
    const Span& span = spans[static_cast<size_t>(i)];
    for (int32_t t = 0; t < span.count; ++t) writer.Write(span.sequence, span.first_token + t);
  });
  return OkStatus();
}

}  // namespace qwenjet::ops::cpu
