// SPDX-License-Identifier: Apache-2.0
// format: weights stored as e4m3 with scales of their own (FP8 blocks of DeepSeek's and Qwen's
// checkpoints; float-quantized of compressed-tensors) as rows of floats:
// W[n, k] = float32(code) * scale, whatever the tensor of scales is called (weight_scale_inv is a
// multiplier too). Schemes and scales of activations are not read. Source: quant-formats, sections
// 4 and 5.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"
#include "format/checkpoint.h"

namespace qwenjet::format {

// Immutable, thread-safe; valid while its checkpoint is.
class Fp8Source {
 public:
  // How far the scales reach: blocks of rows and columns of the weight.
  struct Scales {
    const TensorInfo* tensor = nullptr;
    int64_t block_rows = 0;
    int64_t block_cols = 0;
    int64_t num_cols = 0;  // blocks beside each other
  };

  Fp8Source(const Checkpoint& checkpoint, const TensorInfo& weight, const Scales& scales)
      : checkpoint_(checkpoint), weight_(weight), scales_(scales) {}

  int64_t n() const { return weight_.shape[0]; }
  int64_t k() const { return weight_.shape[1]; }
  // Bytes that reading all rows takes from the checkpoint: for progress.
  int64_t stored_bytes() const {
    return static_cast<int64_t>(weight_.size_bytes + scales_.tensor->size_bytes);
  }

  // out [end - begin][k]: one product in float32 an element. Allocates about two megabytes.
  Status ReadRows(int64_t begin, int64_t end, std::span<float> out) const;
  // Hint that all rows will be read soon.
  void WillNeed() const { checkpoint_.WillNeed(weight_, 0, weight_.size_bytes); }

 private:
  const Checkpoint& checkpoint_;
  const TensorInfo& weight_;
  Scales scales_;
};

// The weight of a published name, or null where it is not stored as e4m3. kCorruptModel for scales
// that are missing or do not fit: an e4m3 weight is never read without them.
Result<std::unique_ptr<Fp8Source>> OpenFp8Source(const Checkpoint& checkpoint,
                                                 const std::string& name);

}  // namespace qwenjet::format
