// SPDX-License-Identifier: Apache-2.0
// testing: small checkpoints with random quantised weights in the formats that people publish, and
// the same models with the weights written out in float32.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "format/checkpoint.h"
#include "format/tensor_info.h"
#include "testing/checkpoint_builder.h"

namespace qwenjet::testing {

// The shape of a small model; hidden_size = 256 suits every block size.
struct SmallModel {
  std::string architecture = "qwen3";  // or qwen2 (biases), llama (rows permuted in GGUF)
  int64_t vocab_size = 50;
  int64_t hidden_size = 256;
  int64_t intermediate_size = 256;
  int64_t num_layers = 2;
  int64_t num_q_heads = 4;
  int64_t num_kv_heads = 1;
  int64_t head_dim = 64;
  bool tied = true;

  bool has_bias() const { return architecture == "qwen2"; }
  bool has_norm() const { return architecture == "qwen3"; }
};

// How a matrix is stored, by its GGUF name ("token_embd.weight", "blk.0.attn_q.weight").
using EncodingOf = std::function<format::TensorEncoding(const std::string& name)>;
// Writes model.gguf; returns its path.
std::string WriteGguf(const TemporaryFolder& folder, const SmallModel& model,
                      const EncodingOf& encoding);

// How a matrix is stored in safetensors.
struct PackedForm {
  enum class Packing { kBFloat16, kGptq, kPackQuantized, kInt8, kFp8 };
  Packing packing = Packing::kBFloat16;
  int64_t bits = 4;
  int64_t group_size = 32;
  bool zero_points = false;
  uint64_t order = 0;  // > 0: groups hold columns in an order of this seed
};
// By the published name of the module ("model.layers.0.mlp.up_proj"). Embedding and head are bf16.
using FormOf = std::function<PackedForm(const std::string& module)>;
// Writes config.json with this quantization_config, and model.safetensors; returns the folder.
std::string WriteSafetensors(const TemporaryFolder& folder, const SmallModel& model,
                             const FormOf& form, const std::string& quantization);

// Writes config.json and model.safetensors with the weights that `quantized` holds, in float32.
void WriteDenseTwin(const TemporaryFolder& folder, const SmallModel& model,
                    const format::Checkpoint& quantized);

}  // namespace qwenjet::testing
