// SPDX-License-Identifier: Apache-2.0
// testing: reads the tensors of a safetensors file of reference results. It understands what
// those files hold and nothing more; the product's reader, with all its checks, is cpp/format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace qwenjet::testing {

template <typename T>
struct GoldenTensorOf {
  std::vector<int64_t> shape;
  std::vector<T> values;
};
using GoldenTensor = GoldenTensorOf<float>;

// Every tensor of a stored type (whose C++ type is T) by name; empty where the file cannot be read.
template <typename T>
std::map<std::string, GoldenTensorOf<T>> ReadGolden(const std::filesystem::path& path,
                                                    const char* dtype) {
  std::ifstream file(path, std::ios::binary);
  uint64_t header_bytes = 0;
  if (!file.read(reinterpret_cast<char*>(&header_bytes), 8) || header_bytes > (1u << 26)) return {};
  std::string header(header_bytes, ' ');
  if (!file.read(header.data(), static_cast<std::streamsize>(header_bytes))) return {};
  const auto json = nlohmann::json::parse(header, nullptr, false);
  if (json.is_discarded()) return {};
  std::map<std::string, GoldenTensorOf<T>> tensors;
  for (const auto& [name, entry] : json.items()) {
    if (name == "__metadata__" || entry.at("dtype") != dtype) continue;
    GoldenTensorOf<T> tensor;
    size_t count = 1;
    for (const auto& extent : entry.at("shape")) {
      tensor.shape.push_back(extent.template get<int64_t>());
      count *= extent.template get<size_t>();
    }
    tensor.values.resize(count);
    const auto begin = entry.at("data_offsets").at(0).template get<std::streamoff>();
    file.seekg(static_cast<std::streamoff>(8 + header_bytes) + begin);
    if (!file.read(reinterpret_cast<char*>(tensor.values.data()),
                   static_cast<std::streamsize>(count * sizeof(T)))) {
      return {};
    }
    tensors.emplace(name, std::move(tensor));
  }
  return tensors;
}

inline std::map<std::string, GoldenTensor> ReadGoldenTensors(const std::filesystem::path& path) {
  return ReadGolden<float>(path, "F32");
}

}  // namespace qwenjet::testing
