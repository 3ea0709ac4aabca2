// SPDX-License-Identifier: Apache-2.0
#include "format/safetensors_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/check.h"
#include "format/json.h"

namespace qwenjet::format {
namespace {

constexpr uint64_t kHeaderAlignment = 8;

Status SystemError(const std::string& what, const char* verb) {
  return Error(StatusCode::kNotFound, what, ": expected to ", verb, " it, got ",
               std::strerror(errno));
}

Status WriteAll(int descriptor, const std::string& name, uint64_t offset,
                std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return SystemError(name, "write");
    bytes = bytes.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return OkStatus();
}

std::span<const std::byte> BytesOf(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string ShardName(size_t shard, size_t count) {
  if (count == 1) return "model.safetensors";
  char name[64];
  std::snprintf(name, sizeof(name), "model-%05zu-of-%05zu.safetensors", shard + 1, count);
  return name;
}

}  // namespace

Result<std::unique_ptr<SafetensorsWriter>> SafetensorsWriter::Create(const std::string& folder,
                                                                     std::vector<Tensor> tensors,
                                                                     uint64_t max_shard_bytes) {
  std::unique_ptr<SafetensorsWriter> writer(new SafetensorsWriter(folder, std::move(tensors)));
  QJ_RETURN_IF_ERROR(writer->AssignShards(max_shard_bytes));
  for (size_t i = 0; i < writer->shards_.size(); ++i) {
    QJ_RETURN_IF_ERROR(writer->OpenShard(writer->shards_[i], i));
  }
  return writer;
}

SafetensorsWriter::~SafetensorsWriter() {
  for (const Shard& shard : shards_) {
    if (shard.descriptor >= 0) ::close(shard.descriptor);
  }
}

Status SafetensorsWriter::AssignShards(uint64_t max_shard_bytes) {
  shards_.emplace_back();
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const auto size_bytes = SizeBytes(tensors_[i].encoding, tensors_[i].shape);
    if (!size_bytes) {
      return Error(StatusCode::kInvalidArgument, "tensor ", tensors_[i].name,
                   ": expected a shape of whole blocks, got ", ShapeText(tensors_[i].shape));
    }
    if (!shards_.back().tensors.empty() &&
        shards_.back().data_bytes + *size_bytes > max_shard_bytes) {
      shards_.emplace_back();
    }
    Shard& shard = shards_.back();
    const Place place = {.shard = shards_.size() - 1, .offset = 0, .size_bytes = *size_bytes};
    if (!places_.emplace(tensors_[i].name, place).second) {
      return Error(StatusCode::kInvalidArgument, "tensor ", tensors_[i].name,
                   ": expected one of each name, got two");
    }
    shard.tensors.push_back(i);
    shard.data_bytes += *size_bytes;
  }
  return OkStatus();
}

Status SafetensorsWriter::OpenShard(Shard& shard, size_t shard_idx) {
  // Wider elements first, so that every tensor starts at a multiple of its element.
  std::stable_sort(shard.tensors.begin(), shard.tensors.end(), [this](size_t a, size_t b) {
    return InfoOf(tensors_[a].encoding).block_bytes > InfoOf(tensors_[b].encoding).block_bytes;
  });
  JsonWriter json;
  json.BeginObject();
  json.Key("__metadata__");
  json.BeginObject();
  json.Key("format");
  json.String("pt");
  json.EndObject();
  uint64_t at = 0;
  for (const size_t i : shard.tensors) {
    Place& place = places_[tensors_[i].name];
    place.offset = at;
    at += place.size_bytes;
    json.Key(tensors_[i].name);
    json.BeginObject();
    json.Key("dtype");
    json.String(NameOf(tensors_[i].encoding));
    json.Key("shape");
    json.BeginArray();
    for (const int64_t dim : tensors_[i].shape) json.Int(dim);
    json.EndArray();
    json.Key("data_offsets");
    json.BeginArray();
    json.Uint(place.offset);
    json.Uint(at);
    json.EndArray();
    json.EndObject();
  }
  json.EndObject();
  std::string header = json.Take();
  header.resize((header.size() + kHeaderAlignment - 1) / kHeaderAlignment * kHeaderAlignment, ' ');
  std::string start(sizeof(uint64_t), '\0');
  const uint64_t header_size = header.size();
  std::memcpy(start.data(), &header_size, sizeof(header_size));
  start += header;
  for (const size_t i : shard.tensors) places_[tensors_[i].name].offset += start.size();

  shard.file_name = ShardName(shard_idx, shards_.size());
  const std::string path = folder_ + "/" + shard.file_name;
  shard.descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (shard.descriptor < 0) return SystemError(path, "create");
  QJ_RETURN_IF_ERROR(WriteAll(shard.descriptor, path, 0, BytesOf(start)));
  const uint64_t file_bytes = start.size() + shard.data_bytes;
  if (::ftruncate(shard.descriptor, static_cast<off_t>(file_bytes)) != 0) {
    return SystemError(path, "enlarge");
  }
  size_bytes_ += file_bytes;
  return OkStatus();
}

Status SafetensorsWriter::Write(const std::string& name, uint64_t offset,
                                std::span<const std::byte> bytes) {
  const auto found = places_.find(name);
  if (found == places_.end()) {
    return Error(StatusCode::kInvalidArgument, "tensor ", name,
                 ": expected one that was planned, got another");
  }
  Place& place = found->second;
  if (offset > place.size_bytes || bytes.size() > place.size_bytes - offset) {
    return Error(StatusCode::kInvalidArgument, "tensor ", name, ": expected a range inside its ",
                 place.size_bytes, " bytes, got ", bytes.size(), " bytes at ", offset);
  }
  const Shard& shard = shards_[place.shard];
  QJ_RETURN_IF_ERROR(WriteAll(shard.descriptor, shard.file_name, place.offset + offset, bytes));
  place.written_bytes += bytes.size();
  return OkStatus();
}

Status SafetensorsWriter::Finish() {
  for (const Tensor& tensor : tensors_) {
    const Place& place = places_[tensor.name];
    if (place.written_bytes != place.size_bytes) {
      return Error(StatusCode::kInternal, "tensor ", tensor.name, ": expected ", place.size_bytes,
                   " bytes written, got ", place.written_bytes);
    }
  }
  for (Shard& shard : shards_) {
    const int descriptor = shard.descriptor;
    shard.descriptor = -1;
    if (::close(descriptor) != 0) return SystemError(shard.file_name, "close");
  }
  return shards_.size() == 1 ? OkStatus() : WriteIndex();
}

Status SafetensorsWriter::WriteIndex() const {
  uint64_t total = 0;
  for (const Shard& shard : shards_) total += shard.data_bytes;
  JsonWriter json;
  json.BeginObject();
  json.Key("metadata");
  json.BeginObject();
  json.Key("total_size");
  json.Uint(total);
  json.EndObject();
  json.Key("weight_map");
  json.BeginObject();
  for (const Tensor& tensor : tensors_) {
    json.Key(tensor.name);
    json.String(shards_[places_.at(tensor.name).shard].file_name);
  }
  json.EndObject();
  json.EndObject();
  const std::string path = folder_ + "/model.safetensors.index.json";
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return SystemError(path, "create");
  Status status = WriteAll(descriptor, path, 0, BytesOf(json.text()));
  if (::close(descriptor) != 0 && status.ok()) status = SystemError(path, "close");
  return status;
}

}  // namespace qwenjet::format
