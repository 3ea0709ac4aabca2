// SPDX-License-Identifier: Apache-2.0
// testing: reads float32 tensors of a safetensors file of reference results. It understands what
// those files hold and nothing more; the product's reader, with all its checks, is cpp/format.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace qwenjet::testing {

struct GoldenTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

// The folder of shared reference material: QWENJET_SHARED, or a folder `shared` beside one of the
// folders above the working directory. Nothing where there is none.
inline std::optional<std::filesystem::path> SharedFolder() {
  namespace fs = std::filesystem;
  std::error_code error;
  if (const char* named = std::getenv("QWENJET_SHARED"); named != nullptr) {
    if (fs::is_directory(fs::path(named) / "conformance", error)) return fs::path(named);
    return std::nullopt;
  }
  for (fs::path at = fs::current_path(error); at.has_relative_path(); at = at.parent_path()) {
    const fs::path shared = at.parent_path() / "shared";
    if (fs::is_directory(shared / "conformance", error)) return shared;
  }
  return std::nullopt;
}

// Every float32 tensor by name; empty where the file cannot be read as such.
inline std::map<std::string, GoldenTensor> ReadGoldenTensors(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  uint64_t header_bytes = 0;
  if (!file.read(reinterpret_cast<char*>(&header_bytes), 8) || header_bytes > (1u << 26)) return {};
  std::string header(header_bytes, ' ');
  if (!file.read(header.data(), static_cast<std::streamsize>(header_bytes))) return {};
  const auto json = nlohmann::json::parse(header, nullptr, false);
  if (json.is_discarded()) return {};
  std::map<std::string, GoldenTensor> tensors;
  for (const auto& [name, entry] : json.items()) {
    if (name == "__metadata__" || entry.at("dtype") != "F32") continue;
    GoldenTensor tensor;
    size_t count = 1;
    for (const auto& extent : entry.at("shape")) {
      tensor.shape.push_back(extent.get<int64_t>());
      count *= extent.get<size_t>();
    }
    tensor.values.resize(count);
    const auto begin = entry.at("data_offsets").at(0).get<std::streamoff>();
    file.seekg(static_cast<std::streamoff>(8 + header_bytes) + begin);
    if (!file.read(reinterpret_cast<char*>(tensor.values.data()),
                   static_cast<std::streamsize>(count * sizeof(float)))) {
      return {};
    }
    tensors.emplace(name, std::move(tensor));
  }
  return tensors;
}

}  // namespace qwenjet::testing
