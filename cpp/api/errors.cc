// SPDX-License-Identifier: Apache-2.0
// api: the calling thread's last error, the log queue and text results.
#include <algorithm>
#include <cstring>

#include "api/handles.h"
#include "base/log.h"

namespace qwenjet::api {
namespace {

std::string& LastError() {
  thread_local std::string message;
  return message;
}

// Copies with a terminating null, cut to the capacity.
void CopyText(const std::string& text, char* buffer, int64_t capacity) {
  if (buffer == nullptr || capacity <= 0) return;
  const size_t count = std::min(text.size(), static_cast<size_t>(capacity - 1));
  std::memcpy(buffer, text.data(), count);
  buffer[count] = '\0';
}

}  // namespace

int32_t Report(const Status& status) {
  if (status.ok()) return 0;
  try {
    LastError() = status.message();
  } catch (const std::bad_alloc&) {
    LastError().clear();
  }
  return static_cast<int32_t>(status.code());
}

}  // namespace qwenjet::api

int64_t qj_last_error(char* buffer, int64_t capacity) {
  const std::string& message = qwenjet::api::LastError();
  qwenjet::api::CopyText(message, buffer, capacity);
  return static_cast<int64_t>(message.size());
}

int32_t qj_log_next(int32_t* level, char* buffer, int64_t capacity) {
  if (level == nullptr) return 0;
  qwenjet::LogMessage message;
  if (!qwenjet::TakeLogMessage(&message)) return 0;
  *level = static_cast<int32_t>(message.level);
  qwenjet::api::CopyText(message.text, buffer, capacity);
  return 1;
}

const char* qj_text_data(const qj_text* text) { return text == nullptr ? "" : text->text.c_str(); }
int64_t qj_text_size(const qj_text* text) {
  return text == nullptr ? 0 : static_cast<int64_t>(text->text.size());
}
void qj_text_free(qj_text* text) { delete text; }
