// SPDX-License-Identifier: Apache-2.0
// format: writes a safetensors checkpoint whose tensors are known beforehand and come in any order,
// in pieces: headers are written first, bytes go to their place, so that memory stays bounded.
// Large checkpoints are cut into shards with an index, as published ones are.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "format/tensor_info.h"

namespace qwenjet::format {

// One thread at a time; owns its files. Files are left as they are when it fails.
class SafetensorsWriter {
 public:
  struct Tensor {
    std::string name;
    TensorEncoding encoding = TensorEncoding::kF32;
    std::vector<int64_t> shape;
  };

  // Creates model.safetensors, or model-00001-of-0000n.safetensors where the bytes exceed
  // max_shard_bytes (a tensor is never cut), in an existing folder. kInvalidArgument for a name
  // that occurs twice; kNotFound where the system refuses to create or to enlarge a file (also: it
  // is full).
  static Result<std::unique_ptr<SafetensorsWriter>> Create(const std::string& folder,
                                                           std::vector<Tensor> tensors,
                                                           uint64_t max_shard_bytes);
  ~SafetensorsWriter();
  SafetensorsWriter(const SafetensorsWriter&) = delete;
  SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;

  // Bytes from `offset` of a tensor. kInvalidArgument for a name that is not planned and for bytes
  // outside of it.
  Status Write(const std::string& name, uint64_t offset, std::span<const std::byte> bytes);
  // Closes the files and writes the index of shards. kInternal names a tensor that lacks bytes.
  Status Finish();

  // Of all files, headers included.
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  struct Place {
    size_t shard = 0;
    uint64_t offset = 0;  // in the file
    uint64_t size_bytes = 0;
    uint64_t written_bytes = 0;
  };
  struct Shard {
    std::string file_name;
    int descriptor = -1;
    uint64_t data_bytes = 0;
    std::vector<size_t> tensors;
  };

  SafetensorsWriter(std::string folder, std::vector<Tensor> tensors)
      : folder_(std::move(folder)), tensors_(std::move(tensors)) {}
  Status AssignShards(uint64_t max_shard_bytes);
  Status OpenShard(Shard& shard, size_t shard_idx);
  Status WriteIndex() const;

  const std::string folder_;
  const std::vector<Tensor> tensors_;
  std::vector<Shard> shards_;
  std::unordered_map<std::string, Place> places_;
  uint64_t size_bytes_ = 0;
};

}  // namespace qwenjet::format
