// SPDX-License-Identifier: Apache-2.0
// model: the configuration from GGUF metadata (quant-formats, section 6). Flags that GGUF has no
// key for are set by ParseConfig from the tensors.
#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "model/config_reader.h"

namespace qwenjet::model {
namespace {

using format::GgufMetadata;
using format::MetadataArray;
using format::MetadataScalar;
using format::MetadataValue;

// Keys below "{arch}."; the first error sticks, as in MemberReader.
class KeyReader {
 public:
  KeyReader(const GgufMetadata& metadata, std::string architecture)
      : metadata_(metadata), prefix_(std::move(architecture) + ".") {}

  const Status& status() const { return status_; }

  std::optional<int64_t> Int(const std::string& key, int64_t min, int64_t max) {
    auto value = metadata_.Int(prefix_ + key);
    if (!value.ok()) return Fail(value.status()), std::nullopt;
    if (*value && (**value < min || **value > max)) {
      Fail(Error(StatusCode::kCorruptModel, "metadata key ", prefix_, key,
                 ": expected a value from ", min, " to ", max, ", got ", **value));
      return std::nullopt;
    }
    return *value;
  }
  // A scalar, or an array of one equal value a layer.
  std::optional<int64_t> UniformInt(const std::string& key, int64_t min, int64_t max) {
    const MetadataValue* value = metadata_.Find(prefix_ + key);
    if (value == nullptr || value->array() == nullptr) return Int(key, min, max);
    const MetadataArray& array = *value->array();
    std::optional<int64_t> uniform;
    const bool holds_integers = array.arrays.empty() && array.strings.empty() &&
                                array.element_type != format::MetadataType::kArray &&
                                array.element_type != format::MetadataType::kString;
    for (uint64_t i = 0; holds_integers && i < array.count; ++i) {
      const MetadataScalar scalar = array.At(i);
      std::optional<int64_t> element;
      if (const auto* integer = std::get_if<int64_t>(&scalar)) element = *integer;
      if (const auto* natural = std::get_if<uint64_t>(&scalar)) {
        if (*natural <= static_cast<uint64_t>(max)) element = static_cast<int64_t>(*natural);
      }
      if (!element || *element < min || *element > max) {
        uniform.reset();
        break;
      }
      if (uniform && *uniform != *element) {
        Fail(Error(StatusCode::kUnsupported, "metadata key ", prefix_, key,
                   ": layers of different values are not supported"));
        return std::nullopt;
      }
      uniform = element;
    }
    if (!uniform) {
      Fail(Error(StatusCode::kCorruptModel, "metadata key ", prefix_, key,
                 ": expected integers from ", min, " to ", max));
    }
    return uniform;
  }
  int64_t Required(const std::string& key, const std::optional<int64_t>& value) {
    if (!value) {
      Fail(Error(StatusCode::kCorruptModel, "expected metadata key ", prefix_, key, ", got none"));
    }
    return value.value_or(1);
  }
  std::optional<double> Number(const std::string& key, double min, double max) {
    auto value = metadata_.Number(prefix_ + key);
    if (!value.ok()) return Fail(value.status()), std::nullopt;
    if (*value && !(**value >= min && **value <= max)) {
      Fail(Error(StatusCode::kCorruptModel, "metadata key ", prefix_, key,
                 ": expected a value from ", min, " to ", max, ", got ", **value));
      return std::nullopt;
    }
    return *value;
  }
  std::optional<std::string> String(const std::string& key) {
    auto value = metadata_.String(prefix_ + key);
    if (!value.ok()) return Fail(value.status()), std::nullopt;
    return *value;
  }

 private:
  void Fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

