// SPDX-License-Identifier: Apache-2.0
// format: JSON in and out for the native layers. Reading gives a small value tree with a bounded
// depth (the recursive code over it cannot exhaust the stack); the parser library stays inside
// json.cc and safetensors.cc. Object keys that occur twice: the last one wins, as in Python.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace qwenjet::format {

inline constexpr int kMaxJsonDepth = 64;

// Plain members instead of a std::variant: gcc 12 warns of uninitialised members in every moved
// variant of containers, differently with each set of flags.
class JsonValue {
 public:
  using Array = std::vector<JsonValue>;
  using Object = std::vector<std::pair<std::string, JsonValue>>;
  enum class Kind { kNull, kBool, kInt, kDouble, kString, kArray, kObject };

  JsonValue() = default;
  static JsonValue OfBool(bool value);
  static JsonValue OfInt(int64_t value);
  static JsonValue OfDouble(double value);  // also integers that int64 cannot hold
  static JsonValue OfString(std::string value);
  static JsonValue OfArray() { return JsonValue(Kind::kArray); }
  static JsonValue OfObject() { return JsonValue(Kind::kObject); }

  bool is_null() const { return kind_ == Kind::kNull; }
  // nullptr if the value is of another kind.
  const bool* AsBool() const { return kind_ == Kind::kBool ? &bool_ : nullptr; }
  const int64_t* AsInt() const { return kind_ == Kind::kInt ? &int_ : nullptr; }
  const std::string* AsString() const { return kind_ == Kind::kString ? &string_ : nullptr; }
  const Array* AsArray() const { return kind_ == Kind::kArray ? &array_ : nullptr; }
  const Object* AsObject() const { return kind_ == Kind::kObject ? &object_ : nullptr; }
  // Integer or float, as a double.
  bool AsNumber(double* number) const;

  // The member of an object; nullptr if there is none or this is no object.
  const JsonValue* Find(std::string_view key) const;
  // "an integer", "a string", ... for messages.
  const char* KindName() const;

  // Appends to an array.
  void Add(JsonValue element) { array_.push_back(std::move(element)); }
  // Appends a null member to an object, and sets the value of the last one.
  void AddKey(std::string key);
  void SetLast(JsonValue value) { object_.back().second = std::move(value); }

 private:
  explicit JsonValue(Kind kind) : kind_(kind) {}

  Kind kind_ = Kind::kNull;
  union {
    bool bool_;
    int64_t int_ = 0;
    double double_;
  };
  std::string string_;
  Array array_;
  Object object_;
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
