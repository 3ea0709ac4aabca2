// SPDX-License-Identifier: Apache-2.0
// The header is parsed by events into TensorInfo directly: a header may have 100 MB, and a value
// tree of it would take ten times that before the first check.
#include "format/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/check.h"
#include "format/json.h"

namespace qwenjet::format {
namespace {

constexpr uint64_t kLengthBytes = 8;

bool IsKnownButUnsupported(std::string_view dtype) {
  constexpr std::string_view kNames[] = {"F4", "F6_E2M3", "F6_E3M2", "C64"};
  return std::find(std::begin(kNames), std::end(kNames), dtype) != std::end(kNames);
}

struct RawTensor {
  TensorInfo info;
  uint64_t begin = 0;
  uint64_t end = 0;
};

// Where the parser stands. Members of a tensor that the format does not define are skipped.
enum class Place { kOutside, kTop, kMetadata, kTensor, kShape, kOffsets, kSkipped };

class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(std::string file) : file_(std::move(file)) {}

  bool null() override {
    return place_ == Place::kSkipped                   ? AfterSkippedScalar()
           : place_ == Place::kTop && in_metadata_key_ ? true
                                                       : Unexpected("null");
  }
  bool boolean(bool /*value*/) override {
    return place_ == Place::kSkipped ? AfterSkippedScalar() : Unexpected("a boolean");
  }
  bool number_integer(number_integer_t value) override {
    if (place_ == Place::kSkipped) return AfterSkippedScalar();
    return Unexpected("the negative number " + std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::kSkipped) return AfterSkippedScalar();
    if (place_ == Place::kShape) {
      if (value > static_cast<uint64_t>(INT64_MAX)) return Unexpected("a dimension above 2^63");
      tensor_.info.shape.push_back(static_cast<int64_t>(value));
      return true;
    }
    if (place_ == Place::kOffsets) {
      if (num_offsets_ == 0) tensor_.begin = value;
      if (num_offsets_ == 1) tensor_.end = value;
      return ++num_offsets_ <= 2 ? true : Unexpected("a third offset");
    }
    return Unexpected("a number");
  }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    if (place_ == Place::kSkipped) return AfterSkippedScalar();
    return Unexpected("the number " + text);
  }
  bool string(string_t& value) override {
    if (place_ == Place::kSkipped) return AfterSkippedScalar();
    if (place_ == Place::kMetadata) {
      metadata_.emplace_back(std::move(metadata_key_), std::move(value));
      return true;
    }
    if (place_ != Place::kTensor || member_ != "dtype") return Unexpected("a string");
    const std::optional<TensorEncoding> encoding = EncodingFromSafetensors(value);
    if (!encoding) {
      const bool known = IsKnownButUnsupported(value);
      return Fail(known ? StatusCode::kUnsupported : StatusCode::kCorruptModel,
                  "tensor " + tensor_.info.name + ": " +
                      (known ? "dtype " + value + " is not supported"
                             : "expected a safetensors dtype, got \"" + value + "\""));
    }
    tensor_.info.encoding = *encoding;
    has_dtype_ = true;
    return true;
  }
  bool binary(binary_t& /*value*/) override { return Unexpected("binary data"); }

