// SPDX-License-Identifier: Apache-2.0
#include "format/gguf.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "base/check.h"
#include "format/json.h"

namespace qwenjet::format {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF numbers are read as stored");

constexpr uint64_t kMinTensorBytes = 8 + 4 + 4 + 8;  // empty name, no dimension, type, offset
constexpr uint64_t kMinEntryBytes = 8 + 4 + 1;       // empty key, type, one byte of value
// Nothing of a header lies beyond this, whatever the size of the file: it bounds every allocation,
// since counts are checked against what is left. Vocabularies take 5 to 20 MB.
constexpr uint64_t kMaxHeaderBytes = uint64_t{128} << 20;
constexpr uint32_t kMaxDims = 4;
constexpr uint32_t kDefaultAlignment = 32;
constexpr int kMaxArrayDepth = 4;
constexpr size_t kBufferBytes = size_t{1} << 18;

// Bytes of a number; 0 for strings and arrays.
uint64_t NumberBytes(MetadataType type) {
  switch (type) {
    case MetadataType::kU8:
    case MetadataType::kI8:
    case MetadataType::kBool:
      return 1;
    case MetadataType::kU16:
    case MetadataType::kI16:
      return 2;
    case MetadataType::kU32:
    case MetadataType::kI32:
    case MetadataType::kF32:
      return 4;
    case MetadataType::kU64:
    case MetadataType::kI64:
    case MetadataType::kF64:
      return 8;
    default:
      return 0;
  }
}

template <typename T>
T Load(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

MetadataScalar DecodeNumber(MetadataType type, const std::byte* bytes) {
  switch (type) {
    case MetadataType::kU8:
      return uint64_t{Load<uint8_t>(bytes)};
    case MetadataType::kI8:
      return int64_t{Load<int8_t>(bytes)};
    case MetadataType::kU16:
      return uint64_t{Load<uint16_t>(bytes)};
    case MetadataType::kI16:
      return int64_t{Load<int16_t>(bytes)};
    case MetadataType::kU32:
      return uint64_t{Load<uint32_t>(bytes)};
    case MetadataType::kI32:
      return int64_t{Load<int32_t>(bytes)};
    case MetadataType::kF32:
      return Load<float>(bytes);
    case MetadataType::kBool:
      return Load<uint8_t>(bytes) != 0;
    case MetadataType::kU64:
      return Load<uint64_t>(bytes);
    case MetadataType::kI64:
      return Load<int64_t>(bytes);
    default:
      return Load<double>(bytes);
  }
}

// Sequential reading through a small buffer; knows what it is reading for its messages.
class Cursor {
 public:
  explicit Cursor(const ByteSource& source)
      : source_(source), end_(std::min(source.size(), kMaxHeaderBytes)) {}

  uint64_t position() const { return position_; }
  uint64_t remaining() const { return end_ - position_; }

  Status Read(void* dst, uint64_t size_bytes, const char* what) {
    QJ_RETURN_IF_ERROR(Expect(size_bytes, what));
    auto* out = static_cast<std::byte*>(dst);
    while (size_bytes > 0) {
      if (position_ < buffer_begin_ || position_ >= buffer_begin_ + buffer_.size()) {
        QJ_RETURN_IF_ERROR(Fill());
      }
      const uint64_t at = position_ - buffer_begin_;
      const uint64_t count = std::min<uint64_t>(size_bytes, buffer_.size() - at);
      std::memcpy(out, buffer_.data() + at, static_cast<size_t>(count));
      out += count;
      position_ += count;
      size_bytes -= count;
    }
    return OkStatus();
  }
  template <typename T>
  Status Number(T* value, const char* what) {
    return Read(value, sizeof(T), what);
  }
  Status String(std::string* text, const char* what) {
    uint64_t length = 0;
    QJ_RETURN_IF_ERROR(Number(&length, what));
    QJ_RETURN_IF_ERROR(Expect(length, what));
    text->resize(static_cast<size_t>(length));
    return Read(text->data(), length, what);
  }
  // Whether size_bytes are left. This comes before every allocation.
  Status Expect(uint64_t size_bytes, const char* what) const {
    if (size_bytes <= remaining()) return OkStatus();
    return Error(StatusCode::kCorruptModel, source_.name(), ": expected ", size_bytes,
                 " bytes for ", what, " at ", position_, ", got ", remaining(),
                 end_ < source_.size() ? " (headers end before 128 MB)" : "");
  }
  Status ExpectCount(uint64_t count, uint64_t min_bytes_each, const char* what) const {
    if (count <= remaining() / min_bytes_each) return OkStatus();
    return Error(StatusCode::kCorruptModel, source_.name(), ": expected at most ",
                 remaining() / min_bytes_each, " ", what, " in the bytes that are left, got ",
                 count);
  }

 private:
  Status Fill() {
    buffer_.resize(static_cast<size_t>(std::min<uint64_t>(kBufferBytes, remaining())));
    buffer_begin_ = position_;
    return source_.ReadAt(position_, buffer_);
  }

  const ByteSource& source_;
  uint64_t end_;
  uint64_t position_ = 0;
  uint64_t buffer_begin_ = 0;
  std::vector<std::byte> buffer_;
};

class HeaderReader {
 public:
  HeaderReader(const ByteSource& source, int32_t file_idx)
      : source_(source), cursor_(source), file_idx_(file_idx) {}

  Status Read(GgufHeader* header) {
    uint64_t num_tensors = 0;
    uint64_t num_entries = 0;
    QJ_RETURN_IF_ERROR(ReadVersion(&header->version));
    QJ_RETURN_IF_ERROR(cursor_.Number(&num_tensors, "the number of tensors"));
    QJ_RETURN_IF_ERROR(cursor_.Number(&num_entries, "the number of metadata entries"));
    QJ_RETURN_IF_ERROR(cursor_.ExpectCount(num_entries, kMinEntryBytes, "metadata entries"));
    QJ_RETURN_IF_ERROR(cursor_.ExpectCount(num_tensors, kMinTensorBytes, "tensors"));
    for (uint64_t i = 0; i < num_entries; ++i) {
      QJ_RETURN_IF_ERROR(ReadEntry(&header->metadata));
    }
    // Checked again: the metadata has used up bytes since.
    QJ_RETURN_IF_ERROR(cursor_.ExpectCount(num_tensors, kMinTensorBytes, "tensors"));
    header->tensors.reserve(static_cast<size_t>(num_tensors));
    for (uint64_t i = 0; i < num_tensors; ++i) QJ_RETURN_IF_ERROR(ReadTensor(&header->tensors));
    return PlaceTensors(header);
  }

 private:
  template <typename... Parts>
  Status Corrupt(const Parts&... parts) const {
    return Error(StatusCode::kCorruptModel, source_.name(), ": ", parts...);
  }
  template <typename... Parts>
  Status Unsupported(const Parts&... parts) const {
    return Error(StatusCode::kUnsupported, source_.name(), ": ", parts...);
  }

  Status ReadVersion(uint32_t* version) {
    char magic[4] = {};
    QJ_RETURN_IF_ERROR(cursor_.Read(magic, sizeof(magic), "the GGUF magic"));
    if (std::memcmp(magic, "GGUF", 4) != 0) {
      return Corrupt("expected a file that begins with \"GGUF\"");
    }
    QJ_RETURN_IF_ERROR(cursor_.Number(version, "the version"));
    if (*version == 2 || *version == 3) return OkStatus();
    if (*version == 1) return Unsupported("GGUF version 1; convert the file to version 3");
    if ((*version & 0xffffu) == 0 && *version != 0) {
      return Unsupported("big-endian GGUF; convert the file to little-endian");
    }
    return Unsupported("expected GGUF version 2 or 3, got ", *version);
  }

  Status ReadEntry(GgufMetadata* metadata) {
    std::string key;
    uint32_t type = 0;
    QJ_RETURN_IF_ERROR(cursor_.String(&key, "a metadata key"));
    QJ_RETURN_IF_ERROR(cursor_.Number(&type, "a metadata type"));
    if (static_cast<MetadataType>(type) == MetadataType::kArray) {
      MetadataArray array;
      QJ_RETURN_IF_ERROR(ReadArray(key, 0, &array));
      return Add(metadata, std::move(key), MetadataValue(std::move(array)));
    }
    MetadataScalar scalar;
    QJ_RETURN_IF_ERROR(ReadScalar(key, type, &scalar));
    return Add(metadata, std::move(key), MetadataValue(std::move(scalar)));
  }

  Status Add(GgufMetadata* metadata, std::string key, MetadataValue value) {
    std::string name = key;
    if (!metadata->Add(std::move(key), std::move(value))) {
      return Corrupt("metadata key ", name, " occurs twice");
    }
    return OkStatus();
  }

  Status CheckType(const std::string& key, uint32_t type) const {
    if (type <= static_cast<uint32_t>(MetadataType::kF64)) return OkStatus();
    return Corrupt("metadata key ", key, ": expected a value type from 0 to 12, got ", type);
  }

  Status ReadScalar(const std::string& key, uint32_t type_number, MetadataScalar* scalar) {
    QJ_RETURN_IF_ERROR(CheckType(key, type_number));
    const auto type = static_cast<MetadataType>(type_number);
    if (type == MetadataType::kString) {
      std::string text;
      QJ_RETURN_IF_ERROR(cursor_.String(&text, "a metadata string"));
      *scalar = std::move(text);
      return OkStatus();
    }
    std::byte bytes[8] = {};
    QJ_RETURN_IF_ERROR(cursor_.Read(bytes, NumberBytes(type), "a metadata value"));
    if (type == MetadataType::kBool && static_cast<uint8_t>(bytes[0]) > 1) {
      return Corrupt("metadata key ", key, ": expected a bool of 0 or 1, got ",
                     static_cast<int>(bytes[0]));
    }
    *scalar = DecodeNumber(type, bytes);
    return OkStatus();
  }

  Status ReadArray(const std::string& key, int depth, MetadataArray* array) {
    uint32_t type = 0;
    QJ_RETURN_IF_ERROR(cursor_.Number(&type, "an array's element type"));
    QJ_RETURN_IF_ERROR(cursor_.Number(&array->count, "an array's length"));
    QJ_RETURN_IF_ERROR(CheckType(key, type));
    array->element_type = static_cast<MetadataType>(type);
    if (array->element_type == MetadataType::kString) return ReadStrings(array);
    if (array->element_type == MetadataType::kArray) return ReadArrays(key, depth, array);

    const uint64_t each = NumberBytes(array->element_type);
    QJ_RETURN_IF_ERROR(cursor_.ExpectCount(array->count, each, "array elements"));
    array->numbers.resize(static_cast<size_t>(array->count * each));
    QJ_RETURN_IF_ERROR(cursor_.Read(array->numbers.data(), array->numbers.size(), "an array"));
    if (array->element_type == MetadataType::kBool &&
        std::any_of(array->numbers.begin(), array->numbers.end(),
                    [](std::byte b) { return b > std::byte{1}; })) {
      return Corrupt("metadata key ", key, ": expected bools of 0 or 1");
    }
    return OkStatus();
  }

  Status ReadStrings(MetadataArray* array) {
    QJ_RETURN_IF_ERROR(cursor_.ExpectCount(array->count, 8, "strings"));
    array->strings.resize(static_cast<size_t>(array->count));
    for (std::string& text : array->strings) {
      QJ_RETURN_IF_ERROR(cursor_.String(&text, "a string of an array"));
    }
    return OkStatus();
  }

  Status ReadArrays(const std::string& key, int depth, MetadataArray* array) {
    if (depth + 1 >= kMaxArrayDepth) {
      return Corrupt("metadata key ", key, ": expected arrays nested at most ", kMaxArrayDepth,
                     " deep");
    }
    constexpr uint64_t kMinArrayBytes = 4 + 8;
    QJ_RETURN_IF_ERROR(cursor_.ExpectCount(array->count, kMinArrayBytes, "arrays"));
    array->arrays.resize(static_cast<size_t>(array->count));
    for (MetadataArray& inner : array->arrays) {
      QJ_RETURN_IF_ERROR(ReadArray(key, depth + 1, &inner));
    }
    return OkStatus();
  }

  Status ReadTensor(std::vector<TensorInfo>* tensors) {
    TensorInfo info;
    uint32_t num_dims = 0;
    uint32_t type = 0;
    QJ_RETURN_IF_ERROR(cursor_.String(&info.stored_name, "a tensor name"));
    QJ_RETURN_IF_ERROR(cursor_.Number(&num_dims, "a number of dimensions"));
    if (!IsValidUtf8(info.stored_name)) return Corrupt("expected tensor names in UTF-8");
    info.name = info.stored_name;
    info.file_idx = file_idx_;
    if (num_dims > kMaxDims) {
      return Corrupt("tensor ", info.name, ": expected at most ", kMaxDims, " dimensions, got ",
                     num_dims);
    }
    for (uint32_t i = 0; i < num_dims; ++i) {
      uint64_t dim = 0;
      QJ_RETURN_IF_ERROR(cursor_.Number(&dim, "a dimension"));
      if (dim > static_cast<uint64_t>(INT64_MAX)) {
        return Corrupt("tensor ", info.name, ": expected dimensions below 2^63, got ", dim);
      }
      info.shape.push_back(static_cast<int64_t>(dim));
    }
    std::reverse(info.shape.begin(), info.shape.end());  // stored innermost first
    QJ_RETURN_IF_ERROR(cursor_.Number(&type, "a tensor type"));
    QJ_RETURN_IF_ERROR(cursor_.Number(&info.offset, "a tensor offset"));
    const std::optional<TensorEncoding> encoding = EncodingFromGgml(type);
    if (!encoding) {
      return Unsupported("tensor ", info.name, ": ggml type number ", type, " is not known");
    }
    info.encoding = *encoding;
    const std::optional<uint64_t> size_bytes = SizeBytes(info.encoding, info.shape);
    if (!size_bytes) {
      return Corrupt("tensor ", info.name, ": expected a size below 2^63 and rows of whole blocks",
                     " of ", InfoOf(info.encoding).block_elems, " for ", NameOf(info.encoding),
                     ", got shape ", ShapeText(info.shape));
    }
    info.size_bytes = *size_bytes;
    tensors->push_back(std::move(info));
    return OkStatus();
  }

  // Turns offsets into file offsets and checks that the tensors lie apart inside the file.
  Status PlaceTensors(GgufHeader* header) const {
    auto stated = header->metadata.Int("general.alignment");
    if (!stated.ok())
      return Error(stated.status().code(), source_.name(), ": ", stated.status().message());
    const int64_t alignment_stated = stated->value_or(kDefaultAlignment);
    if (alignment_stated <= 0 || alignment_stated > (int64_t{1} << 30) ||
        !std::has_single_bit(static_cast<uint64_t>(alignment_stated))) {
      return Corrupt("general.alignment: expected a power of two up to 2^30, got ",
                     alignment_stated);
    }
    const auto alignment = static_cast<uint64_t>(alignment_stated);
    const uint64_t data_begin = (cursor_.position() + alignment - 1) / alignment * alignment;
    for (TensorInfo& info : header->tensors) {
      if (info.offset % alignment != 0) {
        return Corrupt("tensor ", info.name, ": expected an offset that is a multiple of ",
                       alignment, ", got ", info.offset);
      }
      if (data_begin > source_.size() || info.offset > source_.size() - data_begin ||
          info.size_bytes > source_.size() - data_begin - info.offset) {
        return Corrupt("tensor ", info.name, ": expected ", info.size_bytes, " bytes at ",
                       info.offset, " of the data section, which begins at ", data_begin,
                       ", inside a file of ", source_.size(), " bytes");
      }
      info.offset += data_begin;
    }
    return CheckApart(header->tensors);
  }

  Status CheckApart(const std::vector<TensorInfo>& tensors) const {
    std::vector<size_t> order(tensors.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return tensors[a].offset != tensors[b].offset ? tensors[a].offset < tensors[b].offset
                                                    : tensors[a].size_bytes < tensors[b].size_bytes;
    });
    for (size_t i = 1; i < order.size(); ++i) {
      const TensorInfo& before = tensors[order[i - 1]];
      const TensorInfo& after = tensors[order[i]];
      if (before.offset + before.size_bytes > after.offset) {
        return Corrupt("tensor ", after.name, " at ", after.offset, " overlaps ", before.name,
                       ", which ends at ", before.offset + before.size_bytes);
      }
    }
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return tensors[a].stored_name < tensors[b].stored_name; });
    for (size_t i = 1; i < order.size(); ++i) {
      if (tensors[order[i - 1]].stored_name == tensors[order[i]].stored_name) {
        return Corrupt("tensor ", tensors[order[i]].stored_name, " occurs twice");
      }
    }
    return OkStatus();
  }

  const ByteSource& source_;
  Cursor cursor_;
  int32_t file_idx_;
};

}  // namespace

MetadataScalar MetadataArray::At(uint64_t i) const {
  if (element_type == MetadataType::kString) return strings[static_cast<size_t>(i)];
  return DecodeNumber(element_type, numbers.data() + i * NumberBytes(element_type));
}

Result<GgufHeader> ReadGgufHeader(const ByteSource& source, int32_t file_idx) {
  GgufHeader header;
  QJ_RETURN_IF_ERROR(HeaderReader(source, file_idx).Read(&header));
  return header;
}

}  // namespace qwenjet::format
