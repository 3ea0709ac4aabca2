// SPDX-License-Identifier: Apache-2.0
// base: the one list of error codes, and how functions that can fail return them.
// A Status carries a code and a message that names what was expected and what came.
#pragma once

#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace qwenjet {

// Each code's sentence (cause, and what a caller can do) stands in StatusCodeMeaning.
// The values are part of the C API and never change; Java's enum is checked against them.
enum class StatusCode : int32_t {
  kOk = 0,
  kInvalidArgument = 1,
  kNotFound = 2,
  kCorruptModel = 3,
  kUnsupported = 4,
  kOutOfHostMemory = 5,
  kOutOfDeviceMemory = 6,
  kDeviceError = 7,
  kDeviceLost = 8,
  kCancelled = 9,
  kTimeout = 10,
  kContextFull = 11,
  kClosed = 12,
  kInternal = 13,
};
inline constexpr int32_t kNumStatusCodes = 14;

// "kInvalidArgument"; nullptr for a number outside the list.
const char* StatusCodeName(StatusCode code);
// One sentence: cause, and what a caller can do. nullptr for a number outside the list.
const char* StatusCodeMeaning(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

inline Status OkStatus() { return {}; }

// Error(StatusCode::kCorruptModel, "tensor ", name, ": expected ", a, " bytes, got ", b)
template <typename... Parts>
Status Error(StatusCode code, const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return Status(code, text.str());
}

// A value, or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT: implicit by design
  Result(Status status) : status_(std::move(status)) {}  // NOLINT: implicit by design

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& value() & { return *value_; }
  T&& value() && { return *std::move(value_); }
  const T& value() const& { return *value_; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace qwenjet
