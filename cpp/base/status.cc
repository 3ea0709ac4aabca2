// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

namespace qwenjet {
namespace {

struct CodeText {
  const char* name;
  const char* meaning;
};

constexpr CodeText kCodes[kNumStatusCodes] = {
    {"kOk", "The call did what it was asked."},
    {"kInvalidArgument", "An argument is outside its contract; correct the call."},
    {"kNotFound", "A file or a tensor that was named is not there; check the name and the path."},
    {"kCorruptModel", "A model file contradicts itself or its format; fetch or convert it again."},
    {"kUnsupported",
     "The input is valid but this build cannot compute it; the message names what."},
    {"kOutOfHostMemory", "Host memory ran out; lower the context or the batch, or free memory."},
    {"kOutOfDeviceMemory", "Device memory ran out; lower the context or choose a smaller model."},
    {"kDeviceError", "The device refused an operation; the message names the operation."},
    {"kDeviceLost", "The device no longer answers; the engine must be opened again."},
    {"kCancelled", "The caller cancelled the work; nothing is left to be done."},
    {"kTimeout", "The work did not end in the time it was given; give more time or less work."},
    {"kContextFull", "The sequence does not fit in the context; shorten it or raise the context."},
    {"kClosed", "The object was closed before or during the call; open a new one."},
    {"kInternal", "A defect in this library; report it with the message."},
};

bool InRange(StatusCode code) {
  const auto number = static_cast<int32_t>(code);
  return number >= 0 && number < kNumStatusCodes;
}

}  // namespace

const char* StatusCodeName(StatusCode code) {
  return InRange(code) ? kCodes[static_cast<int32_t>(code)].name : nullptr;
}

const char* StatusCodeMeaning(StatusCode code) {
  return InRange(code) ? kCodes[static_cast<int32_t>(code)].meaning : nullptr;
}

}  // namespace qwenjet
