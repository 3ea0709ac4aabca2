// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/output_plan.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "format/json.h"
#include "model/quantize/packing.h"

namespace qwenjet::model::quantize {
namespace {

using format::TensorEncoding;
using format::TensorInfo;

constexpr std::string_view kWeight = ".weight";
constexpr int64_t kWordBits = 32;

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool IsQuantizable(const TensorInfo& tensor) {
  constexpr std::array<std::string_view, 7> kEnds = {
      ".q_proj.weight",    ".k_proj.weight",  ".v_proj.weight",   ".o_proj.weight",
      ".gate_proj.weight", ".up_proj.weight", ".down_proj.weight"};
  return tensor.shape.size() == 2 && tensor.name.find("model.layers.") != std::string::npos &&
         std::any_of(kEnds.begin(), kEnds.end(),
                     [&](std::string_view end) { return EndsWith(tensor.name, end); });
}

bool IsTied(const format::Checkpoint& checkpoint) {
  auto config = format::ParseJson(checkpoint.config_json(), "config.json");
  if (!config.ok()) return false;
  const format::JsonValue* tied = config->Find("tie_word_embeddings");
  return tied != nullptr && tied->AsBool() != nullptr && *tied->AsBool();
}

std::string BaseName(const TensorInfo& tensor) {
  return tensor.stored_name.substr(0, tensor.stored_name.size() - kWeight.size());
}

Status CheckMatrix(const TensorInfo& tensor, const Scheme& scheme) {
  if (tensor.shape.size() != 2) {
    return Error(StatusCode::kCorruptModel, "tensor ", tensor.name, ": expected a matrix, got ",
                 format::ShapeText(tensor.shape));
  }
  if (tensor.encoding != TensorEncoding::kBF16 && tensor.encoding != TensorEncoding::kF16 &&
      tensor.encoding != TensorEncoding::kF32) {
    return Error(StatusCode::kUnsupported, "tensor ", tensor.name,
                 ": expected BF16, F16 or F32 to quantise from, got ",
                 format::NameOf(tensor.encoding));
  }
  const int64_t k = tensor.shape[1], group_size = scheme.GroupSize(k);
  if (k == 0 || k % group_size != 0) {
    return Error(StatusCode::kInvalidArgument, "tensor ", tensor.name,
                 ": expected a group size that divides its ", k, " columns, got ", group_size);
  }
  return OkStatus();
}

void PlanCodes(const TensorInfo& tensor, const Scheme& scheme, OutputPlan& plan) {
  const int64_t n = tensor.shape[0], k = tensor.shape[1];
  const int64_t groups = k / scheme.GroupSize(k),
                words = (k * scheme.bits + kWordBits - 1) / kWordBits;
  const std::string base = BaseName(tensor);
  const size_t before = plan.tensors.size();
  plan.tensors.push_back({base + ".weight_packed", TensorEncoding::kI32, {n, words}});
  plan.tensors.push_back(
      {base + ".weight_scale", SchemeFor(tensor, scheme).scale_encoding, {n, groups}});
  if (scheme.asymmetric) {
    plan.tensors.push_back({base + ".weight_zero_point",
                            TensorEncoding::kI32,
                            {(n * scheme.bits + kWordBits - 1) / kWordBits, groups}});
  }
  for (size_t i = before; i < plan.tensors.size(); ++i) {
    plan.quantized_bytes +=
        static_cast<int64_t>(*format::SizeBytes(plan.tensors[i].encoding, plan.tensors[i].shape));
  }
  plan.tensors.push_back({base + ".weight_shape", TensorEncoding::kI64, {2}});
  plan.num_quantized += n * k;
}

template <typename T>
std::span<const std::byte> BytesOf(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

}  // namespace

Scheme EmbeddingScheme() { return {.bits = 8, .group_size = 0, .asymmetric = false}; }

Scheme SchemeFor(const TensorInfo& tensor, Scheme scheme) {
  scheme.scale_encoding = tensor.encoding;
  return scheme;
}

Result<OutputPlan> PlanOutput(const format::Checkpoint& checkpoint, const Scheme& scheme,
                              bool quantize_embeddings) {
  const bool tied = IsTied(checkpoint);
  OutputPlan plan;
  bool head_is_ignored = true;
  for (const TensorInfo& tensor : checkpoint.tensors()) {
    const bool is_embedding = tensor.name == "model.embed_tokens.weight";
    const bool is_head = tensor.name == "lm_head.weight";
    if (IsQuantizable(tensor)) {
      QJ_RETURN_IF_ERROR(CheckMatrix(tensor, scheme));
      PlanCodes(tensor, scheme, plan);
      plan.matrices.push_back(&tensor);
      continue;
    }
    if (quantize_embeddings && (is_embedding || (is_head && !tied))) {
      QJ_RETURN_IF_ERROR(CheckMatrix(tensor, EmbeddingScheme()));
      PlanCodes(tensor, EmbeddingScheme(), plan);
      plan.embeddings.push_back(&tensor);
      if (is_head) head_is_ignored = false;
      continue;
    }
    // A stored copy of a tied head would contradict the embedding's codes.
    if (quantize_embeddings && is_head) continue;
    plan.tensors.push_back({tensor.stored_name, tensor.encoding, tensor.shape});
    plan.copied.push_back(&tensor);
    if (tensor.shape.size() == 2 && EndsWith(tensor.name, kWeight) && !is_embedding && !is_head) {
      plan.ignore.push_back(BaseName(tensor));
    }
  }
  if (head_is_ignored) plan.ignore.push_back("lm_head");
  if (plan.matrices.empty()) {
    return Error(
        StatusCode::kUnsupported, checkpoint.path(),
        ": expected matrices named model.layers.N.self_attn.q_proj.weight and so on, got none");
  }
  return plan;
}

Status WriteCodes(format::SafetensorsWriter& writer, const TensorInfo& tensor, const Codes& codes,
                  const Scheme& scheme, int64_t first_row) {
  const std::string base = BaseName(tensor);
  const std::vector<int32_t> packed = PackCodes(codes, scheme.bits);
  const int64_t words = codes.n == 0 ? 0 : static_cast<int64_t>(packed.size()) / codes.n;
  QJ_RETURN_IF_ERROR(writer.Write(base + ".weight_packed",
                                  static_cast<uint64_t>(first_row * words * 4), BytesOf(packed)));
  std::vector<float> scales;
  for (const GroupScale& group : codes.groups) scales.push_back(group.scale);
  const std::vector<std::byte> stored =
      StoreFloats(scales.data(), static_cast<int64_t>(scales.size()), scheme.scale_encoding);
  const int64_t scale_bytes = format::InfoOf(scheme.scale_encoding).block_bytes;
  QJ_RETURN_IF_ERROR(writer.Write(base + ".weight_scale",
                                  static_cast<uint64_t>(first_row * codes.num_groups * scale_bytes),
                                  stored));
  if (scheme.asymmetric) {
    const std::vector<int32_t> zeros = PackZeros(codes, scheme.bits);
    const int64_t word_row = first_row * scheme.bits / kWordBits;
    QJ_RETURN_IF_ERROR(writer.Write(base + ".weight_zero_point",
                                    static_cast<uint64_t>(word_row * codes.num_groups * 4),
                                    BytesOf(zeros)));
  }
  if (first_row != 0) return OkStatus();
  return writer.Write(base + ".weight_shape", 0, BytesOf(tensor.shape));
}

Status CopyTensor(const format::Checkpoint& checkpoint, const TensorInfo& tensor,
                  format::SafetensorsWriter& writer) {
  std::vector<std::byte> bytes;
  for (uint64_t at = 0; at < tensor.size_bytes; at += format::kMaxSliceBytes) {
    bytes.resize(static_cast<size_t>(std::min(format::kMaxSliceBytes, tensor.size_bytes - at)));
    QJ_RETURN_IF_ERROR(checkpoint.Read(tensor, at, bytes));
    QJ_RETURN_IF_ERROR(writer.Write(tensor.stored_name, at, bytes));
  }
  return OkStatus();
}

}  // namespace qwenjet::model::quantize
