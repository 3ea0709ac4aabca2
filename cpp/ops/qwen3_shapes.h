// SPDX-License-Identifier: Apache-2.0
// ops: layer shapes of the models that are supported, from their published config.json files.
// Tests and benchmarks take their real shapes from here.
#pragma once

#include <cstdint>

namespace qwenjet::ops {

struct ModelShape {
  const char* name;
  int64_t hidden_size;
  int64_t intermediate_size;
  int64_t num_q_heads;
  int64_t num_kv_heads;
  int64_t head_dim;
  int64_t vocab_size;
  int64_t num_layers;

  constexpr int64_t QkvSize() const { return (num_q_heads + 2 * num_kv_heads) * head_dim; }
  constexpr int64_t AttentionSize() const { return num_q_heads * head_dim; }
};

inline constexpr ModelShape kModelShapes[] = {
    {"qwen3-0.6b", 1024, 3072, 16, 8, 128, 151936, 28},
    {"qwen3-1.7b", 2048, 6144, 16, 8, 128, 151936, 28},
    {"qwen3-4b", 2560, 9728, 32, 8, 128, 151936, 36},
    {"qwen3-8b", 4096, 12288, 32, 8, 128, 151936, 36},
    {"qwen3-14b", 5120, 17408, 40, 8, 128, 151936, 40},
    {"qwen3-32b", 5120, 25600, 64, 8, 128, 151936, 64},
    {"qwen2.5-0.5b", 896, 4864, 14, 2, 64, 151936, 24},
    {"smollm2-135m", 576, 1536, 9, 3, 64, 49152, 30},
};

}  // namespace qwenjet::ops
