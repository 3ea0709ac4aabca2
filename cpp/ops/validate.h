// SPDX-License-Identifier: Apache-2.0
// ops: argument checks shared by the operators. Each message names the argument, what was expected
// and what came.
#pragma once

#include <string>

#include "base/status.h"
#include "layout/kv_page.h"
#include "layout/quant_weight.h"
#include "layout/step_batch.h"
#include "layout/tensor_view.h"
#include "layout/tiled_weight.h"

namespace qwenjet::ops {

Status CheckMatrix(const char* name, const layout::ConstMatrix& m);
Status CheckDType(const char* name, DType expected, DType actual);
Status CheckEqual(const char* name, int64_t expected, int64_t actual);
Status CheckRange(const char* name, int64_t lowest, int64_t highest, int64_t actual);
Status CheckPointer(const char* name, const void* pointer);
Status CheckWeight(const char* name, const layout::TiledWeight& w);
Status CheckQuantWeight(const char* name, const layout::QuantWeight& w);
Status CheckPool(const char* name, const layout::KvPool& pool);
// The output of a product with N outputs: as wide as that, or gated and half as wide, with memory
// for the product.
Status CheckOutputs(const std::string& op, int64_t n, const layout::Matrix& y,
                    const layout::Matrix& ungated);
// Ranges of query_start, kv_len and block tables; tables must reach kv_len.
Status CheckBatch(const char* name, const layout::SequenceBatch& batch, int64_t page_size,
                  int64_t num_pages);
Status Unsupported(const char* op);

}  // namespace qwenjet::ops
