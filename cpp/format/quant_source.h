// SPDX-License-Identifier: Apache-2.0
// format: a quantised weight of a checkpoint, whatever format stores it, as rows of the canonical
// form (layout/quant_weight.h): one code a byte and the scales and offsets of its groups. Loading
// packs these into tiles; nothing behind this header knows a stored format.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "format/checkpoint.h"
#include "layout/quant_weight.h"

namespace qwenjet::format {

// Rows [begin, end) of a weight [N, K]. Columns are in the weight's own (permuted) order; G groups
// of scheme.group_size, the last may be short; S super groups of 256 columns.
struct QuantRows {
  std::vector<uint8_t> codes;   // [rows][K]
  std::vector<float> scales;    // [rows][G]; kTwoLevel: empty
  std::vector<uint8_t> zeros;   // [rows][G]; kZeroPoint only
  std::vector<float> minimums;  // [rows][G]; kMinimum with one level only
  // kTwoLevel: scale = super_scale * sub_scale, minimum = -(super_minimum * sub_minimum).
  std::vector<float> super_scales;    // [rows][S], exact f16 values
  std::vector<int8_t> sub_scales;     // [rows][G]
  std::vector<float> super_minimums;  // [rows][S]; kMinimum only
  std::vector<int8_t> sub_minimums;   // [rows][G]; kMinimum only

  // Resizes what a scheme uses to so many rows [K] and empties the rest; values are not set.
  void Shape(const layout::QuantScheme& scheme, int64_t num_rows, int64_t k);
};

// Immutable, thread-safe; valid while its checkpoint is.
class QuantSource {
 public:
  virtual ~QuantSource() = default;

  const layout::QuantScheme& scheme() const { return scheme_; }
  int64_t n() const { return n_; }
  int64_t k() const { return k_; }
  // Weight column c multiplies column permutation()[c] of x; empty: the same column.
  const std::vector<int32_t>& permutation() const { return permutation_; }
  // Bytes that reading all rows takes from the checkpoint: for progress.
  int64_t stored_bytes() const { return stored_bytes_; }

  // Rows are read fastest in pieces of about two megabytes of codes, in ascending order by however
  // many threads. GPTQ and AWQ keep up to 16 MB of their matrix between calls until as many rows
  // have been read as there are. kCorruptModel where the stored values are none of the format.
  virtual Status ReadRows(int64_t begin, int64_t end, QuantRows& rows) const = 0;
  // Hint that all rows will be read soon. GPTQ and AWQ read strips of their matrices, which the
  // system's own read-ahead does not foresee.
  virtual void WillNeed() const {}

 protected:
  layout::QuantScheme scheme_;
  int64_t n_ = 0;
  int64_t k_ = 0;
  std::vector<int32_t> permutation_;
  int64_t stored_bytes_ = 0;
};

// The quantised weight of a published name ("model.layers.0.self_attn.q_proj.weight"), or null
// where the checkpoint holds it plain (F32, F16, BF16, F64: Checkpoint::Find) or as e4m3, which
// dequantises to a plain weight (format/fp8_source.h). Ask here first, then OpenFp8Source: Find
// knows stored tensors, of which an int8 or e4m3 ".weight" is only the codes. head_dim > 0 asks for
// the published order of q_proj's and k_proj's rows (RowSource).
// kNotFound where there is no such weight, kUnsupported naming a layout that cannot be read,
// kCorruptModel for tensors that do not fit each other.
Result<std::unique_ptr<QuantSource>> OpenQuantSource(const Checkpoint& checkpoint,
                                                     const std::string& name, int64_t head_dim);

// w of one row of `rows` (row r of it): codes, scales and offsets applied in float32, in the order
// of the formula. The oracle of tests and what a float32 weight is filled from.
void DequantizeQuantRow(const layout::QuantScheme& scheme, int64_t k, const QuantRows& rows,
                        int64_t r, float* out);

}  // namespace qwenjet::format
