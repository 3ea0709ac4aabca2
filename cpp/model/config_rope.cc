// SPDX-License-Identifier: Apache-2.0
// model: rope_scaling (legacy) and rope_parameters (current) of config.json, resolved as in
// qwen3-dense, section 1.
#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "model/config_reader.h"

namespace qwenjet::model {
namespace {

constexpr double kDefaultTheta = 10000.0;
constexpr double kMaxTheta = 1e15;
constexpr double kMaxFactor = 1e6;
constexpr const char* kFullAttention = "full_attention";
constexpr const char* kSlidingAttention = "sliding_attention";

Status ParseType(const std::string& name, RopeType* type) {
  for (const RopeType known :
       {RopeType::kDefault, RopeType::kLinear, RopeType::kDynamic, RopeType::kYarn,
        RopeType::kLlama3, RopeType::kLongrope, RopeType::kProportional}) {
    if (name == NameOf(known)) {
      *type = known;
      return OkStatus();
    }
  }
  return Error(StatusCode::kUnsupported, "config.json: rope_type \"", name, "\" is not known");
}

// One rope dictionary; what it lacks comes from the top level.
Status ParseOne(MemberReader& top, MemberReader& rope, const ModelConfig& config, RopeConfig* out) {
  std::optional<std::string> type = rope.String("rope_type");
  if (!type) type = rope.String("type");
  QJ_RETURN_IF_ERROR(rope.status());
  QJ_RETURN_IF_ERROR(ParseType(type.value_or("default"), &out->type));

  std::optional<double> theta = rope.Number("rope_theta", 1.0, kMaxTheta);
  if (!theta) theta = top.Number("rope_theta", 1.0, kMaxTheta);
  out->theta = theta.value_or(kDefaultTheta);
  std::optional<double> partial = rope.Number("partial_rotary_factor", 0.0, 1.0);
  if (!partial) partial = top.Number("partial_rotary_factor", 0.0, 1.0);
  out->partial_rotary_factor = partial.value_or(1.0);

  out->factor = rope.Number("factor", 1e-3, kMaxFactor);
  const bool needs_factor = out->type == RopeType::kLinear || out->type == RopeType::kDynamic ||
                            out->type == RopeType::kLlama3;
  if (needs_factor && !out->factor && rope.status().ok()) {
    return Error(StatusCode::kCorruptModel, "config.json: rope_type ", NameOf(out->type),
                 ": expected a number factor, got none");
  }
  if (out->type == RopeType::kYarn || out->type == RopeType::kLlama3 ||
      out->type == RopeType::kLongrope) {
    constexpr const char* kOriginal = "original_max_position_embeddings";
    std::optional<int64_t> original = top.Int(kOriginal, 1, Limits::kPositions);
    if (!original) original = rope.Int(kOriginal, 1, Limits::kPositions);
    out->original_max_position_embeddings = original.value_or(config.max_position_embeddings);
  }
  if (out->type == RopeType::kYarn || out->type == RopeType::kLongrope) {
    out->attention_factor = rope.Number("attention_factor", 1e-3, 1e3);
  }
  if (out->type == RopeType::kYarn) {
    // 0 stands for the default, as in the reference ("or" of Python).
    const double beta_fast = rope.Number("beta_fast", 0.0, kMaxFactor).value_or(0.0);
    const double beta_slow = rope.Number("beta_slow", 0.0, kMaxFactor).value_or(0.0);
    out->beta_fast = beta_fast == 0.0 ? 32.0 : beta_fast;
    out->beta_slow = beta_slow == 0.0 ? 1.0 : beta_slow;
    out->mscale = rope.Number("mscale", 0.0, 1e3).value_or(0.0);
    out->mscale_all_dim = rope.Number("mscale_all_dim", 0.0, 1e3).value_or(0.0);
    out->truncate = rope.Bool("truncate").value_or(true);
  }
  if (out->type == RopeType::kLlama3) {
    for (const char* key : {"low_freq_factor", "high_freq_factor"}) {
      if (!rope.Has(key)) {
        return Error(StatusCode::kCorruptModel, "config.json: rope_type llama3: expected a number ",
                     key, ", got none");
      }
    }
    out->low_freq_factor = rope.Number("low_freq_factor", 1e-3, kMaxFactor).value_or(1.0);
    out->high_freq_factor = rope.Number("high_freq_factor", 1e-3, kMaxFactor).value_or(4.0);
  }
  if (out->type == RopeType::kLongrope) {
    out->long_factor = rope.Floats("long_factor", Limits::kHeadDim);
    out->short_factor = rope.Floats("short_factor", Limits::kHeadDim);
  }
  QJ_RETURN_IF_ERROR(top.status());
  QJ_RETURN_IF_ERROR(rope.status());
  return ValidateRope(*out, config.head_dim);
}

bool IsNested(const format::JsonValue& container) {
  if (container.AsObject() == nullptr) return false;
  return std::any_of(container.AsObject()->begin(), container.AsObject()->end(),
                     [](const auto& member) {
                       return member.first == kFullAttention || member.first == kSlidingAttention;
                     });
}

int32_t IndexOf(const RopeConfig& rope, std::vector<RopeConfig>* ropes) {
  const auto found = std::find(ropes->begin(), ropes->end(), rope);
  if (found == ropes->end()) {
    ropes->push_back(rope);
    return static_cast<int32_t>(ropes->size() - 1);
  }
  return static_cast<int32_t>(found - ropes->begin());
}

}  // namespace

Status ParseRope(MemberReader& top, const std::vector<std::string>& layer_types,
                 ModelConfig* config) {
  const format::JsonValue empty = format::JsonValue::OfObject();
  const format::JsonValue* container = &empty;
  const char* name = "rope parameters";
  for (const char* key : {"rope_parameters", "rope_scaling"}) {  // the last one found wins
    if (!top.Has(key)) continue;
    container = top.object().Find(key);
    name = key;
  }
  if (container->AsObject() == nullptr) {
    return Error(StatusCode::kCorruptModel, "config.json: ", name, ": expected an object, got ",
                 container->KindName());
  }
  config->ropes.clear();
  config->layer_rope.assign(layer_types.size(), kNoRope);
  if (!IsNested(*container)) {
    MemberReader reader(*container, std::string("config.json: ") + name);
    RopeConfig rope;
    QJ_RETURN_IF_ERROR(ParseOne(top, reader, *config, &rope));
    config->layer_rope.assign(layer_types.size(), IndexOf(rope, &config->ropes));
    return OkStatus();
  }
  for (const char* layer_type : {kFullAttention, kSlidingAttention}) {
    if (std::find(layer_types.begin(), layer_types.end(), layer_type) == layer_types.end()) {
      continue;
    }
    const format::JsonValue* inner = container->Find(layer_type);
    if (inner == nullptr) {
      return Error(StatusCode::kCorruptModel, "config.json: ", name, ": expected an entry for ",
                   layer_type, ", which layer_types names, got none");
    }
    if (inner->is_null()) continue;  // layers of this type use no rotation
    if (inner->AsObject() == nullptr) {
      return Error(StatusCode::kCorruptModel, "config.json: ", name, ".", layer_type,
                   ": expected an object or null, got ", inner->KindName());
    }
    MemberReader reader(*inner, std::string("config.json: ") + name + "." + layer_type);
    RopeConfig rope;
    QJ_RETURN_IF_ERROR(ParseOne(top, reader, *config, &rope));
    const int32_t index = IndexOf(rope, &config->ropes);
    for (size_t i = 0; i < layer_types.size(); ++i) {
      if (layer_types[i] == layer_type) config->layer_rope[i] = index;
    }
  }
  return OkStatus();
}

Status ValidateRope(const RopeConfig& rope, int64_t head_dim) {
  const int64_t rotary_dim = RotaryDim(rope, head_dim);
  if (rotary_dim < 2 || rotary_dim % 2 != 0 || rotary_dim > head_dim) {
    return Error(StatusCode::kCorruptModel, "rope: expected an even number of rotated dimensions",
                 " from 2 to ", head_dim, ", got ", rotary_dim);
  }
  if (rope.type == RopeType::kYarn && !(rope.theta > 1.0)) {
    return Error(StatusCode::kCorruptModel, "rope: expected rope_theta above 1 for yarn, got ",
                 rope.theta);
  }
  if (rope.type == RopeType::kLlama3 && !(rope.high_freq_factor > rope.low_freq_factor)) {
    return Error(StatusCode::kCorruptModel, "rope: expected high_freq_factor above ",
                 "low_freq_factor ", rope.low_freq_factor, ", got ", rope.high_freq_factor);
  }
  if (rope.type == RopeType::kDynamic && rope.factor && *rope.factor < 1.0) {
    return Error(StatusCode::kCorruptModel, "rope: expected factor of at least 1 for dynamic, got ",
                 *rope.factor);
  }
  const auto num_angles = static_cast<size_t>(rotary_dim / 2);
  if (rope.type == RopeType::kLongrope) {
    for (const std::vector<float>* factors : {&rope.long_factor, &rope.short_factor}) {
      if (factors->size() != num_angles) {
        return Error(StatusCode::kCorruptModel, "rope: expected ", num_angles, " values in ",
                     factors == &rope.long_factor ? "long_factor" : "short_factor", ", got ",
                     factors->size());
      }
    }
  }
  if (!rope.freq_divisors.empty() && rope.freq_divisors.size() != num_angles) {
    return Error(StatusCode::kCorruptModel, "rope_freqs.weight: expected ", num_angles,
                 " values, got ", rope.freq_divisors.size());
  }
  for (const std::vector<float>* divisors :
       {&rope.long_factor, &rope.short_factor, &rope.freq_divisors}) {
    for (const float divisor : *divisors) {
      if (!(divisor >= 1e-6f && divisor <= 1e9f)) {
        return Error(StatusCode::kCorruptModel,
                     "rope: expected frequency divisors from 1e-6 to 1e9, got ", divisor);
      }
    }
  }
  return OkStatus();
}

}  // namespace qwenjet::model
