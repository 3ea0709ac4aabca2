// SPDX-License-Identifier: Apache-2.0
#include "format/quant_config_methods.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>

#include "base/check.h"

namespace qwenjet::format {
namespace {

constexpr int64_t kMaxGroupSize = int64_t{1} << 24;

// Members of one object, each under several names; absent and null members are "not said".
class Members {
 public:
  using Keys = std::initializer_list<const char*>;

  Members(const JsonValue& object, const std::string& where) : object_(object), where_(where) {}

  const JsonValue* Find(Keys keys) const {
    for (const char* key : keys) {
      if (const JsonValue* value = FindMember(object_, key)) return value;
    }
    return nullptr;
  }

  Result<int64_t> Int(Keys keys, int64_t min, int64_t max, int64_t otherwise) const {
    const JsonValue* value = Find(keys);
    if (value == nullptr) return otherwise;
    const int64_t* number = value->AsInt();
    if (number == nullptr) return WrongKind(where_, *keys.begin(), "an integer", *value);
    if (*number < min || *number > max) {
      return Error(StatusCode::kCorruptModel, where_, ": expected ", *keys.begin(), " from ", min,
                   " to ", max, ", got ", *number);
    }
    return *number;
  }

  Result<bool> Bool(const char* key, bool otherwise) const {
    const JsonValue* value = Find({key});
    if (value == nullptr) return otherwise;
    if (value->AsBool() == nullptr) return WrongKind(where_, key, "true or false", *value);
    return *value->AsBool();
  }

  // In lower case, as writers differ in it.
  Result<std::string> Word(Keys keys, const char* otherwise) const {
    const JsonValue* value = Find(keys);
    if (value == nullptr) return std::string(otherwise);
    if (value->AsString() == nullptr) return WrongKind(where_, *keys.begin(), "a string", *value);
    std::string word = *value->AsString();
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return word;
  }

  // [rows, columns] of the part of a matrix that shares a scale.
  Status Block(const char* key, QuantModuleScheme* scheme) const {
    const JsonValue* value = Find({key});
    if (value == nullptr) return OkStatus();
    const auto* sides = value->AsArray();
    if (sides == nullptr || sides->size() != 2) {
      return WrongKind(where_, key, "a list of two sizes", *value);
    }
    for (const JsonValue& side : *sides) {
      const int64_t* size = side.AsInt();
      if (size == nullptr || *size < 1 || *size > kMaxGroupSize) {
        return Error(StatusCode::kCorruptModel, where_, ": expected ", key,
                     " to hold two sizes from 1 to ", kMaxGroupSize);
      }
    }
    scheme->block_rows = *(*sides)[0].AsInt();
    scheme->block_cols = *(*sides)[1].AsInt();
    return OkStatus();
  }

  // bits and group_size under GPTQ's and AWQ's names, over what `scheme` holds.
  Status Groups(QuantModuleScheme* scheme) const {
    QJ_ASSIGN_OR_RETURN(const int64_t bits, Int({"bits", "w_bit", "wbits"}, 1, 64, scheme->bits));
    scheme->bits = static_cast<int32_t>(bits);
    QJ_ASSIGN_OR_RETURN(scheme->group_size,
                        Int({"group_size", "q_group_size", "groupsize"},
                            QuantModuleScheme::kWholeRow, kMaxGroupSize, scheme->group_size));
    return OkStatus();
  }

