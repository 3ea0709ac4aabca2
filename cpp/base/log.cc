// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <deque>
#include <mutex>
#include <utility>

namespace qwenjet {
namespace {

constexpr size_t kMostMessages = 256;

struct Queue {
  std::mutex mutex;
  std::deque<LogMessage> messages;
};

Queue& TheQueue() {
  static Queue queue;
  return queue;
}

}  // namespace

void Log(LogLevel level, std::string text) {
  Queue& queue = TheQueue();
  std::lock_guard<std::mutex> lock(queue.mutex);
  if (queue.messages.size() == kMostMessages) queue.messages.pop_front();
  queue.messages.push_back({level, std::move(text)});
}

bool TakeLogMessage(LogMessage* message) {
  Queue& queue = TheQueue();
  std::lock_guard<std::mutex> lock(queue.mutex);
  if (queue.messages.empty()) return false;
  *message = std::move(queue.messages.front());
  queue.messages.pop_front();
  return true;
}

}  // namespace qwenjet