  bool start_object(size_t /*count*/) override {
    if (place_ == Place::kSkipped) return ++skip_depth_ > 0;
    if (place_ == Place::kOutside) {
      place_ = Place::kTop;
      return true;
    }
    if (place_ != Place::kTop) return Unexpected("an object");
    place_ = in_metadata_key_ ? Place::kMetadata : Place::kTensor;
    has_dtype_ = has_shape_ = has_offsets_ = false;
    return true;
  }
  bool end_object() override {
    switch (place_) {
      case Place::kSkipped:
        return LeaveSkipped();
      case Place::kTensor:
        if (!has_dtype_ || !has_shape_ || !has_offsets_) {
          return Corrupt("tensor " + tensor_.info.name +
                         ": expected dtype, shape and data_offsets, got no " +
                         (!has_dtype_   ? "dtype"
                          : !has_shape_ ? "shape"
                                        : "data_offsets"));
        }
        AddTensor();
        place_ = Place::kTop;
        return true;
      case Place::kMetadata:
        place_ = Place::kTop;
        return true;
      default:
        place_ = Place::kOutside;
        return true;
    }
  }
  bool start_array(size_t /*count*/) override {
    if (place_ == Place::kSkipped) return ++skip_depth_ > 0;
    if (place_ == Place::kTensor && member_ == "shape") {
      place_ = Place::kShape;
      return true;
    }
    if (place_ == Place::kTensor && member_ == "data_offsets") {
      place_ = Place::kOffsets;
      num_offsets_ = 0;
      return true;
    }
    return Unexpected("an array");
  }
  bool end_array() override {
    if (place_ == Place::kSkipped) return LeaveSkipped();
    if (place_ == Place::kOffsets) {
      if (num_offsets_ != 2) return Unexpected("an end after one or no offset");
      has_offsets_ = true;
    } else {
      has_shape_ = true;
    }
    place_ = Place::kTensor;
    return true;
  }
  bool key(string_t& value) override {
    if (place_ == Place::kSkipped) return true;
    if (place_ == Place::kMetadata) {
      metadata_key_ = std::move(value);
      return true;
    }
    if (place_ == Place::kTop) {
      in_metadata_key_ = value == "__metadata__";
      tensor_ = RawTensor();
      tensor_.info.name = std::move(value);
      return true;
    }
    member_ = std::move(value);
    if ((member_ == "dtype" && has_dtype_) || (member_ == "shape" && has_shape_) ||
        (member_ == "data_offsets" && has_offsets_)) {
      return Corrupt("tensor " + tensor_.info.name + ": " + member_ + " is given twice");
    }
    if (member_ != "dtype" && member_ != "shape" && member_ != "data_offsets") {
      place_ = Place::kSkipped;
      skip_depth_ = 0;
    }
    return true;
  }
  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return Corrupt("the header is not valid JSON at its byte " + std::to_string(position));
  }

  const Status& status() const { return status_; }
  std::vector<RawTensor>& tensors() { return tensors_; }
  std::vector<std::pair<std::string, std::string>>& metadata() { return metadata_; }

 private:
  bool AfterSkippedScalar() {
    if (skip_depth_ == 0) place_ = Place::kTensor;
    return true;
  }
  bool LeaveSkipped() {
    --skip_depth_;
    return AfterSkippedScalar();
  }
  void AddTensor() {
    const auto [found, is_new] = index_.emplace(tensor_.info.name, tensors_.size());
    if (is_new) {
      tensors_.push_back(std::move(tensor_));
    } else {
      tensors_[found->second] = std::move(tensor_);
    }
    tensor_ = RawTensor();
  }
  bool Unexpected(const std::string& got) {
    switch (place_) {
      case Place::kOutside:
        return Corrupt("expected the header to be a JSON object, got " + got);
      case Place::kTop:
        return Corrupt("expected an object for " + tensor_.info.name + ", got " + got);
      case Place::kMetadata:
        return Corrupt("__metadata__: expected a string for " + metadata_key_ + ", got " + got);
      case Place::kShape:
        return Corrupt("tensor " + tensor_.info.name +
                       ": expected shape to hold non-negative integers, got " + got);
      case Place::kOffsets:
        return Corrupt("tensor " + tensor_.info.name +
                       ": expected data_offsets to be two non-negative integers, got " + got);
      default:
        return Corrupt("tensor " + tensor_.info.name + ": expected " +
                       (member_ == "dtype" ? "a string" : "an array") + " for " + member_ +
                       ", got " + got);
    }
  }
  bool Corrupt(const std::string& text) { return Fail(StatusCode::kCorruptModel, text); }
  bool Fail(StatusCode code, const std::string& text) {
    status_ = Error(code, file_, ": ", text);
    return false;
  }

  std::string file_;
  Status status_;
  Place place_ = Place::kOutside;
  bool in_metadata_key_ = false;
  bool has_dtype_ = false;
  bool has_shape_ = false;
  bool has_offsets_ = false;
  int num_offsets_ = 0;
  int64_t skip_depth_ = 0;
  std::string member_;
  std::string metadata_key_;
  RawTensor tensor_;
  std::vector<RawTensor> tensors_;
  std::unordered_map<std::string, size_t> index_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

// Checks the tensors against each other and against the data buffer, in the order of their bytes.
Status CheckLayout(const std::string& file, const std::vector<RawTensor>& tensors,
                   uint64_t data_bytes) {
  uint64_t expected_begin = 0;
  for (const RawTensor& tensor : tensors) {
    const std::string& name = tensor.info.name;
    if (tensor.begin > tensor.end || tensor.end > data_bytes) {
      return Error(StatusCode::kCorruptModel, file, ": tensor ", name,
                   ": expected data_offsets inside the ", data_bytes, " bytes of data, got [",
                   tensor.begin, ", ", tensor.end, ")");
    }
    if (tensor.begin != expected_begin) {
      return Error(StatusCode::kCorruptModel, file, ": tensor ", name,
                   tensor.begin < expected_begin ? " overlaps the tensor before it"
                                                 : " leaves a hole before it",
                   ": expected its data at ", expected_begin, ", got ", tensor.begin);
    }
    const std::optional<uint64_t> size_bytes = SizeBytes(tensor.info.encoding, tensor.info.shape);
    if (!size_bytes || *size_bytes != tensor.end - tensor.begin) {
      return Error(StatusCode::kCorruptModel, file, ": tensor ", name, ": expected ",
                   size_bytes ? std::to_string(*size_bytes) : std::string("more than 2^63"),
                   " bytes for ", NameOf(tensor.info.encoding), " ", ShapeText(tensor.info.shape),
                   ", got ", tensor.end - tensor.begin);
    }
    expected_begin = tensor.end;
  }
  if (expected_begin != data_bytes) {
    return Error(StatusCode::kCorruptModel, file, ": expected the data to end after ",
                 expected_begin, " bytes, got ", data_bytes, " bytes");
  }
  return OkStatus();
}

}  // namespace

