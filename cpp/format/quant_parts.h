// SPDX-License-Identifier: Apache-2.0
// format: internal to the readers of quantised safetensors modules: a module's tensors and their
// shapes, stored groups as those of the canonical form, act-order, packed words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "format/checkpoint.h"
#include "format/quant_source.h"
#include "layout/quant_weight.h"

namespace qwenjet::format {

// Scratch of one read of packed words: what it aims at.
inline constexpr int64_t kPackedPieceBytes = int64_t{2} << 20;

// The tensors beside a weight "<module>.weight", by suffix ("qweight").
class QuantModule {
 public:
  QuantModule(const Checkpoint& checkpoint, std::string_view weight_name);

  const Checkpoint& checkpoint() const { return *checkpoint_; }
  const std::string& name() const { return name_; }  // as published
  // What the configuration says of the module that this tensor belongs to; null where nothing.
  const QuantModuleScheme* SchemeBy(const TensorInfo& part) const;

  const TensorInfo* Find(std::string_view suffix) const;
  // A tensor that must be there, of one of these encodings and this number of dimensions, none of
  // them 0. kCorruptModel, but kUnsupported for three dimensions: stacked experts.
  Result<const TensorInfo*> Get(std::string_view suffix,
                                std::initializer_list<TensorEncoding> encodings,
                                size_t num_dims) const;
  // kCorruptModel naming the tensor and both shapes.
  Status CheckShape(const TensorInfo& tensor, const std::vector<int64_t>& expected) const;

 private:
  const Checkpoint* checkpoint_;
  std::string name_;
};

inline constexpr std::initializer_list<TensorEncoding> kWordEncodings = {TensorEncoding::kI32,
                                                                         TensorEncoding::kU32};
inline constexpr std::initializer_list<TensorEncoding> kScaleEncodings = {
    TensorEncoding::kF16, TensorEncoding::kBF16, TensorEncoding::kF32};

layout::ScaleType ScaleTypeOf(TensorEncoding encoding);

// Stored groups of columns as groups of the canonical form, which are never larger.
struct GroupMap {
  int64_t stored_groups = 1;
  int64_t stored_size = 0;  // columns; k where one group is the whole row
  int32_t size = 0;         // 16, 32, 64 or 128
  int64_t groups = 0;

  int64_t StoredOf(int64_t group) const { return group * size / stored_size; }
};

// `declared` as QuantModuleScheme::group_size. kUnsupported for sizes that are no multiple of 16;
// kCorruptModel where k, the number of groups and the declared size do not fit.
Result<GroupMap> MapGroups(const std::string& module, int64_t k, int64_t stored_groups,
                           int64_t declared);

// The permutation that sorts columns by the group index that is stored for each, or nothing where
// that keeps the order or no (or an empty) index is there. kUnsupported where sorting leaves groups
// of other sizes than map's.
Result<std::vector<int32_t>> ReadColumnOrder(const QuantModule& module, std::string_view suffix,
                                             int64_t k, const GroupMap& map);

// Columns [begin, end) of a matrix into dst [rows][end - begin].
Status ReadColumns(const Checkpoint& checkpoint, const TensorInfo& matrix, int64_t begin,
                   int64_t end, void* dst);
// Rows [begin, end) of a matrix.
Status ReadMatrixRows(const Checkpoint& checkpoint, const TensorInfo& matrix, int64_t begin,
                      int64_t end, void* dst);

// The first `count` fields of packed words, low bits first; bits 4 or 8.
void UnpackWords(const uint32_t* words, int64_t count, int bits, uint8_t* dst);
inline uint8_t FieldOf(uint32_t word, int64_t field, int bits) {
  return static_cast<uint8_t>(word >> (field * bits) & ((1u << bits) - 1));
}
// Whether all fields of packed words have this value. n values a line are packed along dimension
// packed_dim; what fills up the last word of a line is not looked at.
Result<bool> AllFieldsAre(const Checkpoint& checkpoint, const TensorInfo& words, size_t packed_dim,
                          int64_t n, int bits, uint8_t value);

// A source of one module: derived classes read what is stored, this one gives it the canonical
// form's groups and order.
class ModuleQuantSource : public QuantSource {
 public:
  Status ReadRows(int64_t begin, int64_t end, QuantRows& rows) const final;
  void WillNeed() const final;

 protected:
  ModuleQuantSource(QuantModule module, int64_t n, int64_t k, int bits, const GroupMap& map)
      : module_(std::move(module)), map_(map) {
    n_ = n;
    k_ = k;
    scheme_.bits = bits;
    scheme_.group_size = map.size;
  }

  // Tensors that a whole read takes, for stored_bytes and WillNeed.
  void AddParts(std::initializer_list<const TensorInfo*> parts);

  // Codes of rows [begin, end) in stored order of columns, into [rows][k].
  virtual Status ReadCodes(int64_t begin, int64_t end, uint8_t* codes) const = 0;
  // Scales of rows [begin, end) by stored group, into [rows][stored_groups].
  virtual Status ReadScales(int64_t begin, int64_t end, float* scales) const = 0;
  virtual Status ReadZeros(int64_t begin, int64_t end, uint8_t* zeros) const = 0;

  const QuantModule& module() const { return module_; }
  const GroupMap& map() const { return map_; }

 private:
  QuantModule module_;
  GroupMap map_;
  std::vector<const TensorInfo*> parts_;
};

}  // namespace qwenjet::format
