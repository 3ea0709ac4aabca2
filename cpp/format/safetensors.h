// SPDX-License-Identifier: Apache-2.0
// format: the safetensors container. u64 little-endian header length, a JSON header, then the data
// buffer, which the tensors must cover exactly: no hole, no overlap, nothing behind the last.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "format/byte_source.h"
#include "format/tensor_info.h"

namespace qwenjet::format {

inline constexpr uint64_t kMaxSafetensorsHeaderBytes = 100'000'000;

struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  // in the order of their bytes; name = stored_name
  std::vector<std::pair<std::string, std::string>> metadata;
};

// kCorruptModel where the file contradicts the format, kUnsupported for its sub-byte and complex
// dtypes. Names that occur twice: the last one wins, as in the reference reader.
Result<SafetensorsHeader> ReadSafetensorsHeader(const ByteSource& source, int32_t file_idx);

// The weight_map of a model.safetensors.index.json: tensor name -> file name, in the file's order.
// File names that lead out of the folder are kCorruptModel.
Result<std::vector<std::pair<std::string, std::string>>> ParseSafetensorsIndex(
    std::string_view text, const std::string& what);

}  // namespace qwenjet::format