  const GgufMetadata& metadata_;
  std::string prefix_;
  Status status_;
};

Status AddTokenId(const GgufMetadata& metadata, const char* key, std::vector<int32_t>* ids) {
  auto value = metadata.Int(key);
  if (!value.ok()) return value.status();
  if (!*value) return OkStatus();
  if (**value == UINT32_MAX) return OkStatus();  // a customary way to write "none"
  if (**value < 0 || **value >= Limits::kVocab) {
    return Error(StatusCode::kCorruptModel, "metadata key ", key, ": expected a token id from 0 ",
                 "to ", Limits::kVocab - 1, ", got ", **value);
  }
  const auto id = static_cast<int32_t>(**value);
  if (std::find(ids->begin(), ids->end(), id) == ids->end()) ids->push_back(id);
  return OkStatus();
}

Status ParseGgufRope(KeyReader& keys, const ModelConfig& config, RopeConfig* rope) {
  rope->theta = keys.Number("rope.freq_base", 1.0, 1e15).value_or(10000.0);
  const int64_t rotary_dim =
      keys.Int("rope.dimension_count", 2, Limits::kHeadDim).value_or(config.head_dim);
  QJ_RETURN_IF_ERROR(keys.status());
  if (rotary_dim > config.head_dim || rotary_dim % 2 != 0) {
    return Error(StatusCode::kCorruptModel, "rope.dimension_count: expected an even number up to ",
                 config.head_dim, ", got ", rotary_dim);
  }
  if (rotary_dim != config.head_dim) {
    if (config.architecture == Architecture::kLlama) {
      return Error(StatusCode::kUnsupported, "partial rotation (rope.dimension_count ", rotary_dim,
                   " of ", config.head_dim, ") is not supported for llama in GGUF");
    }
    // Half an element more keeps int(head_dim * factor) from rounding down.
    rope->partial_rotary_factor =
        (static_cast<double>(rotary_dim) + 0.5) / static_cast<double>(config.head_dim);
  }
  const std::string type = keys.String("rope.scaling.type").value_or("none");
  const std::optional<double> factor = keys.Number("rope.scaling.factor", 1e-3, 1e6);
  if (type == "linear") {
    rope->type = RopeType::kLinear;
    rope->factor = factor.value_or(1.0);
  } else if (type == "yarn") {
    rope->type = RopeType::kYarn;
    rope->factor = factor;
    rope->original_max_position_embeddings =
        keys.Int("rope.scaling.original_context_length", 1, Limits::kPositions)
            .value_or(config.max_position_embeddings);
    rope->beta_fast = keys.Number("rope.scaling.yarn_beta_fast", 1e-3, 1e6).value_or(32.0);
    rope->beta_slow = keys.Number("rope.scaling.yarn_beta_slow", 1e-3, 1e6).value_or(1.0);
    // GGUF's factor multiplies the usual one instead of replacing it.
    const double multiplier = keys.Number("rope.scaling.attn_factor", 1e-3, 1e3).value_or(1.0);
    const double f = factor.value_or(static_cast<double>(config.max_position_embeddings) /
                                     static_cast<double>(rope->original_max_position_embeddings));
    if (multiplier != 1.0) {
      rope->attention_factor = multiplier * (f <= 1.0 ? 1.0 : 0.1 * std::log(f) + 1.0);
    }
  } else if (type != "none") {
    return Error(StatusCode::kUnsupported, "rope.scaling.type \"", type, "\" is not supported");
  } else if (const auto linear = keys.Number("rope.scale_linear", 1e-3, 1e6)) {
    rope->type = RopeType::kLinear;  // the older way to write it
    rope->factor = *linear;
  }
  QJ_RETURN_IF_ERROR(keys.status());
  return ValidateRope(*rope, config.head_dim);
}

}  // namespace

Result<ModelConfig> ParseGgufConfig(const GgufMetadata& metadata, int64_t embedding_rows) {
  auto name = metadata.String("general.architecture");
  if (!name.ok()) return name.status();
  if (!*name) {
    return Error(StatusCode::kCorruptModel, "expected metadata key general.architecture, got none");
  }
  ModelConfig config;
  bool is_known = false;
  for (const Architecture known :
       {Architecture::kQwen3, Architecture::kQwen2, Architecture::kLlama}) {
    if (**name == NameOf(known)) {
      config.architecture = known;
      is_known = true;
    }
  }
  if (!is_known) {
    return Error(StatusCode::kUnsupported, "architecture \"", **name,
                 "\" is not supported; expected qwen3, qwen2 or llama");
  }
  KeyReader keys(metadata, **name);
  const auto required = [&](const char* key, int64_t max) {
    return keys.Required(key, keys.UniformInt(key, 1, max));
  };
  config.qk_norm = config.architecture == Architecture::kQwen3;
  config.num_layers = required("block_count", Limits::kLayers);
  config.hidden_size = required("embedding_length", Limits::kHidden);
  config.intermediate_size = required("feed_forward_length", Limits::kIntermediate);
  config.num_q_heads = required("attention.head_count", Limits::kHeads);
  config.num_kv_heads =
      keys.UniformInt("attention.head_count_kv", 1, Limits::kHeads).value_or(config.num_q_heads);
  config.max_position_embeddings = required("context_length", Limits::kPositions);
  config.rms_norm_eps = keys.Number("attention.layer_norm_rms_epsilon", 0.0, 1.0).value_or(1e-6);
  config.vocab_size = embedding_rows > 0 ? embedding_rows : required("vocab_size", Limits::kVocab);
  if (keys.status().ok() && config.vocab_size > Limits::kVocab) {
    return Error(StatusCode::kCorruptModel, "token_embd.weight: expected at most ", Limits::kVocab,
                 " rows, got ", config.vocab_size);
  }
  const auto key_length = keys.Int("attention.key_length", 2, Limits::kHeadDim);
  const auto value_length = keys.Int("attention.value_length", 2, Limits::kHeadDim);
  const auto num_experts = keys.Int("expert_count", 0, Limits::kPositions);
  QJ_RETURN_IF_ERROR(keys.status());
  if (num_experts.value_or(0) > 0) {
    return Error(StatusCode::kUnsupported, "architecture \"", **name,
                 "\" with experts is not supported");
  }
  if (!key_length && config.hidden_size % config.num_q_heads != 0) {
    return Error(StatusCode::kCorruptModel, "without attention.key_length, expected ",
                 "embedding_length to be a multiple of attention.head_count ", config.num_q_heads,
                 ", got ", config.hidden_size);
  }
  config.head_dim = key_length.value_or(config.hidden_size / config.num_q_heads);
  if (value_length && *value_length != config.head_dim) {
    return Error(StatusCode::kUnsupported, "attention.value_length ", *value_length,
                 " other than attention.key_length ", config.head_dim, " is not supported");
  }
  QJ_RETURN_IF_ERROR(ValidateConfig(config));
  const auto num_layers = static_cast<size_t>(config.num_layers);
  const auto window = keys.Int("attention.sliding_window", 0, kFullWindow);
  QJ_RETURN_IF_ERROR(keys.status());
  config.layer_window.assign(num_layers,
                             window.value_or(0) > 0 ? static_cast<int32_t>(*window) : kFullWindow);
  RopeConfig rope;
  QJ_RETURN_IF_ERROR(ParseGgufRope(keys, config, &rope));
  config.ropes.push_back(std::move(rope));
  config.layer_rope.assign(num_layers, 0);
  QJ_RETURN_IF_ERROR(AddTokenId(metadata, "tokenizer.ggml.bos_token_id", &config.bos_token_ids));
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {
    QJ_RETURN_IF_ERROR(AddTokenId(metadata, key, &config.eos_token_ids));
  }
  return config;
}

}  // namespace qwenjet::model
