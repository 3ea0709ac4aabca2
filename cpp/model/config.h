// SPDX-License-Identifier: Apache-2.0
// model: the canonical configuration of a dense decoder, from config.json (legacy and current
// layouts) or GGUF metadata. Every later layer reads this and nothing else; all values are checked.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/rope.h"

namespace qwenjet::format {
class Checkpoint;
}

namespace qwenjet::model {

// Siblings differ in flags of ModelConfig only; Mistral is kLlama with windows.
enum class Architecture { kQwen3, kQwen2, kLlama };
const char* NameOf(Architecture architecture);  // "qwen3"

inline constexpr int32_t kFullWindow = std::numeric_limits<int32_t>::max();
inline constexpr int32_t kNoRope = -1;

struct ModelConfig {
  Architecture architecture = Architecture::kQwen3;
  int64_t vocab_size = 0;  // rows of the embedding; may exceed the tokenizer's size
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_layers = 0;
  int64_t num_q_heads = 0;
  int64_t num_kv_heads = 0;  // divides num_q_heads
  int64_t head_dim = 0;      // even; not hidden_size / num_q_heads in general
  double rms_norm_eps = 1e-6;
  bool tie_word_embeddings = false;  // lm_head is the embedding, whatever the file holds
  int64_t max_position_embeddings = 0;
  bool qk_norm = false;
  bool qkv_bias = false;
  bool o_bias = false;
  bool mlp_bias = false;
  // [num_layers]: a query sees the last layer_window[i] keys, itself included.
  std::vector<int32_t> layer_window;
  // The distinct rope descriptions, and for each layer its index or kNoRope.
  std::vector<RopeConfig> ropes;
  std::vector<int32_t> layer_rope;
  std::vector<int32_t> bos_token_ids;
  std::vector<int32_t> eos_token_ids;
  std::string dtype;  // of the stored weights as the file says it ("bfloat16"); may be ""

  bool RopeDependsOnLength() const;
};

// kUnsupported names an architecture, activation or rope type that this build does not compute;
// kCorruptModel names a value that is missing, of a wrong type or out of range, or that the
// tensors contradict.
Result<ModelConfig> ParseConfig(const format::Checkpoint& checkpoint);

// The same from the text of a config.json, without tensors to compare with.
Result<ModelConfig> ParseConfigJson(std::string_view text);

// Canonical JSON: keys as in config.json, with "architecture", the flags by their names above,
// "layer_windows", "ropes" and "layer_ropes".
std::string ConfigJson(const ModelConfig& config);

}  // namespace qwenjet::model
