// SPDX-License-Identifier: Apache-2.0
#include "format/quant_config.h"

#include <algorithm>

#include "base/check.h"
#include "format/quant_config_methods.h"

namespace qwenjet::format {
namespace {

struct MethodInfo {
  QuantMethod method;
  const char* name;
  Result<QuantConfig> (*parse)(const JsonValue& object, const std::string& where);
};

constexpr MethodInfo kMethods[] = {
    {QuantMethod::kGptq, "gptq", ParseGptqConfig},
    {QuantMethod::kAwq, "awq", ParseAwqConfig},
    {QuantMethod::kCompressedTensors, "compressed-tensors", ParseCompressedTensorsConfig},
    {QuantMethod::kFp8, "fp8", ParseFp8Config},
};

// What an object without a quant_method describes; "" where that cannot be told.
std::string GuessMethod(const JsonValue& object, const std::string& key) {
  if (object.Find("load_in_4bit") != nullptr || object.Find("load_in_8bit") != nullptr) {
    return "bitsandbytes";
  }
  const bool has_groups = object.Find("config_groups") != nullptr;
  return key == "compression_config" || has_groups ? "compressed-tensors" : "";
}

Result<QuantConfig> ParseMethod(const JsonValue& object, const std::string& method,
                                const std::string& where) {
  for (const MethodInfo& info : kMethods) {
    if (method == info.name) return info.parse(object, where);
  }
  return CannotReadQuantized(where, method.empty() ? "no quant_method" : "method " + method);
}

// By GPTQ's "dynamic", the first that matches.
const QuantModuleScheme* FindOverride(const QuantConfig& config, const std::string& module) {
  for (const QuantConfig::Override& entry : config.overrides) {
    if (entry.pattern.MatchesStart(module)) return entry.scheme ? &*entry.scheme : nullptr;
  }
  return &config.scheme;
}

// By compressed-tensors' targets: a name before a pattern before a class.
const QuantModuleScheme* FindGroup(const QuantConfig& config, const std::string& module) {
  if (config.ignored.Find(module) != ModuleNames::Match::kNone) return nullptr;
  const QuantConfig::Group* found = nullptr;
  auto strongest = ModuleNames::Match::kNone;
  for (const QuantConfig::Group& group : config.groups) {
    const ModuleNames::Match match = group.targets.Find(module);
    if (match > strongest) {
      strongest = match;
      found = &group;
    }
  }
  return found != nullptr && found->scheme ? &*found->scheme : nullptr;
}

}  // namespace

const JsonValue* FindMember(const JsonValue& object, const char* key) {
  const JsonValue* value = object.Find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Status WrongKind(const std::string& where, std::string_view key, const char* expected,
                 const JsonValue& got) {
  return Error(StatusCode::kCorruptModel, where, ": expected ", key, " to be ", expected, ", got ",
               got.KindName());
}

Status CannotReadQuantized(const std::string& where, std::string_view what) {
  return Error(StatusCode::kUnsupported, where, ": quantised weights (", what,
               ") cannot be read by this build");
}

const char* NameOf(QuantMethod method) {
  for (const MethodInfo& info : kMethods) {
    if (info.method == method) return info.name;
  }
  return "";
}

Result<ModuleNames> ModuleNames::Parse(const JsonValue* list, const std::string& where) {
  ModuleNames names;
  if (list == nullptr) return names;
  if (list->AsArray() == nullptr) return WrongKind(where, "modules", "a list", *list);
  for (const JsonValue& element : *list->AsArray()) {
    const std::string* name = element.AsString();
    if (name == nullptr) return WrongKind(where, "modules", "a list of strings", element);
    constexpr std::string_view kPattern = "re:";
    if (name->starts_with(kPattern)) {
      QJ_ASSIGN_OR_RETURN(NamePattern pattern,
                          NamePattern::Compile(name->substr(kPattern.size()), where));
      names.patterns_.push_back(std::move(pattern));
    } else {
      names.exact_.insert(*name);
    }
  }
  return names;
}

ModuleNames::Match ModuleNames::Find(const std::string& module) const {
  if (exact_.contains(module)) return Match::kExact;
  const auto matches = [&](const NamePattern& pattern) { return pattern.MatchesStart(module); };
  if (std::any_of(patterns_.begin(), patterns_.end(), matches)) return Match::kPattern;
  return exact_.contains("Linear") ? Match::kClass : Match::kNone;
}

const QuantModuleScheme* QuantConfig::SchemeOf(const std::string& module) const {
  switch (method) {
    case QuantMethod::kGptq:
      return FindOverride(*this, module);
    case QuantMethod::kCompressedTensors:
      return FindGroup(*this, module);
    case QuantMethod::kAwq:
    case QuantMethod::kFp8:
      return &scheme;
  }
  return nullptr;
}

std::string QuantConfig::Json() const {
  QuantModuleScheme shown = scheme;
  const auto keep_common = [&](const std::optional<QuantModuleScheme>& other) {
    if (!other) return;
    if (other->bits != shown.bits) shown.bits = 0;
    if (other->group_size != shown.group_size) shown.group_size = 0;
  };
  for (const Group& group : groups) keep_common(group.scheme);
  for (const Override& entry : overrides) keep_common(entry.scheme);
  JsonWriter writer;
  writer.BeginObject();
  writer.Key("method");
  writer.String(NameOf(method));
  writer.Key("format");
  writer.String(format);
  writer.Key("bits");
  if (shown.bits != 0) {
    writer.Int(shown.bits);
  } else {
    writer.Null();
  }
  writer.Key("group_size");
  if (shown.group_size != 0) {
    writer.Int(shown.group_size);
  } else {
    writer.Null();
  }
  writer.EndObject();
  return writer.Take();
}

Result<std::optional<QuantConfig>> ParseQuantConfig(const JsonValue& config,
                                                    const std::string& name) {
  for (const std::string key : {"quantization_config", "compression_config"}) {
    const JsonValue* object = FindMember(config, key.c_str());
    if (object == nullptr) continue;
    const std::string where = name + ": " + key;
    if (object->AsObject() == nullptr) return WrongKind(name, key, "an object", *object);
    const JsonValue* method = FindMember(*object, "quant_method");
    if (method != nullptr && method->AsString() == nullptr) {
      return WrongKind(where, "quant_method", "a string", *method);
    }
    QJ_ASSIGN_OR_RETURN(
        QuantConfig parsed,
        ParseMethod(*object, method == nullptr ? GuessMethod(*object, key) : *method->AsString(),
                    where));
    return std::optional<QuantConfig>(std::move(parsed));
  }
  return std::optional<QuantConfig>();
}

Result<QuantConfig> ParseQuantConfigFile(const JsonValue& config, const std::string& file) {
  if (config.AsObject() == nullptr) return WrongKind(file, "the file", "an object", config);
  const JsonValue* method = FindMember(config, "quant_method");
  if (method != nullptr && method->AsString() != nullptr) {
    return ParseMethod(config, *method->AsString(), file);
  }
  const bool is_awq = config.Find("zero_point") != nullptr || config.Find("w_bit") != nullptr;
  return is_awq ? ParseAwqConfig(config, file) : ParseGptqConfig(config, file);
}

}  // namespace qwenjet::format
