// SPDX-License-Identifier: Apache-2.0
#include "format/weight_index.h"

#include <algorithm>
#include <iterator>

namespace qwenjet::format {
namespace {

struct NamePair {
  std::string_view gguf;
  std::string_view published;
};

constexpr NamePair kTopModules[] = {
    {"token_embd", "model.embed_tokens"},
    {"output_norm", "model.norm"},
    {"output", "lm_head"},
};

// blk.{i}.<gguf> is model.layers.{i}.<published>.
constexpr NamePair kLayerModules[] = {
    {"attn_norm", "input_layernorm"},    {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},      {"attn_v", "self_attn.v_proj"},
    {"attn_output", "self_attn.o_proj"}, {"attn_q_norm", "self_attn.q_norm"},
    {"attn_k_norm", "self_attn.k_norm"}, {"ffn_norm", "post_attention_layernorm"},
    {"ffn_gate", "mlp.gate_proj"},       {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},
};

template <size_t kCount>
std::string_view FindPublished(const NamePair (&pairs)[kCount], std::string_view gguf) {
  for (const NamePair& pair : pairs) {
    if (pair.gguf == gguf) return pair.published;
  }
  return {};
}

}  // namespace

std::string CanonicalGgufName(std::string_view stored) {
  const size_t last_dot = stored.rfind('.');
  if (last_dot == std::string_view::npos) return std::string(stored);
  const std::string_view suffix = stored.substr(last_dot);  // ".weight"
  if (suffix != ".weight" && suffix != ".bias") return std::string(stored);
  const std::string_view module = stored.substr(0, last_dot);
  constexpr std::string_view kBlock = "blk.";
  std::string published;
  if (module.starts_with(kBlock)) {
    const size_t dot = module.find('.', kBlock.size());
    if (dot == std::string_view::npos) return std::string(stored);
    const std::string_view layer = module.substr(kBlock.size(), dot - kBlock.size());
    const std::string_view name = FindPublished(kLayerModules, module.substr(dot + 1));
    if (name.empty()) return std::string(stored);
    published.append("model.layers.").append(layer).append(".").append(name);
  } else {
    published = FindPublished(kTopModules, module);
    if (published.empty()) return std::string(stored);
  }
  return published.append(suffix);
}

std::string CanonicalSafetensorsName(std::string_view stored) {
  const bool lacks_prefix = stored.starts_with("layers.") || stored.starts_with("embed_tokens.") ||
                            stored.starts_with("norm.");
  return lacks_prefix ? std::string("model.").append(stored) : std::string(stored);
}

bool IsIgnoredBuffer(std::string_view stored) { return stored.ends_with("rotary_emb.inv_freq"); }

std::string_view QuantizedSuffix(std::string_view stored) {
  constexpr std::string_view kSuffixes[] = {".qweight", ".qzeros", ".weight_packed",
                                            ".weight_scale", ".weight_scale_inv"};
  const auto* found = std::find_if(std::begin(kSuffixes), std::end(kSuffixes),
                                   [&](std::string_view s) { return stored.ends_with(s); });
  return found == std::end(kSuffixes) ? std::string_view() : *found;
}

}  // namespace qwenjet::format
