// SPDX-License-Identifier: Apache-2.0
// testing: handmade model files, right and wrong ones.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qwenjet::testing {

inline std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// The bytes of a number as a little-endian machine stores it.
template <typename T>
std::string Packed(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

// Header length, header, data.
inline std::string SafetensorsFile(const std::string& header, const std::string& data) {
  return Packed(uint64_t{header.size()}) + header + data;
}

// A .safetensors file tensor by tensor.
class SafetensorsBuilder {
 public:
  // `values`, a vector, span or string, as stored.
  template <typename Values>
  SafetensorsBuilder& Add(const std::string& name, const std::string& dtype,
                          const std::string& shape, const Values& values) {
    const auto bytes = std::as_bytes(std::span(values));
    header_.append(header_.empty() ? "{\"" : ",\"").append(name);
    header_.append("\":{\"dtype\":\"").append(dtype).append("\",\"shape\":").append(shape);
    header_.append(",\"data_offsets\":[").append(std::to_string(data_.size())).append(",");
    header_.append(std::to_string(data_.size() + bytes.size())).append("]}");
    data_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return *this;
  }
  std::string bytes() const {
    return SafetensorsFile(header_.empty() ? "{}" : header_ + "}", data_);
  }

 private:
  std::string header_;
  std::string data_;
};

// Appends the parts of a GGUF file; every count is the caller's, so that wrong ones can be built.
class GgufBuilder {
 public:
  GgufBuilder(uint64_t num_tensors, uint64_t num_entries, uint32_t version = 3) {
    Raw("GGUF").Number(version).Number(num_tensors).Number(num_entries);
  }
  GgufBuilder& Raw(std::string_view text) {
    bytes_ += text;
    return *this;
  }
  template <typename T>
  GgufBuilder& Number(T value) {
    return Raw(Packed(value));
  }
  GgufBuilder& String(std::string_view text) { return Number(uint64_t{text.size()}).Raw(text); }
  template <typename T>
  GgufBuilder& Entry(std::string_view key, uint32_t type, T value) {
    return String(key).Number(type).Number(value);
  }
  GgufBuilder& StringEntry(std::string_view key, std::string_view value) {
    return String(key).Number(uint32_t{8}).String(value);
  }
  // dims innermost first, as stored.
  GgufBuilder& Tensor(std::string_view name, const std::vector<uint64_t>& dims, uint32_t type,
                      uint64_t offset) {
    String(name).Number(static_cast<uint32_t>(dims.size()));
    for (const uint64_t dim : dims) Number(dim);
    return Number(type).Number(offset);
  }
  // Pads to the data section and appends size_bytes of it.
  GgufBuilder& Data(size_t size_bytes, size_t alignment = 32) {
    bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
    bytes_.append(size_bytes, '\0');
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// A folder that goes away with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "qwenjet-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(const std::string& name = "") const {
    return name.empty() ? path_ : path_ + "/" + name;
  }
  std::string Write(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

 private:
  std::string path_;
};

}  // namespace qwenjet::testing
