// SPDX-License-Identifier: Apache-2.0
#include "model/config_reader.h"

#include <cmath>

namespace qwenjet::model {
namespace {

constexpr size_t kMaxTokenIds = 1024;

}  // namespace

void MemberReader::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
}

void MemberReader::FailType(const char* key, const char* expected, const format::JsonValue& got) {
  Fail(Error(StatusCode::kCorruptModel, where_, ": ", key, ": expected ", expected, ", got ",
             got.KindName()));
}

bool MemberReader::Has(const char* key) const {
  const format::JsonValue* value = object_.Find(key);
  return value != nullptr && !value->is_null();
}

bool MemberReader::IsNull(const char* key) const {
  const format::JsonValue* value = object_.Find(key);
  return value != nullptr && value->is_null();
}

std::optional<int64_t> MemberReader::Int(const char* key, int64_t min, int64_t max) {
  if (!Has(key)) return std::nullopt;
  const format::JsonValue& value = *object_.Find(key);
  std::optional<int64_t> number;
  if (const int64_t* integer = value.AsInt()) {
    number = *integer;
  } else if (double real = 0.0;
             value.AsNumber(&real) && std::fabs(real) < 0x1p53 && real == std::floor(real)) {
    number = static_cast<int64_t>(real);  // "262144.0", as some converters write
  }
  if (!number) {
    FailType(key, "an integer", value);
    return std::nullopt;
  }
  if (*number < min || *number > max) {
    Fail(Error(StatusCode::kCorruptModel, where_, ": ", key, ": expected a value from ", min,
               " to ", max, ", got ", *number));
    return std::nullopt;
  }
  return number;
}

std::optional<double> MemberReader::Number(const char* key, double min, double max) {
  if (!Has(key)) return std::nullopt;
  const format::JsonValue& value = *object_.Find(key);
  double number = 0.0;
  if (!value.AsNumber(&number)) {
    FailType(key, "a number", value);
    return std::nullopt;
  }
  if (!(number >= min && number <= max)) {
    Fail(Error(StatusCode::kCorruptModel, where_, ": ", key, ": expected a value from ", min,
               " to ", max, ", got ", number));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> MemberReader::Bool(const char* key) {
  if (!Has(key)) return std::nullopt;
  const format::JsonValue& value = *object_.Find(key);
  if (const bool* flag = value.AsBool()) return *flag;
  FailType(key, "true or false", value);
  return std::nullopt;
}

std::optional<std::string> MemberReader::String(const char* key) {
  if (!Has(key)) return std::nullopt;
  const format::JsonValue& value = *object_.Find(key);
  if (const std::string* text = value.AsString()) return *text;
  FailType(key, "a string", value);
  return std::nullopt;
}

std::vector<float> MemberReader::Floats(const char* key, size_t max_count) {
  if (!Has(key)) return {};
  const format::JsonValue& value = *object_.Find(key);
  const format::JsonValue::Array* array = value.AsArray();
  if (array == nullptr) {
    FailType(key, "an array of numbers", value);
    return {};
  }
  if (array->size() > max_count) {
    Fail(Error(StatusCode::kCorruptModel, where_, ": ", key, ": expected at most ", max_count,
               " numbers, got ", array->size()));
    return {};
  }
  std::vector<float> numbers;
  numbers.reserve(array->size());
  for (const format::JsonValue& element : *array) {
    double number = 0.0;
    if (!element.AsNumber(&number)) {
      FailType(key, "an array of numbers", element);
      return {};
    }
    // Beyond float32 the cast would be undefined; the bound check below ParseRope names the key.
    if (!(std::fabs(number) <= 1e30)) {
      Fail(Error(StatusCode::kCorruptModel, where_, ": ", key,
                 ": expected numbers up to 1e30, got ", number));
      return {};
    }
    numbers.push_back(static_cast<float>(number));
  }
  return numbers;
}

std::vector<int32_t> MemberReader::TokenIds(const char* key) {
  if (!Has(key)) return {};
  const format::JsonValue& value = *object_.Find(key);
  format::JsonValue::Array single;
  const format::JsonValue::Array* array = value.AsArray();
  if (array == nullptr) {
    single.push_back(value);
    array = &single;
  }
  if (array->size() > kMaxTokenIds) {
    Fail(Error(StatusCode::kCorruptModel, where_, ": ", key, ": expected at most ", kMaxTokenIds,
               " ids, got ", array->size()));
    return {};
  }
  std::vector<int32_t> ids;
  for (const format::JsonValue& element : *array) {
    const int64_t* id = element.AsInt();
    if (id == nullptr) {
      FailType(key, "a token id or a list of them", element);
      return {};
    }
    if (*id == -1) continue;  // a customary way to write "none"
    if (*id < 0 || *id >= Limits::kVocab) {
      Fail(Error(StatusCode::kCorruptModel, where_, ": ", key, ": expected token ids from 0 to ",
                 Limits::kVocab - 1, ", got ", *id));
      return {};
    }
    ids.push_back(static_cast<int32_t>(*id));
  }
  return ids;
}

int64_t MemberReader::RequiredInt(const char* key, int64_t min, int64_t max) {
  if (!Has(key)) {
    Fail(Error(StatusCode::kCorruptModel, where_, ": expected an integer ", key, ", got ",
               IsNull(key) ? "null" : "none"));
    return min;
  }
  return Int(key, min, max).value_or(min);
}

}  // namespace qwenjet::model
