// SPDX-License-Identifier: Apache-2.0
// format: what a checkpoint's configuration says about quantised weights, and nothing about the
// tensors: which modules are quantised is seen from their tensors (format/quant_source.h), so a
// module that is stored plain loads plain. Rules: quant-formats, sections 1 to 5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/status.h"
#include "format/json.h"
#include "format/name_pattern.h"

namespace qwenjet::format {

enum class QuantMethod : int32_t { kGptq, kAwq, kCompressedTensors, kFp8 };
// As configurations write it: "gptq", "awq", "compressed-tensors", "fp8".
const char* NameOf(QuantMethod method);

// How a module's weight is stored, as far as the configuration says.
struct QuantModuleScheme {
  static constexpr int64_t kWholeRow = -1;

  int32_t bits = 0;        // 0: not said
  int64_t group_size = 0;  // columns that share a scale; kWholeRow; 0: not said
  int64_t block_rows = 0;  // a scale's block of a matrix; 0: not in blocks
  int64_t block_cols = 0;
  bool is_float = false;

  bool operator==(const QuantModuleScheme&) const = default;
};

// Names of modules: written out, "re:" and a regular expression that matches their beginning, or
// the name of their class.
class ModuleNames {
 public:
  enum class Match { kNone, kClass, kPattern, kExact };  // the last is the strongest

  // A list of strings, or null for none.
  static Result<ModuleNames> Parse(const JsonValue* list, const std::string& where);
  // All modules that have a weight to be quantised are of class "Linear".
  Match Find(const std::string& module) const;

 private:
  std::unordered_set<std::string> exact_;
  std::vector<NamePattern> patterns_;
};

// Schemes of activations and of the key-value cache are not kept: the engine quantises both by its
// own rules, and scales stored for them are not read. Nor is what the tensors tell better: whether
// zero points are all the middle, the order of columns, and the modules that AWQ and FP8 leave
// plain, whose rules of matching ("gate" hits gate_proj) take in more than was meant.
struct QuantConfig {
  // compressed-tensors: the scheme of the modules that `targets` names.
  struct Group {
    ModuleNames targets;
    std::optional<QuantModuleScheme> scheme;  // none: these modules' weights are plain
  };
  // GPTQ's "dynamic": a scheme of their own for modules whose names match; none: left plain.
  struct Override {
    NamePattern pattern;
    std::optional<QuantModuleScheme> scheme;
  };

  QuantMethod method = QuantMethod::kGptq;
  std::string format;  // "gptq", "gptq_v2"; "gemm"; "pack-quantized", ...; "e4m3"
  // Of modules that have none of their own; compressed-tensors: of the first group that has one.
  QuantModuleScheme scheme;
  std::vector<Group> groups;
  std::vector<Override> overrides;
  ModuleNames ignored;  // compressed-tensors

  // Null where the configuration leaves this module out.
  const QuantModuleScheme* SchemeOf(const std::string& module) const;
  // {"method", "format", "bits", "group_size"}, the last two null where not said or not one for
  // all modules.
  std::string Json() const;
};

// From config.json: "quantization_config" or "compression_config"; nothing where there is neither.
// kUnsupported names the method or format of weights that cannot be read; kCorruptModel a member of
// the wrong type or range. `name` is the checkpoint's, for messages.
Result<std::optional<QuantConfig>> ParseQuantConfig(const JsonValue& config,
                                                    const std::string& name);
// From the file of its own that older GPTQ and AWQ checkpoints have: quantize_config.json or
// quant_config.json.
Result<QuantConfig> ParseQuantConfigFile(const JsonValue& config, const std::string& file);

}  // namespace qwenjet::format
