// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/layer_tensors.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "format/dequant.h"

namespace qwenjet::model::quantize {
namespace {

using format::TensorInfo;

constexpr int64_t kSliceBytes = 4 << 20;

std::string LayerPrefix(int64_t layer) { return "model.layers." + std::to_string(layer) + "."; }

const char* PartOf(Matrix matrix) {
  constexpr const char* kParts[kNumMatrices] = {
      "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
      "mlp.gate_proj",    "mlp.up_proj",      "mlp.down_proj"};
  return kParts[static_cast<size_t>(matrix)];
}

std::vector<int64_t> ShapeOf(const ModelConfig& c, Matrix matrix) {
  const int64_t q = c.num_q_heads * c.head_dim, kv = c.num_kv_heads * c.head_dim;
  switch (matrix) {
    case Matrix::kQ:
      return {q, c.hidden_size};
    case Matrix::kK:
    case Matrix::kV:
      return {kv, c.hidden_size};
    case Matrix::kO:
      return {c.hidden_size, q};
    case Matrix::kGate:
    case Matrix::kUp:
      return {c.intermediate_size, c.hidden_size};
    case Matrix::kDown:
      return {c.hidden_size, c.intermediate_size};
  }
  return {};
}

bool HasBias(const ModelConfig& c, Matrix matrix) {
  switch (matrix) {
    case Matrix::kQ:
    case Matrix::kK:
    case Matrix::kV:
      return c.qkv_bias;
    case Matrix::kO:
      return c.o_bias;
    default:
      return c.mlp_bias;
  }
}

Result<std::vector<float>> ReadVector(const format::Checkpoint& checkpoint, const std::string& name,
                                      int64_t count) {
  QJ_ASSIGN_OR_RETURN(const TensorInfo* tensor, FindTensor(checkpoint, name, {count}));
  QJ_ASSIGN_OR_RETURN(FloatMatrix row, ReadMatrix(checkpoint, *tensor));
  return std::move(row.values);
}

void Append(const std::vector<float>& from, std::vector<float>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

Input InputOf(Matrix matrix) {
  switch (matrix) {
    case Matrix::kO:
      return Input::kOutput;
    case Matrix::kGate:
    case Matrix::kUp:
      return Input::kFeedForward;
    case Matrix::kDown:
      return Input::kDown;
    default:
      return Input::kAttention;
  }
}

std::string NameOf(int64_t layer, Matrix matrix) {
  return LayerPrefix(layer) + PartOf(matrix) + ".weight";
}

Result<const TensorInfo*> FindTensor(const format::Checkpoint& checkpoint, const std::string& name,
                                     const std::vector<int64_t>& shape) {
  QJ_ASSIGN_OR_RETURN(const TensorInfo* tensor, checkpoint.Get(name));
  if (tensor->shape != shape) {
    return Error(StatusCode::kCorruptModel, "tensor ", name, ": expected shape ",
                 format::ShapeText(shape), ", got ", format::ShapeText(tensor->shape));
  }
  return tensor;
}

Result<FloatMatrix> ReadMatrix(const format::Checkpoint& checkpoint, const TensorInfo& tensor) {
  if (tensor.encoding != format::TensorEncoding::kBF16 &&
      tensor.encoding != format::TensorEncoding::kF16 &&
      tensor.encoding != format::TensorEncoding::kF32) {
    return Error(StatusCode::kUnsupported, "tensor ", tensor.name,
                 ": expected BF16, F16 or F32 to quantise from, got ",
                 format::NameOf(tensor.encoding));
  }
  const bool is_vector = tensor.shape.size() == 1;
  FloatMatrix matrix(is_vector ? 1 : tensor.shape[0], tensor.shape.back());
  const auto row_bytes =
      static_cast<int64_t>(tensor.size_bytes) / std::max<int64_t>(1, matrix.rows);
  const int64_t rows_per_slice =
      std::max<int64_t>(1, kSliceBytes / std::max<int64_t>(1, row_bytes));
  std::vector<std::byte> bytes;
  for (int64_t row = 0; row < matrix.rows; row += rows_per_slice) {
    const int64_t rows = std::min(rows_per_slice, matrix.rows - row);
    bytes.resize(static_cast<size_t>(rows * row_bytes));
    QJ_RETURN_IF_ERROR(checkpoint.Read(tensor, static_cast<uint64_t>(row * row_bytes), bytes));
    QJ_RETURN_IF_ERROR(format::DequantizeRows(
        tensor.encoding, bytes, {matrix.Row(row), static_cast<size_t>(rows * matrix.cols)}));
  }
  for (const float x : matrix.values) {
    if (!std::isfinite(x)) {
      return Error(StatusCode::kCorruptModel, "tensor ", tensor.name,
                   ": expected finite weights, got ", x);
    }
  }
  return matrix;
}

Result<LayerTensors> ReadLayer(const format::Checkpoint& checkpoint, const ModelConfig& config,
                               int64_t layer) {
  LayerTensors tensors;
  const std::string at = LayerPrefix(layer);
  for (const Matrix matrix : kMatrices) {
    const std::vector<int64_t> shape = ShapeOf(config, matrix);
    QJ_ASSIGN_OR_RETURN(const TensorInfo* tensor,
                        FindTensor(checkpoint, NameOf(layer, matrix), shape));
    QJ_ASSIGN_OR_RETURN(tensors[matrix], ReadMatrix(checkpoint, *tensor));
    if (HasBias(config, matrix)) {
      QJ_ASSIGN_OR_RETURN(tensors.biases[static_cast<size_t>(matrix)],
                          ReadVector(checkpoint, at + PartOf(matrix) + ".bias", shape[0]));
    }
  }
  QJ_ASSIGN_OR_RETURN(tensors.input_norm,
                      ReadVector(checkpoint, at + "input_layernorm.weight", config.hidden_size));
  QJ_ASSIGN_OR_RETURN(
      tensors.post_attention_norm,
      ReadVector(checkpoint, at + "post_attention_layernorm.weight", config.hidden_size));
  if (config.qk_norm) {
    QJ_ASSIGN_OR_RETURN(tensors.q_norm,
                        ReadVector(checkpoint, at + "self_attn.q_norm.weight", config.head_dim));
    QJ_ASSIGN_OR_RETURN(tensors.k_norm,
                        ReadVector(checkpoint, at + "self_attn.k_norm.weight", config.head_dim));
  }
  return tensors;
}

Status TiledLayer::Fill(const LayerTensors& layer, ThreadPool& threads) {
  QJ_RETURN_IF_ERROR(
      qkv_.FillBf16({&layer[Matrix::kQ], &layer[Matrix::kK], &layer[Matrix::kV]}, threads));
  QJ_RETURN_IF_ERROR(o_.FillBf16({&layer[Matrix::kO]}, threads));
  QJ_RETURN_IF_ERROR(gate_up_.FillBf16({&layer[Matrix::kGate], &layer[Matrix::kUp]}, threads));
  QJ_RETURN_IF_ERROR(down_.FillBf16({&layer[Matrix::kDown]}, threads));
  input_norm = layer.input_norm;
  post_attention_norm = layer.post_attention_norm;
  q_norm = layer.q_norm;
  k_norm = layer.k_norm;
  const auto bias = [&layer](Matrix m) { return layer.biases[static_cast<size_t>(m)]; };
  qkv_bias = bias(Matrix::kQ);
  Append(bias(Matrix::kK), qkv_bias);
  Append(bias(Matrix::kV), qkv_bias);
  o_bias = bias(Matrix::kO);
  gate_up_bias = bias(Matrix::kGate);
  Append(bias(Matrix::kUp), gate_up_bias);
  down_bias = bias(Matrix::kDown);
  return OkStatus();
}

}  // namespace qwenjet::model::quantize
