// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a whole .gguf file through the reader, the configuration and the metadata's JSON,
// which the JSON parser must read back.
#include <vector>

#include "format/fuzz/require.h"
#include "format/gguf.h"
#include "format/json.h"
#include "format/weight_index.h"
#include "model/config_reader.h"

namespace {

using qwenjet::format::MemorySource;
using qwenjet::format::TensorInfo;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemorySource source("fuzz", std::as_bytes(std::span(data, size)));
  const auto header = qwenjet::format::ReadGgufHeader(source, 0);
  if (!header.ok()) {
    Require(!header.status().message().empty());
    return 0;
  }
  uint64_t covered = 0;
  for (const TensorInfo& tensor : header->tensors) {
    std::vector<std::byte> content(tensor.size_bytes);
    Require(source.ReadAt(tensor.offset, content).ok());
    covered += tensor.size_bytes;
    Require(!qwenjet::format::CanonicalGgufName(tensor.stored_name).empty() ||
            tensor.stored_name.empty());
  }
  Require(covered <= size);
  const auto json = header->metadata.Json();
  if (json.ok()) Require(qwenjet::format::ParseJson(*json, "metadata").ok());
  const auto config = qwenjet::model::ParseGgufConfig(header->metadata, 0);
  if (config.ok()) {
    Require(qwenjet::format::ParseJson(qwenjet::model::ConfigJson(*config), "canonical").ok());
    for (const auto& rope : config->ropes) {
      const auto table = qwenjet::model::ComputeRope(rope, config->head_dim,
                                                     config->max_position_embeddings, 1 << 20);
      Require(2 * static_cast<int64_t>(table.inv_freq.size()) <= config->head_dim);
    }
  }
  return 0;
}
