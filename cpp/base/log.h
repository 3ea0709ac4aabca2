// SPDX-License-Identifier: Apache-2.0
// base: log messages wait in a bounded queue until the embedding program takes them; native code
// never writes to standard output or standard error.
#pragma once

#include <cstdint>
#include <string>

namespace qwenjet {

enum class LogLevel : int32_t { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3 };

struct LogMessage {
  LogLevel level = LogLevel::kDebug;
  std::string text;
};

// Any thread. When 256 messages wait, the oldest falls out.
void Log(LogLevel level, std::string text);
// The oldest message; false if none waits.
bool TakeLogMessage(LogMessage* message);

}  // namespace qwenjet
