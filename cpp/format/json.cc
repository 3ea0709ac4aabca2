// SPDX-License-Identifier: Apache-2.0
#include "format/json.h"

#include <charconv>
#include <cmath>
#include <exception>
#include <nlohmann/json.hpp>
#include <system_error>

namespace qwenjet::format {
namespace {

// Builds the tree from parser events. open_ holds containers by value and a finished one moves
// into its parent, so no pointer into a growing vector is kept.
class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Add(JsonValue()); }
  bool boolean(bool value) override { return Add(JsonValue::OfBool(value)); }
  bool number_integer(number_integer_t value) override { return Add(JsonValue::OfInt(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    const bool fits = value <= static_cast<uint64_t>(INT64_MAX);
    return Add(fits ? JsonValue::OfInt(static_cast<int64_t>(value))
                    : JsonValue::OfDouble(static_cast<double>(value)));
  }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    return Add(JsonValue::OfDouble(value));
  }
  bool string(string_t& value) override { return Add(JsonValue::OfString(std::move(value))); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(size_t /*count*/) override { return Enter(JsonValue::OfObject()); }
  bool start_array(size_t /*count*/) override { return Enter(JsonValue::OfArray()); }
  bool end_object() override { return Leave(); }
  bool end_array() override { return Leave(); }
  bool key(string_t& value) override {
    open_.back().AddKey(std::move(value));
    return true;
  }
  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    error_ = "not valid JSON at byte " + std::to_string(position);
    return false;
  }

  JsonValue TakeRoot() { return std::move(root_); }
  const std::string& error() const { return error_; }

 private:
  bool Add(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().AsArray() != nullptr) {
      open_.back().Add(std::move(value));
    } else {
      open_.back().SetLast(std::move(value));
    }
    return true;
  }
  bool Enter(JsonValue container) {
    if (open_.size() >= static_cast<size_t>(kMaxJsonDepth)) {
      error_ = "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels";
      return false;
    }
    open_.push_back(std::move(container));
    return true;
  }
  bool Leave() {
    JsonValue finished = std::move(open_.back());
    open_.pop_back();
    return Add(std::move(finished));
  }

  std::vector<JsonValue> open_;
  JsonValue root_;
  std::string error_ = "not valid JSON";
};

}  // namespace

JsonValue JsonValue::OfBool(bool value) {
  JsonValue result(Kind::kBool);
  result.bool_ = value;
  return result;
}

JsonValue JsonValue::OfInt(int64_t value) {
  JsonValue result(Kind::kInt);
  result.int_ = value;
  return result;
}

JsonValue JsonValue::OfDouble(double value) {
  JsonValue result(Kind::kDouble);
  result.double_ = value;
  return result;
}

JsonValue JsonValue::OfString(std::string value) {
  JsonValue result(Kind::kString);
  result.string_ = std::move(value);
  return result;
}

void JsonValue::AddKey(std::string key) {
  object_.emplace_back();
  object_.back().first = std::move(key);
}

bool JsonValue::AsNumber(double* number) const {
  if (kind_ == Kind::kInt) *number = static_cast<double>(int_);
  if (kind_ == Kind::kDouble) *number = double_;
  return kind_ == Kind::kInt || kind_ == Kind::kDouble;
}

const JsonValue* JsonValue::Find(std::string_view key) const {
  const Object* object = AsObject();
  if (object == nullptr) return nullptr;
  for (auto member = object->rbegin(); member != object->rend(); ++member) {
    if (member->first == key) return &member->second;
  }
  return nullptr;
}

const char* JsonValue::KindName() const {
  constexpr const char* kNames[] = {"null",     "a boolean", "an integer", "a float",
                                    "a string", "an array",  "an object"};
  return kNames[static_cast<size_t>(kind_)];
}

Result<JsonValue> ParseJson(std::string_view text, const std::string& what) {
  TreeBuilder builder;
  try {
    if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return builder.TakeRoot();
  } catch (const std::exception& error) {
    return Error(StatusCode::kCorruptModel, what, ": ", error.what());
  }
  return Error(StatusCode::kCorruptModel, what, ": ", builder.error());
}

bool IsValidUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    size_t extra = 0;
    uint32_t smallest = 0;
    uint32_t code = 0;
    if (lead < 0x80) {
      ++i;
      continue;
    } else if (lead >= 0xc2 && lead < 0xe0) {
      extra = 1, smallest = 0x80, code = lead & 0x1fu;
    } else if (lead >= 0xe0 && lead < 0xf0) {
      extra = 2, smallest = 0x800, code = lead & 0x0fu;
    } else if (lead >= 0xf0 && lead < 0xf5) {
      extra = 3, smallest = 0x10000, code = lead & 0x07u;
    } else {
      return false;
    }
    if (text.size() - i <= extra) return false;
    for (size_t k = 1; k <= extra; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0u) != 0x80) return false;
      code = (code << 6) | (next & 0x3fu);
    }
    if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += extra + 1;
  }
  return true;
}

void JsonWriter::Separate() {
  if (needs_comma_) text_ += ',';
  needs_comma_ = true;
}

void JsonWriter::Open(char bracket) {
  Separate();
  text_ += bracket;
  needs_comma_ = false;
}

void JsonWriter::Close(char bracket) {
  text_ += bracket;
  needs_comma_ = true;
}

void JsonWriter::Key(std::string_view key) {
  Separate();
  Quote(key);
  text_ += ':';
  needs_comma_ = false;
}

void JsonWriter::String(std::string_view text) {
  Separate();
  Quote(text);
}

void JsonWriter::Quote(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  text_ += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text_ += '\\';
      text_ += c;
    } else if (c == '\n') {
      text_ += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      text_ += "\\u00";
      text_ += kHex[byte >> 4];
      text_ += kHex[byte & 15];
    } else {
      text_ += c;
    }
  }
  text_ += '"';
}

template <typename T>
void JsonWriter::Number(T number) {
  Separate();
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number);
  text_.append(buffer, end.ptr);
}

void JsonWriter::Int(int64_t number) { Number(number); }
void JsonWriter::Uint(uint64_t number) { Number(number); }

void JsonWriter::Double(double number) {
  if (std::isfinite(number)) {
    Number(number);
  } else {
    Null();
  }
}

void JsonWriter::Float(float number) {
  if (std::isfinite(number)) {
    Number(number);
  } else {
    Null();
  }
}

void JsonWriter::Bool(bool value) {
  Separate();
  text_ += value ? "true" : "false";
}

void JsonWriter::Null() {
  Separate();
  text_ += "null";
}

}  // namespace qwenjet::format
