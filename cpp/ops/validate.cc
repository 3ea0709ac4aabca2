// SPDX-License-Identifier: Apache-2.0
#include "ops/validate.h"

#include "base/check.h"

namespace qwenjet::ops {
namespace {

Status Wrong(const char* name, int64_t expected, int64_t actual) {
  return Error(StatusCode::kInvalidArgument, name, ": expected ", expected, ", got ", actual);
}

Status CheckIsFloat(const char* name, DType dtype) {
  if (dtype != DType::kInt8) return OkStatus();
  return Error(StatusCode::kInvalidArgument, name, ": expected float32 or bfloat16, got int8");
}

}  // namespace

Status CheckPointer(const char* name, const void* pointer) {
  if (pointer != nullptr) return OkStatus();
  return Error(StatusCode::kInvalidArgument, name, ": expected memory, got null");
}

Status CheckEqual(const char* name, int64_t expected, int64_t actual) {
  return expected == actual ? OkStatus() : Wrong(name, expected, actual);
}

Status CheckRange(const char* name, int64_t lowest, int64_t highest, int64_t actual) {
  if (actual >= lowest && actual <= highest) return OkStatus();
  return Error(StatusCode::kInvalidArgument, name, ": expected ", lowest, " to ", highest, ", got ",
               actual);
}

Status CheckDType(const char* name, DType expected, DType actual) {
  if (expected == actual) return OkStatus();
  return Error(StatusCode::kInvalidArgument, name, ": expected ", NameOf(expected), ", got ",
               NameOf(actual));
}

Status CheckMatrix(const char* name, const layout::ConstMatrix& m) {
  if (m.rows < 0 || m.cols < 0 || m.row_stride < m.cols) {
    return Error(StatusCode::kInvalidArgument, name,
                 ": expected rows >= 0, cols >= 0 and row_stride >= cols, got [", m.rows, ", ",
                 m.cols, "] with row_stride ", m.row_stride);
  }
  QJ_RETURN_IF_ERROR(CheckIsFloat(name, m.dtype));
  return m.rows > 0 && m.cols > 0 ? CheckPointer(name, m.data) : OkStatus();
}

Status CheckWeight(const char* name, const layout::TiledWeight& w) {
  if (w.n < 0 || w.k < 0) {
    return Error(StatusCode::kInvalidArgument, name, ": expected n, k >= 0, got [", w.n, ", ", w.k,
                 "]");
  }
  QJ_RETURN_IF_ERROR(CheckIsFloat(name, w.dtype));
  return w.n > 0 && w.k > 0 ? CheckPointer(name, w.data) : OkStatus();
}

Status CheckQuantWeight(const char* name, const layout::QuantWeight& w) {
  if (w.n < 0 || w.k < 0) {
    return Error(StatusCode::kInvalidArgument, name, ": expected n, k >= 0, got [", w.n, ", ", w.k,
                 "]");
  }
  const int32_t bits = w.scheme.bits, group = w.scheme.group_size;
  if (bits != 4 && bits != 5 && bits != 6 && bits != 8) {
    return Error(StatusCode::kInvalidArgument, name, ": expected 4, 5, 6 or 8 bits, got ", bits);
  }
  if (group != 16 && group != 32 && group != 64 && group != 128) {
    return Error(StatusCode::kInvalidArgument, name,
                 ": expected a group_size of 16, 32, 64 or 128, got ", group);
  }
  const auto scale = static_cast<int32_t>(w.scheme.scale_type);
  if (scale < 0 || scale > static_cast<int32_t>(layout::ScaleType::kTwoLevel)) {
    return Error(StatusCode::kInvalidArgument, name, ": expected a scale_type, got ", scale);
  }
  const auto offset = static_cast<int32_t>(w.scheme.offset_type);
  if (offset < 0 || offset > static_cast<int32_t>(layout::OffsetType::kMinimum)) {
    return Error(StatusCode::kInvalidArgument, name, ": expected an offset_type, got ", offset);
  }
  if (w.n == 0 || w.k == 0) return OkStatus();
  QJ_RETURN_IF_ERROR(CheckPointer(name, w.data));
  if (reinterpret_cast<uintptr_t>(w.data) % 64 != 0) {
    return Error(StatusCode::kInvalidArgument, name,
                 ": expected memory on a line of 64 bytes, got ", w.data);
  }
  for (int64_t c = 0; w.permutation != nullptr && c < w.k; ++c) {
    if (w.permutation[c] < 0 || w.permutation[c] >= w.k) {
      return Error(StatusCode::kInvalidArgument, name, ": permutation[", c, "]: expected 0 to ",
                   w.k - 1, ", got ", w.permutation[c]);
    }
  }
  return OkStatus();
}

Status CheckPool(const char* name, const layout::KvPool& pool) {
  QJ_RETURN_IF_ERROR(CheckPointer(name, pool.data));
  const int64_t size = pool.page_size;
  if (size < 16 || size > 1024 || (size & (size - 1)) != 0) {
    return Error(StatusCode::kInvalidArgument, name,
                 ": expected page_size a power of two from 16 to 1024, got ", size);
  }
  if (pool.head_dim < 2 || pool.head_dim > 512 || pool.head_dim % 2 != 0) {
    return Error(StatusCode::kInvalidArgument, name,
                 ": expected an even head_dim from 2 to 512, got ", pool.head_dim);
  }
  if (pool.num_kv_heads < 1 || pool.num_pages < 0) {
    return Error(StatusCode::kInvalidArgument, name,
                 ": expected num_kv_heads >= 1 and num_pages >= 0, got ", pool.num_kv_heads,
                 " and ", pool.num_pages);
  }
  return OkStatus();
}

Status CheckBatch(const char* name, const layout::SequenceBatch& batch, int64_t page_size,
                  int64_t num_pages) {
  const auto at = [&](int32_t s) { return std::string(name) + ": sequence " + std::to_string(s); };
  if (batch.num_sequences < 0 || batch.num_tokens < 0) {
    return Error(StatusCode::kInvalidArgument, name,
                 ": expected num_sequences and num_tokens >= 0, got ", batch.num_sequences, " and ",
                 batch.num_tokens);
  }
  if (batch.num_sequences == 0) return CheckEqual(name, 0, batch.num_tokens);
  QJ_RETURN_IF_ERROR(CheckPointer(name, batch.query_start));
  QJ_RETURN_IF_ERROR(CheckPointer(name, batch.kv_len));
  QJ_RETURN_IF_ERROR(CheckPointer(name, batch.block_table_start));
  if (batch.query_start[0] != 0 || batch.query_start[batch.num_sequences] != batch.num_tokens) {
    return Error(StatusCode::kInvalidArgument, name, ": expected query_start from 0 to ",
                 batch.num_tokens, ", got ", batch.query_start[0], " to ",
                 batch.query_start[batch.num_sequences]);
  }
  for (int32_t s = 0; s < batch.num_sequences; ++s) {
    const int64_t queries = batch.NumQueries(s), kv_len = batch.kv_len[s];
    if (queries < 0 || kv_len < queries) {
      return Error(StatusCode::kInvalidArgument, at(s), ": expected 0 <= queries <= kv_len, got ",
                   queries, " queries and kv_len ", kv_len);
    }
    const int64_t table = int64_t{batch.block_table_start[s + 1]} - batch.block_table_start[s];
    const int64_t needed = (kv_len + page_size - 1) / page_size;
    if (batch.block_table_start[s] < 0 || table < needed) {
      return Error(StatusCode::kInvalidArgument, at(s), ": expected a block table of at least ",
                   needed, " pages for kv_len ", kv_len, ", got ", table);
    }
    if (needed > 0) QJ_RETURN_IF_ERROR(CheckPointer(name, batch.block_tables));
    for (int64_t i = 0; i < needed; ++i) {
      const int32_t page = batch.Page(s, i);
      if (page < -1 || page >= num_pages) {
        return Error(StatusCode::kInvalidArgument, at(s), ": expected pages from -1 to ",
                     num_pages - 1, ", got ", page, " at index ", i);
      }
    }
  }
  return OkStatus();
}

Status CheckOutputs(const std::string& op, int64_t n, const layout::Matrix& y,
                    const layout::Matrix& ungated) {
  if (ungated.data == nullptr) {
    return CheckEqual((op + ": y.cols (N of w)").c_str(), n, y.cols);
  }
  QJ_RETURN_IF_ERROR(CheckEqual((op + ": N of w (twice y.cols)").c_str(), 2 * y.cols, n));
  const std::string name = op + ": ungated";
  QJ_RETURN_IF_ERROR(CheckMatrix(name.c_str(), ungated));
  QJ_RETURN_IF_ERROR(CheckDType(name.c_str(), DType::kFloat32, ungated.dtype));
  QJ_RETURN_IF_ERROR(CheckEqual((name + ".cols (N of w)").c_str(), n, ungated.cols));
  return CheckEqual((name + ".rows (rows of y)").c_str(), y.rows, ungated.rows);
}

Status Unsupported(const char* op) {
  return Error(StatusCode::kUnsupported, "operator ", op, ": this backend has no implementation");
}

}  // namespace qwenjet::ops
