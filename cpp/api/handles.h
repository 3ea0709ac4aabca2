// SPDX-License-Identifier: Apache-2.0
// api: what the opaque handles hold, and the one template through which every function that can
// fail passes: it catches everything, so that no C++ exception crosses the boundary.
#pragma once

#include <exception>
#include <memory>
#include <new>
#include <string>

#include "api/qwenjet.h"
#include "base/check.h"
#include "base/progress.h"
#include "format/checkpoint.h"
#include "model/decoder.h"

struct qj_text {
  std::string text;
};
struct qj_checkpoint {
  std::unique_ptr<qwenjet::format::Checkpoint> checkpoint;
};
struct qj_model {
  std::unique_ptr<qwenjet::model::Decoder> decoder;
};
struct qj_progress {
  qwenjet::Progress progress;
};

namespace qwenjet::api {

// Keeps the message for qj_last_error of this thread and returns the number.
int32_t Report(const Status& status);

template <typename Body>
int32_t Guard(Body&& body) noexcept {
  try {
    return Report(body());
  } catch (const std::bad_alloc&) {
    return Report(Status(StatusCode::kOutOfHostMemory, "host memory ran out"));
  } catch (const std::exception& e) {
    return Report(Status(StatusCode::kInternal, e.what()));
  } catch (...) {
    return Report(Status(StatusCode::kInternal, "unknown exception"));
  }
}

// kInvalidArgument naming the first argument that is null.
inline Status CheckArgument(const char* name, const void* pointer) {
  if (pointer != nullptr) return OkStatus();
  return Error(StatusCode::kInvalidArgument, name, ": expected a value, got null");
}

}  // namespace qwenjet::api
