// SPDX-License-Identifier: Apache-2.0
#include "format/checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <unordered_set>

#include "base/check.h"
#include "format/gguf_split.h"
#include "format/json.h"
#include "format/safetensors.h"
#include "format/weight_index.h"

namespace qwenjet::format {
namespace {

constexpr uint64_t kMaxConfigBytes = uint64_t{4} << 20;
constexpr uint64_t kMaxIndexBytes = uint64_t{16} << 20;

bool IsFile(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

bool IsFolder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

std::string FileName(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

Result<std::unique_ptr<Checkpoint>> Checkpoint::Open(const std::string& path) {
  if (IsFolder(path)) {
    if (IsFile(path + "/config.json")) return OpenFolder(path);
    if (IsFile(path + "/model.gguf")) return OpenGguf(path + "/model.gguf");
    return Error(StatusCode::kNotFound, path, ": expected config.json in the folder, got none");
  }
  if (!IsFile(path)) {
    return Error(StatusCode::kNotFound, path,
                 ": expected a checkpoint folder or a .gguf file, found neither");
  }
  return OpenGguf(path);
}

Result<std::unique_ptr<Checkpoint>> Checkpoint::OpenTensors(const std::string& path) {
  std::unique_ptr<Checkpoint> checkpoint(new Checkpoint());
  checkpoint->path_ = path;
  QJ_RETURN_IF_ERROR(checkpoint->AddSafetensors(path));
  QJ_RETURN_IF_ERROR(checkpoint->IndexNames());
  return checkpoint;
}

Result<std::unique_ptr<Checkpoint>> Checkpoint::OpenGguf(const std::string& path) {
  auto model = OpenGgufFiles(path);
  if (!model.ok()) return model.status();
  std::unique_ptr<Checkpoint> checkpoint(new Checkpoint());
  checkpoint->path_ = path;
  checkpoint->files_ = std::move(model->files);
  checkpoint->tensors_ = std::move(model->tensors);
  for (TensorInfo& tensor : checkpoint->tensors_) {
    tensor.name = CanonicalGgufName(tensor.stored_name);
  }
  auto architecture = model->metadata.String("general.architecture");
  if (!architecture.ok()) return architecture.status();
  checkpoint->llama_permuted_ = architecture->value_or("") == "llama";
  checkpoint->gguf_ = std::move(model->metadata);
  QJ_RETURN_IF_ERROR(checkpoint->IndexNames());
  return checkpoint;
}

Result<std::unique_ptr<Checkpoint>> Checkpoint::OpenFolder(const std::string& path) {
  auto config = ReadTextFile(path + "/config.json", kMaxConfigBytes);
  if (!config.ok()) return config.status();
  std::unique_ptr<Checkpoint> checkpoint(new Checkpoint());
  checkpoint->path_ = path;
  checkpoint->config_json_ = std::move(*config);
  QJ_RETURN_IF_ERROR(checkpoint->ReadQuantConfig(path));
  // As in the reference: one whole file wins over an index.
  if (IsFile(path + "/model.safetensors")) {
    QJ_RETURN_IF_ERROR(checkpoint->AddSafetensors(path + "/model.safetensors"));
  } else if (IsFile(path + "/model.safetensors.index.json")) {
    QJ_RETURN_IF_ERROR(checkpoint->AddShards(path));
  } else {
    return Error(StatusCode::kNotFound, path,
                 ": expected model.safetensors or model.safetensors.index.json, got neither");
  }
  QJ_RETURN_IF_ERROR(checkpoint->NameWeights());
  return checkpoint;
}

Result<std::unique_ptr<Checkpoint>> Checkpoint::OpenMemory(const std::string& name,
                                                           std::string config_json,
                                                           std::vector<std::byte> weights) {
  std::unique_ptr<Checkpoint> checkpoint(new Checkpoint());
  checkpoint->path_ = name;
  checkpoint->config_json_ = std::move(config_json);
  QJ_RETURN_IF_ERROR(checkpoint->ReadQuantConfig(""));
  checkpoint->bytes_ = std::move(weights);
  QJ_RETURN_IF_ERROR(checkpoint->AddSafetensors(
      std::make_unique<MemorySource>(name + "/model.safetensors", checkpoint->bytes_)));
  QJ_RETURN_IF_ERROR(checkpoint->NameWeights());
  return checkpoint;
}

// From config.json, else from a file of its own in the folder ("" for none).
Status Checkpoint::ReadQuantConfig(const std::string& folder) {
  QJ_ASSIGN_OR_RETURN(const JsonValue config, ParseJson(config_json_, path_ + "/config.json"));
  QJ_ASSIGN_OR_RETURN(quant_config_, ParseQuantConfig(config, path_));
  if (quant_config_ || folder.empty()) return OkStatus();
  for (const char* name : {"/quantize_config.json", "/quant_config.json"}) {
    const std::string file = folder + name;
    if (!IsFile(file)) continue;
    QJ_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file, kMaxConfigBytes));
    QJ_ASSIGN_OR_RETURN(const JsonValue value, ParseJson(text, file));
    QJ_ASSIGN_OR_RETURN(quant_config_, ParseQuantConfigFile(value, file));
    return OkStatus();
  }
  return OkStatus();
}

Status Checkpoint::AddSafetensors(const std::string& path) {
  auto file = FileSource::Open(path);
  if (!file.ok()) return file.status();
  return AddSafetensors(std::move(*file));
}

Status Checkpoint::AddSafetensors(std::unique_ptr<ByteSource> source) {
  auto header = ReadSafetensorsHeader(*source, static_cast<int32_t>(files_.size()));
  if (!header.ok()) return header.status();
  files_.push_back(std::move(source));
  std::move(header->tensors.begin(), header->tensors.end(), std::back_inserter(tensors_));
  return OkStatus();
}

Status Checkpoint::AddShards(const std::string& folder) {
  const std::string index_path = folder + "/model.safetensors.index.json";
  auto text = ReadTextFile(index_path, kMaxIndexBytes);
  if (!text.ok()) return text.status();
  auto entries = ParseSafetensorsIndex(*text, index_path);
  if (!entries.ok()) return entries.status();

  std::set<std::string> file_names;
  for (const auto& [tensor, file] : *entries) file_names.insert(file);
  std::unordered_map<std::string, int32_t> file_idx;
  for (const std::string& file : file_names) {
    file_idx.emplace(file, static_cast<int32_t>(files_.size()));
    QJ_RETURN_IF_ERROR(AddSafetensors(folder + "/" + file));
  }
  // Keep of each file what the index takes from it, and require all of that.
  std::unordered_map<std::string, int32_t> wanted;
  for (const auto& [tensor, file] : *entries) wanted[tensor] = file_idx[file];
  std::erase_if(tensors_, [&](const TensorInfo& tensor) {
    const auto found = wanted.find(tensor.stored_name);
    return found != wanted.end() && found->second != tensor.file_idx;
  });
  std::unordered_set<std::string> present;
  for (const TensorInfo& tensor : tensors_) present.insert(tensor.stored_name);
  for (const auto& [tensor, file] : *entries) {
    if (!present.contains(tensor)) {
      return Error(StatusCode::kCorruptModel, index_path, ": expected tensor ", tensor, " in ",
                   file, ", which does not hold it");
    }
  }
  return OkStatus();
}

Status Checkpoint::NameWeights() {
  std::erase_if(tensors_,
                [](const TensorInfo& tensor) { return IsIgnoredBuffer(tensor.stored_name); });
  for (TensorInfo& tensor : tensors_) {
    const std::string_view suffix = QuantizedSuffix(tensor.stored_name);
    if (!suffix.empty() && !quant_config_) {
      return Error(StatusCode::kUnsupported, path_, ": quantised weights (tensor ",
                   tensor.stored_name, ") without a quantization_config cannot be read");
    }
    tensor.name = CanonicalSafetensorsName(tensor.stored_name);
  }
  return IndexNames();
}

Status Checkpoint::IndexNames() {
  by_name_.reserve(tensors_.size() * 2);
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (!by_name_.emplace(tensors_[i].name, i).second) {
      return Error(StatusCode::kCorruptModel, path_, ": tensor ", tensors_[i].name,
                   " occurs twice");
    }
  }
  for (size_t i = 0; i < tensors_.size(); ++i) by_name_.emplace(tensors_[i].stored_name, i);
  return OkStatus();
}

const TensorInfo* Checkpoint::Find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : &tensors_[found->second];
}