Result<SafetensorsHeader> ReadSafetensorsHeader(const ByteSource& source, int32_t file_idx) {
  if (source.size() < kLengthBytes) {
    return Error(StatusCode::kCorruptModel, source.name(),
                 ": expected the 8 bytes of a safetensors header length, got ", source.size());
  }
  std::byte length[kLengthBytes];
  QJ_RETURN_IF_ERROR(source.ReadAt(0, length));
  uint64_t header_bytes = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    header_bytes |= static_cast<uint64_t>(length[i]) << (8 * i);
  }
  if (header_bytes > kMaxSafetensorsHeaderBytes) {
    return Error(StatusCode::kCorruptModel, source.name(), ": expected a header of at most ",
                 kMaxSafetensorsHeaderBytes, " bytes, got ", header_bytes);
  }
  if (header_bytes > source.size() - kLengthBytes) {
    return Error(StatusCode::kCorruptModel, source.name(), ": expected a header of ", header_bytes,
                 " bytes, got a file of ", source.size(), " bytes");
  }
  const uint64_t data_begin = kLengthBytes + header_bytes;
  HeaderReader reader(source.name());
  {
    std::string text(static_cast<size_t>(header_bytes), '\0');
    QJ_RETURN_IF_ERROR(source.ReadAt(kLengthBytes, std::as_writable_bytes(std::span(text))));
    try {
      if (!nlohmann::json::sax_parse(text.begin(), text.end(), &reader)) return reader.status();
    } catch (const std::exception& error) {
      return Error(StatusCode::kCorruptModel, source.name(), ": header: ", error.what());
    }
  }
  std::vector<RawTensor>& raw = reader.tensors();
  std::sort(raw.begin(), raw.end(), [](const RawTensor& a, const RawTensor& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  QJ_RETURN_IF_ERROR(CheckLayout(source.name(), raw, source.size() - data_begin));

  SafetensorsHeader header;
  header.metadata = std::move(reader.metadata());
  header.tensors.reserve(raw.size());
  for (RawTensor& tensor : raw) {
    tensor.info.stored_name = tensor.info.name;
    tensor.info.file_idx = file_idx;
    tensor.info.offset = data_begin + tensor.begin;
    tensor.info.size_bytes = tensor.end - tensor.begin;
    header.tensors.push_back(std::move(tensor.info));
  }
  return header;
}

namespace {

// A file name from an index stays in the folder: no absolute path, no "..", no empty part. What a
// symbolic link of that name points at is the owner's affair (the Hugging Face cache links out).
bool StaysInFolder(std::string_view name) {
  if (name.empty() || name.find('\0') != std::string_view::npos ||
      name.find('\\') != std::string_view::npos) {
    return false;
  }
  size_t begin = 0;
  while (begin <= name.size()) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> ParseSafetensorsIndex(
    std::string_view text, const std::string& what) {
  auto root = ParseJson(text, what);
  if (!root.ok()) return root.status();
  const JsonValue* map = root->Find("weight_map");
  if (map == nullptr || map->AsObject() == nullptr) {
    return Error(StatusCode::kCorruptModel, what, ": expected an object weight_map, got ",
                 map == nullptr ? "none" : map->KindName());
  }
  std::vector<std::pair<std::string, std::string>> entries;
  entries.reserve(map->AsObject()->size());
  for (const auto& [name, file] : *map->AsObject()) {
    const std::string* file_name = file.AsString();
    if (file_name == nullptr) {
      return Error(StatusCode::kCorruptModel, what, ": weight_map of ", name,
                   ": expected a file name, got ", file.KindName());
    }
    if (!StaysInFolder(*file_name)) {
      return Error(StatusCode::kCorruptModel, what, ": weight_map of ", name,
                   ": expected a file name inside the folder, got \"", *file_name, "\"");
    }
    entries.emplace_back(name, *file_name);
  }
  if (entries.empty()) {
    return Error(StatusCode::kCorruptModel, what, ": expected tensors in weight_map, got none");
  }
  return entries;
}

}  // namespace qwenjet::format
