// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a whole .safetensors file; what the reader accepts must be consistent and readable.
// An input that begins with '{' is parsed as an index as well.
#include <string_view>
#include <vector>

#include "format/fuzz/require.h"
#include "format/safetensors.h"

namespace {

using qwenjet::format::MemorySource;
using qwenjet::format::TensorInfo;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const MemorySource source("fuzz", bytes);
  const auto header = qwenjet::format::ReadSafetensorsHeader(source, 0);
  if (header.ok()) {
    uint64_t covered = 0;
    for (const TensorInfo& tensor : header->tensors) {
      const auto expected = qwenjet::format::SizeBytes(tensor.encoding, tensor.shape);
      Require(expected.has_value() && *expected == tensor.size_bytes);
      std::vector<std::byte> content(tensor.size_bytes);
      Require(source.ReadAt(tensor.offset, content).ok());
      covered += tensor.size_bytes;
    }
    Require(covered <= size);
  } else {
    Require(!header.status().message().empty());
  }
  if (size > 0 && data[0] == '{') {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto index = qwenjet::format::ParseSafetensorsIndex(text, "fuzz");
    if (index.ok()) {
      for (const auto& [tensor, file] : *index) {
        Require(!file.empty() && file.front() != '/' && file.find("/../") == std::string::npos &&
                !file.starts_with("../"));
      }
    }
  }
  return 0;
}