Result<const TensorInfo*> Checkpoint::Get(std::string_view name) const {
  if (const TensorInfo* tensor = Find(name)) return tensor;
  return Error(StatusCode::kNotFound, path_, ": expected a tensor ", name, ", got none");
}

Status Checkpoint::Read(const TensorInfo& tensor, uint64_t offset, std::span<std::byte> dst) const {
  if (offset > tensor.size_bytes || dst.size() > tensor.size_bytes - offset) {
    return Error(StatusCode::kInvalidArgument, "tensor ", tensor.name,
                 ": expected a range inside its ", tensor.size_bytes, " bytes, got ", dst.size(),
                 " bytes at ", offset);
  }
  return files_[static_cast<size_t>(tensor.file_idx)]->ReadAt(tensor.offset + offset, dst);
}

void Checkpoint::WillNeed(const TensorInfo& tensor, uint64_t offset, uint64_t size_bytes) const {
  if (offset > tensor.size_bytes) return;
  const uint64_t count = std::min(size_bytes, tensor.size_bytes - offset);
  files_[static_cast<size_t>(tensor.file_idx)]->WillNeed(tensor.offset + offset, count);
}

RowSource Checkpoint::RowsOf(const TensorInfo& tensor, int64_t head_dim) const {
  const std::string_view name = tensor.name;
  const bool is_rotated = name.find(".self_attn.q_proj.") != std::string_view::npos ||
                          name.find(".self_attn.k_proj.") != std::string_view::npos;
  return llama_permuted_ && is_rotated ? RowSource(head_dim) : RowSource();
}

std::string Checkpoint::TensorsJson() const {
  JsonWriter writer;
  writer.BeginArray();
  for (const TensorInfo& tensor : tensors_) {
    writer.BeginObject();
    writer.Key("name");
    writer.String(tensor.stored_name);
    writer.Key("dtype");
    writer.String(NameOf(tensor.encoding));
    writer.Key("shape");
    writer.BeginArray();
    for (const int64_t dim : tensor.shape) writer.Int(dim);
    writer.EndArray();
    writer.Key("size_bytes");
    writer.Uint(tensor.size_bytes);
    writer.Key("file");
    writer.String(FileName(files_[static_cast<size_t>(tensor.file_idx)]->name()));
    writer.EndObject();
  }
  writer.EndArray();
  return writer.Take();
}

Result<std::string> Checkpoint::MetadataJson() const {
  if (!gguf_) return std::string("{}");
  return gguf_->Json();
}

}  // namespace qwenjet::format
