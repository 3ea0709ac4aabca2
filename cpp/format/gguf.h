// SPDX-License-Identifier: Apache-2.0
// format: the GGUF container, versions 2 and 3, little-endian. Every count is checked against the
// bytes that are left before anything is allocated for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "format/byte_source.h"
#include "format/tensor_info.h"

namespace qwenjet::format {

// Value types by their numbers in the file.
enum class MetadataType : uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};

// Integers by signedness, f32 kept apart from f64 so that it prints as it was written.
using MetadataScalar = std::variant<bool, int64_t, uint64_t, float, double, std::string>;

// Numbers stay packed as stored (a token list has 150,000 of them) and are decoded one at a time.
struct MetadataArray {
  MetadataType element_type = MetadataType::kU8;
  uint64_t count = 0;
  std::vector<std::byte> numbers;
  std::vector<std::string> strings;
  std::vector<MetadataArray> arrays;

  // Element i < count of an array that holds no arrays.
  MetadataScalar At(uint64_t i) const;
};

class MetadataValue {
 public:
  explicit MetadataValue(MetadataScalar scalar) : value_(std::move(scalar)) {}
  explicit MetadataValue(MetadataArray array) : value_(std::move(array)) {}

  const MetadataScalar* scalar() const { return std::get_if<MetadataScalar>(&value_); }
  const MetadataArray* array() const { return std::get_if<MetadataArray>(&value_); }

 private:
  std::variant<MetadataScalar, MetadataArray> value_;
};

class GgufMetadata {
 public:
  const std::vector<std::pair<std::string, MetadataValue>>& entries() const { return entries_; }
  // nullptr if there is no such key.
  const MetadataValue* Find(std::string_view key) const;
  // False if the key is there already.
  bool Add(std::string key, MetadataValue value);

  // nullopt if the key is absent; kCorruptModel, naming the key, if it is of another type or range.
  Result<std::optional<int64_t>> Int(std::string_view key) const;
  Result<std::optional<double>> Number(std::string_view key) const;
  Result<std::optional<bool>> Bool(std::string_view key) const;
  Result<std::optional<std::string>> String(std::string_view key) const;

  // All metadata as one JSON object, arrays whole; numbers that are not finite become null.
  // kCorruptModel if a string is not valid UTF-8.
  Result<std::string> Json() const;

 private:
  std::vector<std::pair<std::string, MetadataValue>> entries_;
  std::unordered_map<std::string, size_t> index_;
};

struct GgufHeader {
  uint32_t version = 0;
  GgufMetadata metadata;
  std::vector<TensorInfo> tensors;  // in the order of the file; name = stored_name
};

// One file, which may be a part of a split model (gguf_split.h). kCorruptModel where the file
// contradicts the format; kUnsupported for version 1, big-endian files and tensor types that this
// build does not know.
Result<GgufHeader> ReadGgufHeader(const ByteSource& source, int32_t file_idx);

}  // namespace qwenjet::format