 private:
  const JsonValue& object_;
  const std::string& where_;
};

Status ReadDynamic(const JsonValue& dynamic, const std::string& where, QuantConfig* config) {
  if (dynamic.AsObject() == nullptr) return WrongKind(where, "dynamic", "an object", dynamic);
  for (const auto& [key, value] : *dynamic.AsObject()) {
    std::string_view pattern = key;
    const bool is_plain = pattern.starts_with("-:");
    if (is_plain || pattern.starts_with("+:")) pattern.remove_prefix(2);
    QuantConfig::Override entry;
    QJ_ASSIGN_OR_RETURN(entry.pattern, NamePattern::Compile(pattern, where));
    if (!is_plain) {
      entry.scheme = config->scheme;
      QJ_RETURN_IF_ERROR(Members(value, where).Groups(&*entry.scheme));
    }
    config->overrides.push_back(std::move(entry));
  }
  return OkStatus();
}

bool IsReadableFormat(std::string_view format) {
  return format == "dense" || format == "pack-quantized" || format == "int-quantized" ||
         format == "float-quantized" || format == "naive-quantized" || format == "mixed-precision";
}

// The "weights" of a group.
Result<QuantModuleScheme> ReadWeights(const JsonValue& object, const std::string& where) {
  if (object.AsObject() == nullptr) return WrongKind(where, "weights", "an object", object);
  const Members weights(object, where);
  QuantModuleScheme scheme;
  QJ_ASSIGN_OR_RETURN(const std::string type, weights.Word({"type"}, "int"));
  if (type != "int" && type != "float") return CannotReadQuantized(where, "type " + type);
  scheme.is_float = type == "float";
  QJ_ASSIGN_OR_RETURN(const int64_t bits, weights.Int({"num_bits"}, 1, 64, 8));
  scheme.bits = static_cast<int32_t>(bits);
  if (scheme.is_float ? bits != 8 : (bits != 4 && bits != 8)) {
    return CannotReadQuantized(where, type + ", " + std::to_string(bits) + " bits");
  }
  QJ_ASSIGN_OR_RETURN(const int64_t group_size,
                      weights.Int({"group_size"}, QuantModuleScheme::kWholeRow, kMaxGroupSize, 0));
  const char* derived = group_size > 0 ? "group" : group_size < 0 ? "channel" : "tensor";
  QJ_ASSIGN_OR_RETURN(const std::string strategy, weights.Word({"strategy"}, derived));
  if (strategy == "group") {
    if (scheme.is_float) return CannotReadQuantized(where, "float weights in groups");
    scheme.group_size = group_size;
  } else if (strategy == "block") {
    QJ_RETURN_IF_ERROR(weights.Block("block_structure", &scheme));
  } else if (strategy == "channel" || strategy == "tensor") {
    scheme.group_size = QuantModuleScheme::kWholeRow;
  } else {
    return CannotReadQuantized(where, "strategy " + strategy);
  }
  return scheme;
}

Result<QuantConfig::Group> ReadGroup(const JsonValue& object, const std::string& where) {
  QuantConfig::Group group;
  const Members members(object, where);
  QJ_ASSIGN_OR_RETURN(const std::string format, members.Word({"format"}, "dense"));
  if (!IsReadableFormat(format)) return CannotReadQuantized(where, "format " + format);
  QJ_ASSIGN_OR_RETURN(group.targets, ModuleNames::Parse(members.Find({"targets"}), where));
  if (const JsonValue* weights = members.Find({"weights"})) {
    QJ_ASSIGN_OR_RETURN(group.scheme, ReadWeights(*weights, where));
  }
  return group;
}

// Groups of transformed weights need transformed activations.
Status CheckOnlyQuantized(const Members& members, const std::string& where) {
  if (const JsonValue* transform = members.Find({"transform_config"})) {
    const JsonValue* groups = FindMember(*transform, "config_groups");
    if (groups != nullptr && (groups->AsObject() == nullptr || !groups->AsObject()->empty())) {
      return CannotReadQuantized(where, "transform_config");
    }
  }
  if (const JsonValue* sparsity = members.Find({"sparsity_config"})) {
    QJ_ASSIGN_OR_RETURN(const std::string format,
                        Members(*sparsity, where).Word({"format"}, "dense"));
    if (format != "dense") return CannotReadQuantized(where, "sparsity format " + format);
  }
  return OkStatus();
}

}  // namespace

Result<QuantConfig> ParseGptqConfig(const JsonValue& object, const std::string& where) {
  const Members members(object, where);
  QuantConfig config;
  config.method = QuantMethod::kGptq;
  QJ_ASSIGN_OR_RETURN(config.format,
                      members.Word({"checkpoint_format", "format", "version"}, "gptq"));
  QJ_ASSIGN_OR_RETURN(const bool is_marlin, members.Bool("is_marlin_format", false));
  if (is_marlin) config.format = "marlin";
  if (config.format != "gptq" && config.format != "gptq_v2") {
    return CannotReadQuantized(where, "method gptq, format " + config.format);
  }
  QJ_ASSIGN_OR_RETURN(const std::string pack_dtype, members.Word({"pack_dtype"}, "int32"));
  if (pack_dtype != "int32") {
    return CannotReadQuantized(where, "method gptq, pack_dtype " + pack_dtype);
  }
  QJ_RETURN_IF_ERROR(members.Groups(&config.scheme));
  if (const JsonValue* dynamic = members.Find({"dynamic"})) {
    QJ_RETURN_IF_ERROR(ReadDynamic(*dynamic, where, &config));
  }
  return config;
}

Result<QuantConfig> ParseAwqConfig(const JsonValue& object, const std::string& where) {
  const Members members(object, where);
  QuantConfig config;
  config.method = QuantMethod::kAwq;
  QJ_ASSIGN_OR_RETURN(config.format, members.Word({"version", "format"}, "gemm"));
  QJ_ASSIGN_OR_RETURN(const std::string backend, members.Word({"backend"}, "autoawq"));
  if (backend == "llm-awq") config.format = backend;
  if (config.format != "gemm") {
    return CannotReadQuantized(where, "method awq, version " + config.format);
  }
  config.scheme.bits = 4;
  QJ_RETURN_IF_ERROR(members.Groups(&config.scheme));
  if (config.scheme.bits != 4) {
    return CannotReadQuantized(where,
                               "method awq, " + std::to_string(config.scheme.bits) + " bits");
  }
  QJ_ASSIGN_OR_RETURN(const bool zero_point, members.Bool("zero_point", true));
  if (!zero_point) return CannotReadQuantized(where, "method awq, no zero_point");
  return config;
}

Result<QuantConfig> ParseFp8Config(const JsonValue& object, const std::string& where) {
  const Members members(object, where);
  QuantConfig config;
  config.method = QuantMethod::kFp8;
  QJ_ASSIGN_OR_RETURN(config.format, members.Word({"fmt"}, "e4m3"));
  if (config.format != "e4m3") {
    return CannotReadQuantized(where, "method fp8, fmt " + config.format);
  }
  config.scheme.bits = 8;
  config.scheme.is_float = true;
  QJ_RETURN_IF_ERROR(members.Block("weight_block_size", &config.scheme));
  return config;
}

Result<QuantConfig> ParseCompressedTensorsConfig(const JsonValue& object,
                                                 const std::string& where) {
  const Members members(object, where);
  QuantConfig config;
  config.method = QuantMethod::kCompressedTensors;
  QJ_ASSIGN_OR_RETURN(config.format, members.Word({"format"}, "dense"));
  if (!IsReadableFormat(config.format)) {
    return CannotReadQuantized(where, "method compressed-tensors, format " + config.format);
  }
  QJ_RETURN_IF_ERROR(CheckOnlyQuantized(members, where));
  QJ_ASSIGN_OR_RETURN(config.ignored, ModuleNames::Parse(members.Find({"ignore"}), where));
  const JsonValue* groups = members.Find({"config_groups"});
  if (groups == nullptr) return config;
  if (groups->AsObject() == nullptr) {
    return WrongKind(where, "config_groups", "an object", *groups);
  }
  for (const auto& [name, value] : *groups->AsObject()) {
    if (value.AsObject() == nullptr) return WrongKind(where, name, "an object", value);
    QJ_ASSIGN_OR_RETURN(QuantConfig::Group group, ReadGroup(value, where + ", " + name));
    if (group.scheme && config.scheme.bits == 0) config.scheme = *group.scheme;
    config.groups.push_back(std::move(group));
  }
  return config;
}

}  // namespace qwenjet::format
