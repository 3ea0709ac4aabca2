// SPDX-License-Identifier: Apache-2.0
// Lookup of GGUF metadata by key and type, and its JSON form for the Java side.
#include "base/check.h"
#include "format/gguf.h"
#include "format/json.h"

namespace qwenjet::format {
namespace {

Status WrongType(std::string_view key, const char* expected) {
  return Error(StatusCode::kCorruptModel, "metadata key ", key, ": expected ", expected,
               ", got a value of another type");
}

Status CheckUtf8(std::string_view key, std::string_view text) {
  if (IsValidUtf8(text)) return OkStatus();
  return Error(StatusCode::kCorruptModel, "metadata key ", key,
               ": expected valid UTF-8, got other bytes");
}

Status WriteScalar(std::string_view key, const MetadataScalar& scalar, JsonWriter* writer) {
  if (const auto* flag = std::get_if<bool>(&scalar)) {
    writer->Bool(*flag);
  } else if (const auto* integer = std::get_if<int64_t>(&scalar)) {
    writer->Int(*integer);
  } else if (const auto* natural = std::get_if<uint64_t>(&scalar)) {
    writer->Uint(*natural);
  } else if (const auto* single = std::get_if<float>(&scalar)) {
    writer->Float(*single);
  } else if (const auto* real = std::get_if<double>(&scalar)) {
    writer->Double(*real);
  } else {
    const auto& text = std::get<std::string>(scalar);
    QJ_RETURN_IF_ERROR(CheckUtf8(key, text));
    writer->String(text);
  }
  return OkStatus();
}

// Recursion ends: the reader bounds the depth of nested arrays.
Status WriteArray(std::string_view key, const MetadataArray& array, JsonWriter* writer) {
  writer->BeginArray();
  if (array.element_type == MetadataType::kString) {
    for (const std::string& text : array.strings) {
      QJ_RETURN_IF_ERROR(CheckUtf8(key, text));
      writer->String(text);
    }
  } else if (array.element_type == MetadataType::kArray) {
    for (const MetadataArray& inner : array.arrays) {
      QJ_RETURN_IF_ERROR(WriteArray(key, inner, writer));
    }
  } else {
    for (uint64_t i = 0; i < array.count; ++i) {
      QJ_RETURN_IF_ERROR(WriteScalar(key, array.At(i), writer));
    }
  }
  writer->EndArray();
  return OkStatus();
}

}  // namespace

const MetadataValue* GgufMetadata::Find(std::string_view key) const {
  const auto found = index_.find(std::string(key));
  return found == index_.end() ? nullptr : &entries_[found->second].second;
}

bool GgufMetadata::Add(std::string key, MetadataValue value) {
  if (!index_.emplace(key, entries_.size()).second) return false;
  entries_.emplace_back(std::move(key), std::move(value));
  return true;
}

Result<std::optional<int64_t>> GgufMetadata::Int(std::string_view key) const {
  const MetadataValue* value = Find(key);
  if (value == nullptr) return std::optional<int64_t>();
  if (const MetadataScalar* scalar = value->scalar()) {
    if (const auto* integer = std::get_if<int64_t>(scalar)) return std::optional(*integer);
    if (const auto* natural = std::get_if<uint64_t>(scalar)) {
      if (*natural <= static_cast<uint64_t>(INT64_MAX)) {
        return std::optional(static_cast<int64_t>(*natural));
      }
    }
  }
  return WrongType(key, "an integer below 2^63");
}

Result<std::optional<double>> GgufMetadata::Number(std::string_view key) const {
  const MetadataValue* value = Find(key);
  if (value == nullptr) return std::optional<double>();
  if (const MetadataScalar* scalar = value->scalar()) {
    if (const auto* single = std::get_if<float>(scalar)) return std::optional<double>(*single);
    if (const auto* real = std::get_if<double>(scalar)) return std::optional(*real);
    if (const auto* integer = std::get_if<int64_t>(scalar)) {
      return std::optional(static_cast<double>(*integer));
    }
    if (const auto* natural = std::get_if<uint64_t>(scalar)) {
      return std::optional(static_cast<double>(*natural));
    }
  }
  return WrongType(key, "a number");
}

Result<std::optional<bool>> GgufMetadata::Bool(std::string_view key) const {
  const MetadataValue* value = Find(key);
  if (value == nullptr) return std::optional<bool>();
  if (const MetadataScalar* scalar = value->scalar()) {
    if (const auto* flag = std::get_if<bool>(scalar)) return std::optional(*flag);
  }
  return WrongType(key, "a bool");
}

Result<std::optional<std::string>> GgufMetadata::String(std::string_view key) const {
  const MetadataValue* value = Find(key);
  if (value == nullptr) return std::optional<std::string>();
  if (const MetadataScalar* scalar = value->scalar()) {
    if (const auto* text = std::get_if<std::string>(scalar)) return std::optional(*text);
  }
  return WrongType(key, "a string");
}

Result<std::string> GgufMetadata::Json() const {
  JsonWriter writer;
  writer.BeginObject();
  for (const auto& [key, value] : entries_) {
    QJ_RETURN_IF_ERROR(CheckUtf8(key.substr(0, 64), key));
    writer.Key(key);
    if (const MetadataArray* array = value.array()) {
      QJ_RETURN_IF_ERROR(WriteArray(key, *array, &writer));
    } else {
      QJ_RETURN_IF_ERROR(WriteScalar(key, *value.scalar(), &writer));
    }
  }
  writer.EndObject();
  return writer.Take();
}

}  // namespace qwenjet::format
