// SPDX-License-Identifier: Apache-2.0
// format: one opened model, whatever its container: a folder (config.json, safetensors single or
// sharded) or the same in memory, a .gguf file, or a bare .safetensors file. Opening reads headers
// only; weights are read by slice into the caller's buffers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "format/byte_source.h"
#include "format/gguf.h"
#include "format/quant_config.h"
#include "format/tensor_info.h"

namespace qwenjet::format {

// Most bytes that a reader of weights should ask for at once: larger slices only add to the
// memory that loading needs beside the weights.
inline constexpr uint64_t kMaxSliceBytes = uint64_t{16} << 20;

// Which stored row holds a row of the published matrix. The identity, but for q_proj and k_proj in
// GGUF files of the llama architecture, whose rows are permuted within a head so that RoPE turns
// adjacent pairs: row (head h, half s, j < D/2) is stored at h*D + 2j + s.
class RowSource {
 public:
  RowSource() = default;
  explicit RowSource(int64_t head_dim) : head_dim_(head_dim) {}

  bool is_identity() const { return head_dim_ == 0; }
  // The permutation maps every aligned block of this many rows to itself; 1 for the identity.
  int64_t block_rows() const { return is_identity() ? 1 : head_dim_; }
  int64_t operator()(int64_t row) const {
    if (is_identity()) return row;
    const int64_t half = head_dim_ / 2;
    const int64_t in_head = row % head_dim_;
    return row - in_head + 2 * (in_head % half) + in_head / half;
  }

 private:
  int64_t head_dim_ = 0;
};

// Immutable after opening, hence thread-safe.
class Checkpoint {
 public:
  // A checkpoint folder or a .gguf file, or any part of a split one; a folder without config.json
  // may hold model.gguf.
  // kUnsupported names the method or format of quantised weights that cannot be read, or a tensor
  // that shows them where no configuration describes them.
  static Result<std::unique_ptr<Checkpoint>> Open(const std::string& path);
  // A checkpoint whose two files lie in memory: the text of config.json and the bytes of one
  // .safetensors file, which are kept. Messages call it by `name`.
  static Result<std::unique_ptr<Checkpoint>> OpenMemory(const std::string& name,
                                                        std::string config_json,
                                                        std::vector<std::byte> weights);
  // One .safetensors file as a container of tensors; names as stored.
  static Result<std::unique_ptr<Checkpoint>> OpenTensors(const std::string& path);

  const std::string& path() const { return path_; }
  // In the order of the files and of the bytes in each.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  // By published or by stored name; nullptr if there is none.
  const TensorInfo* Find(std::string_view name) const;
  // The same, as kNotFound naming the tensor.
  Result<const TensorInfo*> Get(std::string_view name) const;

  // Fills dst from byte `offset` of a tensor of this checkpoint. kInvalidArgument outside of it.
  Status Read(const TensorInfo& tensor, uint64_t offset, std::span<std::byte> dst) const;
  // Hint that a range of the tensor will be read soon.
  void WillNeed(const TensorInfo& tensor, uint64_t offset, uint64_t size_bytes) const;

  // The text of config.json; "" for GGUF and for bare tensors.
  const std::string& config_json() const { return config_json_; }
  // nullptr unless GGUF.
  const GgufMetadata* gguf() const { return gguf_ ? &*gguf_ : nullptr; }
  // How weights are quantised (read them with format/quant_source.h and format/fp8_source.h);
  // nullptr for GGUF, whose tensors say it themselves, and where nothing is said.
  const QuantConfig* quant_config() const { return quant_config_ ? &*quant_config_ : nullptr; }
  // Rows of this tensor, which must be a weight or bias of q_proj or k_proj to be permuted.
  RowSource RowsOf(const TensorInfo& tensor, int64_t head_dim) const;

  // [{"name", "dtype", "shape", "size_bytes", "file"}]: stored names.
  std::string TensorsJson() const;
  // GGUF metadata as one JSON object; "{}" otherwise.
  Result<std::string> MetadataJson() const;

 private:
  Checkpoint() = default;
  static Result<std::unique_ptr<Checkpoint>> OpenGguf(const std::string& path);
  static Result<std::unique_ptr<Checkpoint>> OpenFolder(const std::string& path);
  Status ReadQuantConfig(const std::string& folder);
  Status AddShards(const std::string& folder);
  Status AddSafetensors(const std::string& path);
  Status AddSafetensors(std::unique_ptr<ByteSource> source);
  Status NameWeights();
  Status IndexNames();

  std::string path_;
  std::vector<std::byte> bytes_;  // what a checkpoint in memory reads
  std::vector<std::unique_ptr<ByteSource>> files_;
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string, size_t> by_name_;
  std::string config_json_;
  std::optional<QuantConfig> quant_config_;
  std::optional<GgufMetadata> gguf_;
  bool llama_permuted_ = false;
};

}  // namespace qwenjet::format
