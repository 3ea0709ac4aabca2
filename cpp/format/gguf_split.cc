// SPDX-License-Identifier: Apache-2.0
#include "format/gguf_split.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"

namespace qwenjet::format {
namespace {

constexpr int64_t kMaxParts = 99999;  // what five digits of a name hold

// What a part says of its place; a file that is not split is part 0 of 1.
struct Split {
  int64_t no = 0;
  int64_t count = 1;
  std::optional<int64_t> num_tensors;  // of all parts together
};

struct Part {
  std::unique_ptr<ByteSource> file;
  GgufHeader header;
  Split split;
};

Result<std::optional<int64_t>> SplitKey(const Part& part, const char* key) {
  auto value = part.header.metadata.Int(key);
  if (value.ok()) return value;
  return Error(value.status().code(), part.file->name(), ": ", value.status().message());
}

Status ReadSplit(Part* part) {
  QJ_ASSIGN_OR_RETURN(const std::optional<int64_t> count, SplitKey(*part, "split.count"));
  if (count.value_or(0) == 0) return OkStatus();
  QJ_ASSIGN_OR_RETURN(const std::optional<int64_t> no, SplitKey(*part, "split.no"));
  QJ_ASSIGN_OR_RETURN(part->split.num_tensors, SplitKey(*part, "split.tensors.count"));
  part->split.count = *count;
  part->split.no = no.value_or(*count == 1 ? 0 : -1);
  if (*count < 0 || *count > kMaxParts || part->split.no < 0 || part->split.no >= *count) {
    return Error(StatusCode::kCorruptModel, part->file->name(), ": expected split.count up to ",
                 kMaxParts, " and split.no below it, got ", *count, " and ",
                 no ? std::to_string(*no) : "none");
  }
  return OkStatus();
}

Result<Part> OpenPart(const std::string& path) {
  Part part;
  QJ_ASSIGN_OR_RETURN(part.file, FileSource::Open(path));
  QJ_ASSIGN_OR_RETURN(part.header, ReadGgufHeader(*part.file, 0));
  QJ_RETURN_IF_ERROR(ReadSplit(&part));
  return part;
}

std::string SplitSuffix(int64_t no, int64_t count) {
  char suffix[64];
  std::snprintf(suffix, sizeof(suffix), "-%05lld-of-%05lld.gguf", static_cast<long long>(no + 1),
                static_cast<long long>(count));
  return suffix;
}

// "part 2 of 3 of the split model"
std::string PartText(int64_t no, int64_t count) {
  return "part " + std::to_string(no + 1) + " of " + std::to_string(count) + " of a split model";
}

// Whether a part is the one that its name and `opened`, what the file at `path` says, tell.
Status CheckPlace(const Part& part, int64_t no, const Split& opened, const std::string& path) {
  const Split& split = part.split;
  const int64_t count = opened.count;
  if (split.no != no || split.count != count) {
    return Error(StatusCode::kCorruptModel, part.file->name(), ": expected ", PartText(no, count),
                 " as its name says, got ", PartText(split.no, split.count));
  }
  if (split.num_tensors != opened.num_tensors) {
    return Error(StatusCode::kCorruptModel, part.file->name(),
                 ": expected the same split.tensors.count as in ", path, ", got another");
  }
  return OkStatus();
}

void Append(Part part, int32_t file_idx, GgufFiles* model) {
  std::vector<TensorInfo>& tensors = part.header.tensors;
  std::sort(tensors.begin(), tensors.end(),
            [](const TensorInfo& a, const TensorInfo& b) { return a.offset < b.offset; });
  for (TensorInfo& tensor : tensors) {
    tensor.file_idx = file_idx;
    model->tensors.push_back(std::move(tensor));
  }
  model->files.push_back(std::move(part.file));
  if (file_idx == 0) model->metadata = std::move(part.header.metadata);
}

}  // namespace

Result<GgufFiles> OpenGgufFiles(const std::string& path) {
  auto opened = OpenPart(path);
  if (!opened.ok()) return opened.status();
  const Split split = opened->split;
  const int64_t count = split.count;
  GgufFiles model;
  if (count == 1) {
    Append(std::move(*opened), 0, &model);
    return model;
  }
  const std::string suffix = SplitSuffix(split.no, count);
  if (!path.ends_with(suffix)) {
    return Error(StatusCode::kCorruptModel, path, ": expected the name of ",
                 PartText(split.no, count), " to end in ", suffix,
                 ", which tells the names of the others");
  }
  const std::string stem = path.substr(0, path.size() - suffix.size());
  for (int64_t no = 0; no < count; ++no) {
    auto part = no == split.no ? std::move(opened) : OpenPart(stem + SplitSuffix(no, count));
    if (!part.ok()) {
      return Error(part.status().code(), part.status().message(), " (", PartText(no, count), ")");
    }
    QJ_RETURN_IF_ERROR(CheckPlace(*part, no, split, path));
    Append(std::move(*part), static_cast<int32_t>(no), &model);
  }
  const auto found = static_cast<int64_t>(model.tensors.size());
  if (split.num_tensors && *split.num_tensors != found) {
    return Error(StatusCode::kCorruptModel, path, ": expected ", *split.num_tensors,
                 " tensors in the ", count, " parts of the model (split.tensors.count), got ",
                 found);
  }
  return model;
}

}  // namespace qwenjet::format
