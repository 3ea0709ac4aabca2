// SPDX-License-Identifier: Apache-2.0
// format: JSON in and out for the native layers. Reading gives a small value tree with a bounded
// depth (the recursive code over it cannot exhaust the stack); the parser library stays inside
// json.cc and safetensors.cc. Object keys that occur twice: the last one wins, as in Python.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"

namespace qwenjet::format {

inline constexpr int kMaxJsonDepth = 64;

class JsonValue {
 public:
  using Array = std::vector<JsonValue>;
  using Object = std::vector<std::pair<std::string, JsonValue>>;
  // Integers that int64 cannot hold are doubles.
  using Variant = std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object>;

  JsonValue() = default;
  explicit JsonValue(Variant value) : value_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  const bool* AsBool() const { return std::get_if<bool>(&value_); }
  const int64_t* AsInt() const { return std::get_if<int64_t>(&value_); }
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }
  const Array* AsArray() const { return std::get_if<Array>(&value_); }
  const Object* AsObject() const { return std::get_if<Object>(&value_); }
  // Integer or float, as a double.
  bool AsNumber(double* number) const;

  // The member of an object; nullptr if there is none or this is no object.
  const JsonValue* Find(std::string_view key) const;
  // "an integer", "a string", ... for messages.
  const char* KindName() const;

  Variant& value() { return value_; }

 private:
  Variant value_;
};

// kCorruptModel with the reason; `what` names the text in it.
Result<JsonValue> ParseJson(std::string_view text, const std::string& what);

bool IsValidUtf8(std::string_view text);

// Appends JSON text; the caller keeps keys, values and brackets in order. Strings must be UTF-8.
class JsonWriter {
 public:
  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(std::string_view key);
  void String(std::string_view text);
  void Int(int64_t number);
  void Uint(uint64_t number);
  void Double(double number);  // null if not finite: JSON has no such numbers
  void Float(float number);    // the shortest text that reads back as the same float
  void Bool(bool value);
  void Null();

  const std::string& text() const { return text_; }
  std::string Take() { return std::move(text_); }

 private:
  void Open(char bracket);
  void Close(char bracket);
  void Separate();
  void Quote(std::string_view text);
  template <typename T>
  void Number(T number);

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace qwenjet::format
