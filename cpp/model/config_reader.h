// SPDX-License-Identifier: Apache-2.0
// model: internal to the parsers of configurations: typed access to config.json members, and the
// checks that both parsers share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "format/gguf.h"
#include "format/json.h"
#include "model/config.h"

namespace qwenjet::model {

// Members of one JSON object. A wrong type or range becomes the reader's first error, and every
// later call is harmless; check status() once at the end. Absent and null give nullopt.
class MemberReader {
 public:
  MemberReader(const format::JsonValue& object, std::string where)
      : object_(object), where_(std::move(where)) {}

  bool Has(const char* key) const;  // present and not null
  bool IsNull(const char* key) const;
  std::optional<int64_t> Int(const char* key, int64_t min, int64_t max);
  std::optional<double> Number(const char* key, double min, double max);
  std::optional<bool> Bool(const char* key);
  std::optional<std::string> String(const char* key);
  std::vector<float> Floats(const char* key, size_t max_count);
  // One id or a list of ids.
  std::vector<int32_t> TokenIds(const char* key);
  int64_t RequiredInt(const char* key, int64_t min, int64_t max);

  const format::JsonValue& object() const { return object_; }
  const Status& status() const { return status_; }
  void Fail(Status status);

 private:
  void FailType(const char* key, const char* expected, const format::JsonValue& got);

  const format::JsonValue& object_;
  std::string where_;
  Status status_;
};

// Ranges of the sizes; products of two of them fit in int64 with room to spare.
struct Limits {
  static constexpr int64_t kVocab = int64_t{1} << 24;
  static constexpr int64_t kHidden = int64_t{1} << 20;
  static constexpr int64_t kIntermediate = int64_t{1} << 22;
  static constexpr int64_t kLayers = 1024;
  static constexpr int64_t kHeads = 4096;
  static constexpr int64_t kHeadDim = 1024;
  static constexpr int64_t kPositions = int64_t{1} << 30;
};

// Relations between fields (both parsers have checked each field's own range).
Status ValidateConfig(const ModelConfig& config);

// Bounds that ComputeRope relies on.
Status ValidateRope(const RopeConfig& rope, int64_t head_dim);

// The rope description of config.json into ropes and layer_rope. `layer_types` holds
// "full_attention" or "sliding_attention" for each layer.
Status ParseRope(MemberReader& top, const std::vector<std::string>& layer_types,
                 ModelConfig* config);

// From GGUF metadata alone; tensors are looked at by ParseConfig.
Result<ModelConfig> ParseGgufConfig(const format::GgufMetadata& metadata, int64_t embedding_rows);

}  // namespace qwenjet::model
