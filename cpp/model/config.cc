// SPDX-License-Identifier: Apache-2.0
#include "model/config.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "format/checkpoint.h"
#include "format/dequant.h"
#include "format/json.h"
#include "format/quant_source.h"
#include "model/config_reader.h"

namespace qwenjet::model {
namespace {

using format::Checkpoint;
using format::JsonValue;
using format::TensorInfo;

constexpr const char* kEmbedding = "model.embed_tokens.weight";

// What the reference's configuration class assumes for absent keys, and its fixed choices.
struct Family {
  const char* model_type;
  const char* class_name;  // prefix of "...ForCausalLM" in `architectures`
  Architecture architecture;
  int64_t default_kv_heads;  // 0: num_attention_heads
  int64_t default_head_dim;  // 0: hidden_size / num_attention_heads
  int64_t default_max_positions;
  bool qk_norm;
  bool qkv_bias_always;
  bool reads_attention_bias;
};

constexpr Family kFamilies[] = {
    {"qwen3", "Qwen3", Architecture::kQwen3, 32, 128, 32768, true, false, true},
    {"qwen2", "Qwen2", Architecture::kQwen2, 32, 0, 32768, false, true, false},
    {"llama", "Llama", Architecture::kLlama, 0, 0, 2048, false, false, true},
    {"mistral", "Mistral", Architecture::kLlama, 8, 0, 131072, false, false, false},
};

Result<const Family*> FindFamily(MemberReader& top) {
  const std::optional<std::string> model_type = top.String("model_type");
  QJ_RETURN_IF_ERROR(top.status());
  std::string named = model_type.value_or("");
  if (!model_type) {
    const JsonValue* architectures = top.object().Find("architectures");
    if (architectures != nullptr && architectures->AsArray() != nullptr &&
        !architectures->AsArray()->empty()) {
      const std::string* first = architectures->AsArray()->front().AsString();
      if (first != nullptr) named = *first;
    }
    if (named.empty()) {
      return Error(StatusCode::kCorruptModel,
                   "config.json: expected a string model_type, got none");
    }
  }
  for (const Family& family : kFamilies) {
    const bool matches = model_type ? named == family.model_type
                                    : named == std::string(family.class_name) + "ForCausalLM" ||
                                          named == std::string(family.class_name) + "Model";
    if (matches) return &family;
  }
  return Error(StatusCode::kUnsupported, "architecture \"", named,
               "\" is not supported; expected qwen3, qwen2, llama or mistral");
}

void ParseSizes(MemberReader& top, const Family& family, ModelConfig* config) {
  config->vocab_size = top.RequiredInt("vocab_size", 1, Limits::kVocab);
  config->hidden_size = top.RequiredInt("hidden_size", 1, Limits::kHidden);
  config->intermediate_size = top.RequiredInt("intermediate_size", 1, Limits::kIntermediate);
  config->num_layers = top.RequiredInt("num_hidden_layers", 1, Limits::kLayers);
  config->num_q_heads = top.RequiredInt("num_attention_heads", 1, Limits::kHeads);

  constexpr const char* kKvHeads = "num_key_value_heads";
  const bool is_absent = !top.Has(kKvHeads) && !top.IsNull(kKvHeads);
  const int64_t kv_default =
      is_absent && family.default_kv_heads > 0 ? family.default_kv_heads : config->num_q_heads;
  config->num_kv_heads = top.Int(kKvHeads, 1, Limits::kHeads).value_or(kv_default);

  if (const auto head_dim = top.Int("head_dim", 2, Limits::kHeadDim)) {
    config->head_dim = *head_dim;
  } else if (!top.IsNull("head_dim") && family.default_head_dim > 0) {
    config->head_dim = family.default_head_dim;
  } else {
    if (top.status().ok() && config->hidden_size % config->num_q_heads != 0) {
      top.Fail(Error(StatusCode::kCorruptModel, "config.json: without head_dim, expected ",
                     "hidden_size to be a multiple of num_attention_heads ", config->num_q_heads,
                     ", got ", config->hidden_size));
    }
    config->head_dim = config->hidden_size / config->num_q_heads;
  }
  config->max_position_embeddings = top.Int("max_position_embeddings", 1, Limits::kPositions)
                                        .value_or(family.default_max_positions);
  config->rms_norm_eps = top.Number("rms_norm_eps", 0.0, 1.0).value_or(1e-6);
  config->tie_word_embeddings = top.Bool("tie_word_embeddings").value_or(false);
}

// What each layer attends to ("full_attention" or "sliding_attention") and its window.
Status ParseWindows(MemberReader& top, const Family& family, ModelConfig* config,
                    std::vector<std::string>* layer_types) {
  const auto num_layers = static_cast<size_t>(config->num_layers);
  const bool is_mistral = std::string_view(family.model_type) == "mistral";
  const bool is_qwen = config->architecture != Architecture::kLlama;
  constexpr int64_t kClassWindow = 4096;
  std::optional<int64_t> window;
  if (is_mistral || (is_qwen && top.Bool("use_sliding_window").value_or(false))) {
    window = top.Int("sliding_window", 1, kFullWindow);
    if (!window && !top.IsNull("sliding_window")) window = kClassWindow;
  }
  layer_types->assign(num_layers, "full_attention");
  const JsonValue* explicit_types = is_qwen ? top.object().Find("layer_types") : nullptr;
  if (explicit_types != nullptr && !explicit_types->is_null()) {
    const JsonValue::Array* array = explicit_types->AsArray();
    if (array == nullptr || array->size() != num_layers) {
      return Error(StatusCode::kCorruptModel, "config.json: layer_types: expected a list of ",
                   num_layers, " strings, got ", explicit_types->KindName(),
                   array == nullptr ? "" : " of another length");
    }
    for (size_t i = 0; i < num_layers; ++i) {
      const std::string* name = (*array)[i].AsString();
      if (name == nullptr || (*name != "full_attention" && *name != "sliding_attention")) {
        return Error(name == nullptr ? StatusCode::kCorruptModel : StatusCode::kUnsupported,
                     "config.json: layer_types: expected full_attention or sliding_attention, got ",
                     name == nullptr ? (*array)[i].KindName() : *name);
      }
      (*layer_types)[i] = *name;
      if (*name == "sliding_attention" && !window) {
        return Error(StatusCode::kCorruptModel, "config.json: layer_types names sliding layers: ",
                     "expected use_sliding_window and sliding_window, got none");
      }
    }
  } else if (window) {
    // Qwen: the first max_window_layers layers are full and the ones above slide.
    constexpr int64_t kClassFullLayers = 28;
    const int64_t num_full =
        is_qwen ? top.Int("max_window_layers", 0, Limits::kPositions).value_or(kClassFullLayers)
                : 0;
    for (int64_t i = num_full; i < config->num_layers; ++i) {
      (*layer_types)[static_cast<size_t>(i)] = "sliding_attention";
    }
  }
  config->layer_window.assign(num_layers, kFullWindow);
  for (size_t i = 0; i < num_layers; ++i) {
    if ((*layer_types)[i] == "sliding_attention") {
      config->layer_window[i] = static_cast<int32_t>(window.value_or(kFullWindow));
    }
  }
  return top.status();
}

Status CheckActivation(MemberReader& top) {
  const std::string activation = top.String("hidden_act").value_or("silu");
  QJ_RETURN_IF_ERROR(top.status());
  if (activation == "silu" || activation == "swish") return OkStatus();
  return Error(StatusCode::kUnsupported, "config.json: hidden_act \"", activation,
               "\" is not supported; expected silu");
}

// Tensors decide nothing here, but must agree: a norm or bias that the file holds and the
// configuration leaves out would give wrong results silently, as would the opposite.
Status CheckFlag(const Checkpoint& checkpoint, const char* flag, bool expected,
                 const std::string& tensor) {
  const bool found = checkpoint.Find(tensor) != nullptr;
  if (found == expected) return OkStatus();
  return Error(StatusCode::kCorruptModel, checkpoint.path(), ": by its configuration (", flag,
               expected ? " is true" : " is false", ") expected ", expected ? "a" : "no",
               " tensor ", tensor, ", got ", found ? "one" : "none");
}

// The embedding may be quantised.
Result<std::vector<int64_t>> EmbeddingShape(const Checkpoint& checkpoint) {
  if (const TensorInfo* plain = checkpoint.Find(kEmbedding)) return plain->shape;
  auto source = format::OpenQuantSource(checkpoint, kEmbedding, 0);
  if (source.ok() && *source != nullptr) {
    return std::vector<int64_t>{(*source)->n(), (*source)->k()};
  }
  if (!source.ok() && source.status().code() != StatusCode::kNotFound) return source.status();
  return Error(StatusCode::kCorruptModel, checkpoint.path(), ": expected a tensor ", kEmbedding,
               ", got none");
}

Status CheckTensors(const Checkpoint& checkpoint, const ModelConfig& config) {
  const std::string layer = "model.layers.0.";
  QJ_RETURN_IF_ERROR(
      CheckFlag(checkpoint, "qk_norm", config.qk_norm, layer + "self_attn.q_norm.weight"));
  QJ_RETURN_IF_ERROR(
      CheckFlag(checkpoint, "qkv_bias", config.qkv_bias, layer + "self_attn.q_proj.bias"));
  QJ_RETURN_IF_ERROR(
      CheckFlag(checkpoint, "o_bias", config.o_bias, layer + "self_attn.o_proj.bias"));
  QJ_RETURN_IF_ERROR(
      CheckFlag(checkpoint, "mlp_bias", config.mlp_bias, layer + "mlp.gate_proj.bias"));
  QJ_ASSIGN_OR_RETURN(const std::vector<int64_t> shape, EmbeddingShape(checkpoint));
  const std::vector<int64_t> expected = {config.vocab_size, config.hidden_size};
  if (shape != expected) {
    return Error(StatusCode::kCorruptModel, checkpoint.path(), ": tensor ", kEmbedding,
                 ": expected shape ", format::ShapeText(expected), ", got ",
                 format::ShapeText(shape));
  }
  return OkStatus();
}

Result<ModelConfig> ParseFromGguf(const Checkpoint& checkpoint) {
  const TensorInfo* embedding = checkpoint.Find(kEmbedding);
  const int64_t rows =
      embedding != nullptr && embedding->shape.size() == 2 ? embedding->shape[0] : 0;
  auto parsed = ParseGgufConfig(*checkpoint.gguf(), rows);
  if (!parsed.ok()) return parsed.status();
  ModelConfig& config = *parsed;
  // GGUF has no keys for these: the tensors tell.
  const std::string layer = "model.layers.0.";
  config.tie_word_embeddings = checkpoint.Find("lm_head.weight") == nullptr;
  config.qkv_bias = checkpoint.Find(layer + "self_attn.q_proj.bias") != nullptr;
  config.o_bias = checkpoint.Find(layer + "self_attn.o_proj.bias") != nullptr;
  config.mlp_bias = checkpoint.Find(layer + "mlp.gate_proj.bias") != nullptr;
  if (const TensorInfo* divisors = checkpoint.Find("rope_freqs.weight")) {
    if (divisors->encoding != format::TensorEncoding::kF32 ||
        divisors->size_bytes > Limits::kHeadDim * sizeof(float)) {
      return Error(StatusCode::kCorruptModel, "rope_freqs.weight: expected at most ",
                   Limits::kHeadDim, " F32 values, got ", divisors->size_bytes, " bytes of ",
                   format::NameOf(divisors->encoding));
    }
    std::vector<float> values(divisors->size_bytes / sizeof(float));
    QJ_RETURN_IF_ERROR(checkpoint.Read(*divisors, 0, std::as_writable_bytes(std::span(values))));
    for (RopeConfig& rope : config.ropes) {
      rope.freq_divisors = values;
      QJ_RETURN_IF_ERROR(ValidateRope(rope, config.head_dim));
    }
  }
  return config;
}

}  // namespace

const char* NameOf(Architecture architecture) {
  constexpr const char* kNames[] = {"qwen3", "qwen2", "llama"};
  return kNames[static_cast<size_t>(architecture)];
}

bool ModelConfig::RopeDependsOnLength() const {
  return std::any_of(ropes.begin(), ropes.end(), DependsOnLength);
}

Status ValidateConfig(const ModelConfig& config) {
  if (config.num_q_heads % config.num_kv_heads != 0) {
    return Error(StatusCode::kCorruptModel, "expected num_attention_heads to be a multiple of ",
                 "num_key_value_heads ", config.num_kv_heads, ", got ", config.num_q_heads);
  }
  if (config.head_dim < 2 || config.head_dim > Limits::kHeadDim || config.head_dim % 2 != 0) {
    return Error(StatusCode::kCorruptModel, "expected an even head_dim from 2 to ",
                 Limits::kHeadDim, ", got ", config.head_dim);
  }
  return OkStatus();
}

Result<ModelConfig> ParseConfigJson(std::string_view text) {
  auto root = format::ParseJson(text, "config.json");
  if (!root.ok()) return root.status();
  if (root->AsObject() == nullptr) {
    return Error(StatusCode::kCorruptModel, "config.json: expected an object, got ",
                 root->KindName());
  }
  MemberReader top(*root, "config.json");
  auto found = FindFamily(top);
  if (!found.ok()) return found.status();
  const Family& family = **found;

  ModelConfig config;
  config.architecture = family.architecture;
  config.qk_norm = family.qk_norm;
  QJ_RETURN_IF_ERROR(CheckActivation(top));
  ParseSizes(top, family, &config);
  const bool attention_bias =
      family.reads_attention_bias && top.Bool("attention_bias").value_or(false);
  config.qkv_bias = family.qkv_bias_always || attention_bias;
  config.o_bias = attention_bias;
  config.mlp_bias =
      std::string_view(family.model_type) == "llama" && top.Bool("mlp_bias").value_or(false);
  config.bos_token_ids = top.TokenIds("bos_token_id");
  config.eos_token_ids = top.TokenIds("eos_token_id");
  config.dtype = top.String(top.Has("dtype") ? "dtype" : "torch_dtype").value_or("");
  QJ_RETURN_IF_ERROR(top.status());
  QJ_RETURN_IF_ERROR(ValidateConfig(config));
  std::vector<std::string> layer_types;
  QJ_RETURN_IF_ERROR(ParseWindows(top, family, &config, &layer_types));
  QJ_RETURN_IF_ERROR(ParseRope(top, layer_types, &config));
  QJ_RETURN_IF_ERROR(top.status());
  return config;
}

Result<ModelConfig> ParseConfig(const Checkpoint& checkpoint) {
  if (checkpoint.gguf() == nullptr && checkpoint.config_json().empty()) {
    return Error(StatusCode::kInvalidArgument, checkpoint.path(),
                 ": expected a checkpoint with a configuration, got bare tensors");
  }
  auto config = checkpoint.gguf() != nullptr ? ParseFromGguf(checkpoint)
                                             : ParseConfigJson(checkpoint.config_json());
  if (!config.ok()) {
    return Error(config.status().code(), checkpoint.path(), ": ", config.status().message());
  }
  QJ_RETURN_IF_ERROR(CheckTensors(checkpoint, *config));
  return config;
}

}  // namespace qwenjet::model
