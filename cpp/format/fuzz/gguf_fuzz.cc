// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a whole .gguf file through the reader, the configuration and the metadata's JSON,
// which the JSON parser must read back; and as a checkpoint, whose quantised rows must be those
// that the formulas of their blocks give.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "format/dequant.h"
#include "format/fuzz/require.h"
#include "format/gguf.h"
#include "format/gguf_quant.h"
#include "format/json.h"
#include "format/quant_source.h"
#include "format/weight_index.h"
#include "model/config_reader.h"

namespace {

using qwenjet::format::Checkpoint;
using qwenjet::format::MemorySource;
using qwenjet::format::QuantRows;
using qwenjet::format::QuantSource;
using qwenjet::format::TensorInfo;

// The same bytes as a file, since checkpoints are opened by path.
class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size) : descriptor_(::memfd_create("fuzz", 0)) {
    Require(descriptor_ >= 0);
    Require(::write(descriptor_, data, size) == static_cast<ssize_t>(size));
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  const int descriptor_;
};

void CheckRows(const Checkpoint& checkpoint, const TensorInfo& tensor, const QuantSource& source,
               int64_t head_dim, int64_t begin, int64_t end) {
  QuantRows rows;
  Require(source.ReadRows(begin, end, rows).ok());
  const auto k = static_cast<size_t>(source.k());
  Require(rows.codes.size() == static_cast<size_t>(end - begin) * k);
  if (k == 0 || begin == end) return;
  const uint64_t row_bytes = tensor.size_bytes / static_cast<uint64_t>(source.n());
  const auto stored_row = checkpoint.RowsOf(tensor, head_dim);
  std::vector<float> got(k), expected(k);
  std::vector<std::byte> stored(row_bytes);
  for (int64_t row = begin; row < end; ++row) {
    const auto offset = static_cast<uint64_t>(stored_row(row)) * row_bytes;
    Require(checkpoint.Read(tensor, offset, stored).ok());
    Require(qwenjet::format::DequantizeRows(tensor.encoding, stored, expected).ok());
    DequantizeQuantRow(source.scheme(), source.k(), rows, row - begin, got.data());
    for (size_t c = 0; c < k; ++c) {
      Require(got[c] == expected[c] || (std::isnan(got[c]) && std::isnan(expected[c])));
    }
  }
}

void CheckQuantRows(const uint8_t* data, size_t size, int64_t head_dim) {
  const MemoryFile file(data, size);
  const auto checkpoint = Checkpoint::Open(file.path());
  if (!checkpoint.ok()) {
    Require(!checkpoint.status().message().empty());
    return;
  }
  for (const TensorInfo& tensor : (*checkpoint)->tensors()) {
    const auto source = OpenQuantSource(**checkpoint, tensor.name, head_dim);
    if (!source.ok()) {
      Require(!source.status().message().empty());
      continue;
    }
    Require((*source == nullptr) != qwenjet::format::IsGgufQuantized(tensor.encoding));
    if (*source == nullptr) continue;
    const int64_t n = (*source)->n();
    const int64_t middle = n / 3;
    CheckRows(**checkpoint, tensor, **source, head_dim, 0, middle);
    CheckRows(**checkpoint, tensor, **source, head_dim, middle, n);
  }
}

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
  CheckQuantRows(data, size, config.ok() ? config->head_dim : 0);
  return 0;
}
