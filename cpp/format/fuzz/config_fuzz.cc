// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the text of a config.json; what is accepted must have sane sizes, finite rope
// tables, and a canonical form that is valid JSON.
#include <cmath>
#include <string_view>

#include "format/fuzz/require.h"
#include "format/json.h"
#include "model/config.h"

namespace {

using qwenjet::model::ComputeRope;
using qwenjet::model::ModelConfig;

void CheckConfig(const ModelConfig& config) {
  Require(config.num_q_heads % config.num_kv_heads == 0);
  Require(config.head_dim >= 2 && config.head_dim % 2 == 0);
  Require(config.layer_window.size() == static_cast<size_t>(config.num_layers));
  Require(config.layer_rope.size() == static_cast<size_t>(config.num_layers));
  for (const int32_t index : config.layer_rope) {
    Require(index == qwenjet::model::kNoRope ||
            (index >= 0 && static_cast<size_t>(index) < config.ropes.size()));
  }
  for (const auto& rope : config.ropes) {
    for (const int64_t rope_len : {int64_t{0}, int64_t{1} << 30}) {
      const auto table =
          ComputeRope(rope, config.head_dim, config.max_position_embeddings, rope_len);
      Require(std::isfinite(table.attention_factor));
      for (const float value : table.inv_freq) Require(std::isfinite(value));
    }
  }
  Require(qwenjet::format::ParseJson(qwenjet::model::ConfigJson(config), "canonical").ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = qwenjet::model::ParseConfigJson(text);
  if (config.ok()) {
    CheckConfig(*config);
  } else {
    Require(!config.status().message().empty());
  }
  return 0;
}
