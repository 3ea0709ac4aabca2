// SPDX-License-Identifier: Apache-2.0
// format: the one place that maps names of weights. Everything above uses the published names
// ("model.layers.0.self_attn.q_proj.weight"), whatever the file calls them.
#pragma once

#include <string>
#include <string_view>

namespace qwenjet::format {

// Published name of a GGUF tensor ("blk.0.attn_q.weight"); names without one are returned as given.
std::string CanonicalGgufName(std::string_view stored);

// Published name of a safetensors tensor: checkpoints saved from the bare base model lack the
// "model." prefix.
std::string CanonicalSafetensorsName(std::string_view stored);

// Rotary buffers of older checkpoints ("...rotary_emb.inv_freq"): computed, never read.
bool IsIgnoredBuffer(std::string_view stored);

// The suffix (".qweight", ...) by which a tensor shows that its module is quantised in one of the
// safetensors schemes; empty for a plain tensor.
std::string_view QuantizedSuffix(std::string_view stored);

}  // namespace qwenjet::format
