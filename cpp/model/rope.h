// SPDX-License-Identifier: Apache-2.0
// model: rotary position embedding frequencies of every scaling type.
// Source: qwen3-dense, section 4 (transformers' modeling_rope_utils); each step is rounded to
// float32 where the reference rounds, so that angles agree at long positions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace qwenjet::model {

enum class RopeType { kDefault, kLinear, kDynamic, kYarn, kLlama3, kLongrope, kProportional };

const char* NameOf(RopeType type);  // "yarn"

// One rope description of config.json; which fields count depends on the type.
struct RopeConfig {
  RopeType type = RopeType::kDefault;
  double theta = 10000.0;
  double partial_rotary_factor = 1.0;
  std::optional<double> factor;                  // absent: max_position / original (yarn, longrope)
  int64_t original_max_position_embeddings = 0;  // yarn, llama3, longrope
  std::optional<double> attention_factor;        // yarn, longrope
  double beta_fast = 32.0;                       // yarn
  double beta_slow = 1.0;
  double mscale = 0.0;
  double mscale_all_dim = 0.0;
  bool truncate = true;
  double low_freq_factor = 1.0;  // llama3
  double high_freq_factor = 4.0;
  std::vector<float> long_factor;  // longrope, [rotary_dim / 2]
  std::vector<float> short_factor;
  std::vector<float> freq_divisors;  // GGUF rope_freqs.weight, [rotary_dim / 2]; empty: none

  bool operator==(const RopeConfig&) const = default;
};

// Angle j of position p is float(p) * inv_freq[j]; cos and sin are multiplied by attention_factor.
// Dimensions from 2 * inv_freq.size() of a head on are not rotated.
struct RopeTable {
  std::vector<float> inv_freq;  // [rotary_dim / 2]
  float attention_factor = 1.0f;
};

// Rotated dimensions of a head: int(head_dim * partial_rotary_factor), except proportional, which
// spans the whole head and gives the rest frequency 0.
int64_t RotaryDim(const RopeConfig& config, int64_t head_dim);

// max_position is the model's max_position_embeddings; rope_len (prompt length + max_tokens of a
// request) matters to the types that depend on the length, and is ignored by the others.
// The configuration must have passed ParseConfig's checks.
RopeTable ComputeRope(const RopeConfig& config, int64_t head_dim, int64_t max_position,
                      int64_t rope_len);

// Whether ComputeRope looks at rope_len.
bool DependsOnLength(const RopeConfig& config);

}  // namespace qwenjet::model
