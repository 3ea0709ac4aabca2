// SPDX-License-Identifier: Apache-2.0
#include "model/weights.h"

#include <string>

#include "base/check.h"
#include "format/dequant.h"
#include "model/weight_tiling.h"

namespace qwenjet::model {
namespace {

using format::Checkpoint;
using format::TensorInfo;

// Finds tensors by published name and checks their shapes.
class Finder {
 public:
  Finder(const Checkpoint& checkpoint, const ModelConfig& config)
      : checkpoint_(checkpoint), config_(config) {}

  struct Part {
    std::string name;
    int64_t rows;
  };

  Result<MatrixSpec> Matrix(const std::vector<Part>& parts, int64_t cols,
                            int64_t head_dim = 0) const {
    MatrixSpec spec;
    spec.cols = cols;
    spec.head_dim = head_dim;
    for (const Part& part : parts) {
      QJ_ASSIGN_OR_RETURN(const TensorInfo* tensor, Tensor(part.name, {part.rows, cols}));
      spec.parts.push_back(tensor);
      spec.part_rows.push_back(part.rows);
      spec.rows += part.rows;
    }
    return spec;
  }

  Result<const TensorInfo*> Tensor(const std::string& name,
                                   const std::vector<int64_t>& shape) const {
    QJ_ASSIGN_OR_RETURN(const TensorInfo* tensor, checkpoint_.Get(name));
    if (tensor->shape != shape) {
      return Error(StatusCode::kCorruptModel, "tensor ", name, ": expected shape ",
                   format::ShapeText(shape), ", got ", format::ShapeText(tensor->shape));
    }
    if (!format::CanDequantize(tensor->encoding)) {
      return Error(StatusCode::kUnsupported, "tensor ", name,
                   ": expected F32, F16, BF16, Q8_0, "
                   "Q4_0 or Q4_1, got ",
                   format::NameOf(tensor->encoding));
    }
    return tensor;
  }

  Result<MatrixSpec> Embedding() const {
    return Matrix({{"model.embed_tokens.weight", config_.vocab_size}}, config_.hidden_size);
  }
  Result<MatrixSpec> LmHead() const {
    return Matrix({{"lm_head.weight", config_.vocab_size}}, config_.hidden_size);
  }
  Result<MatrixSpec> Qkv(const std::string& layer) const {
    const int64_t q = config_.num_q_heads * config_.head_dim;
    const int64_t kv = config_.num_kv_heads * config_.head_dim;
    const std::string at = layer + "self_attn.";
    return Matrix(
        {{at + "q_proj.weight", q}, {at + "k_proj.weight", kv}, {at + "v_proj.weight", kv}},
        config_.hidden_size, config_.head_dim);
  }
  Result<MatrixSpec> O(const std::string& layer) const {
    return Matrix({{layer + "self_attn.o_proj.weight", config_.hidden_size}},
                  config_.num_q_heads * config_.head_dim);
  }
  Result<MatrixSpec> GateUp(const std::string& layer) const {
    return Matrix({{layer + "mlp.gate_proj.weight", config_.intermediate_size},
                   {layer + "mlp.up_proj.weight", config_.intermediate_size}},
                  config_.hidden_size);
  }
  Result<MatrixSpec> Down(const std::string& layer) const {
    return Matrix({{layer + "mlp.down_proj.weight", config_.hidden_size}},
                  config_.intermediate_size);
  }

  // Vectors of the parts, one after another.
  Result<std::vector<float>> Vectors(const std::vector<Part>& parts, int64_t head_dim = 0) const {
    std::vector<float> all;
    for (size_t i = 0; i < parts.size(); ++i) {
      QJ_ASSIGN_OR_RETURN(const TensorInfo* tensor, Tensor(parts[i].name, {parts[i].rows}));
      QJ_ASSIGN_OR_RETURN(const std::vector<float> part,
                          ReadVector(checkpoint_, *tensor, i < 2 ? head_dim : 0));
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }

 private:
  const Checkpoint& checkpoint_;
  const ModelConfig& config_;
};

std::string LayerPrefix(int64_t layer) { return "model.layers." + std::to_string(layer) + "."; }

Status LoadVectors(const Finder& find, const ModelConfig& c, const std::string& at,
                   LayerWeights& layer) {
  const int64_t q = c.num_q_heads * c.head_dim, kv = c.num_kv_heads * c.head_dim;
  const std::string attn = at + "self_attn.", mlp = at + "mlp.";
  QJ_ASSIGN_OR_RETURN(layer.input_norm,
                      find.Vectors({{at + "input_layernorm.weight", c.hidden_size}}));
  QJ_ASSIGN_OR_RETURN(layer.post_attention_norm,
                      find.Vectors({{at + "post_attention_layernorm.weight", c.hidden_size}}));
  if (c.qk_norm) {
    QJ_ASSIGN_OR_RETURN(layer.q_norm, find.Vectors({{attn + "q_norm.weight", c.head_dim}}));
    QJ_ASSIGN_OR_RETURN(layer.k_norm, find.Vectors({{attn + "k_norm.weight", c.head_dim}}));
  }
  if (c.qkv_bias) {
    QJ_ASSIGN_OR_RETURN(layer.qkv_bias, find.Vectors({{attn + "q_proj.bias", q},
                                                      {attn + "k_proj.bias", kv},
                                                      {attn + "v_proj.bias", kv}},
                                                     c.head_dim));
  }
  if (c.o_bias) {
    QJ_ASSIGN_OR_RETURN(layer.o_bias, find.Vectors({{attn + "o_proj.bias", c.hidden_size}}));
  }
  if (c.mlp_bias) {
    QJ_ASSIGN_OR_RETURN(layer.gate_up_bias,
                        find.Vectors({{mlp + "gate_proj.bias", c.intermediate_size},
                                      {mlp + "up_proj.bias", c.intermediate_size}}));
    QJ_ASSIGN_OR_RETURN(layer.down_bias, find.Vectors({{mlp + "down_proj.bias", c.hidden_size}}));
  }
  return OkStatus();
}

// Every matrix of the graph, in the order in which they are loaded.
Result<std::vector<MatrixSpec>> AllMatrices(const Finder& find, const ModelConfig& config) {
  std::vector<MatrixSpec> all;
  QJ_ASSIGN_OR_RETURN(MatrixSpec embedding, find.Embedding());
  all.push_back(std::move(embedding));
  if (!config.tie_word_embeddings) {
    QJ_ASSIGN_OR_RETURN(MatrixSpec head, find.LmHead());
    all.push_back(std::move(head));
  }
  for (int64_t i = 0; i < config.num_layers; ++i) {
    const std::string at = LayerPrefix(i);
    QJ_ASSIGN_OR_RETURN(MatrixSpec qkv, find.Qkv(at));
    QJ_ASSIGN_OR_RETURN(MatrixSpec o, find.O(at));
    QJ_ASSIGN_OR_RETURN(MatrixSpec gate_up, find.GateUp(at));
    QJ_ASSIGN_OR_RETURN(MatrixSpec down, find.Down(at));
    for (MatrixSpec* spec : {&qkv, &o, &gate_up, &down}) all.push_back(std::move(*spec));
  }
  return all;
}

// The disk reads ahead of the tiling by this many matrices.
constexpr size_t kReadAhead = 3;

void WillNeed(const Checkpoint& checkpoint, const MatrixSpec& spec) {
  for (const TensorInfo* part : spec.parts) checkpoint.WillNeed(*part, 0, part->size_bytes);
}

}  // namespace

int64_t DecoderWeights::SizeBytes() const {
  int64_t bytes = embedding.memory.size_bytes() + lm_head.memory.size_bytes();
  for (const LayerWeights& layer : layers) {
    for (const HeldWeight* w : {&layer.qkv, &layer.o, &layer.gate_up, &layer.down}) {
      bytes += w->memory.size_bytes();
    }
    for (const std::vector<float>* v :
         {&layer.input_norm, &layer.post_attention_norm, &layer.q_norm, &layer.k_norm,
          &layer.qkv_bias, &layer.o_bias, &layer.gate_up_bias, &layer.down_bias}) {
      bytes += static_cast<int64_t>(v->size() * sizeof(float));
    }
  }
  return bytes + static_cast<int64_t>(final_norm.size() * sizeof(float));
}

Result<WeightsPlan> PlanWeights(const Checkpoint& checkpoint, const ModelConfig& config,
                                DType compute) {
  QJ_ASSIGN_OR_RETURN(const auto matrices, AllMatrices(Finder(checkpoint, config), config));
  const size_t num_embeddings = config.tie_word_embeddings ? 1 : 2;
  const int64_t norms = (2 * config.num_layers + 1) * config.hidden_size +
                        (config.qk_norm ? 2 * config.num_layers * config.head_dim : 0);
  WeightsPlan plan;
  plan.parameters = norms;
  plan.size_bytes = norms * 4;
  for (size_t i = 0; i < matrices.size(); ++i) {
    const MatrixSpec& spec = matrices[i];
    bool bf16 = true;
    for (const TensorInfo* part : spec.parts) {
      bf16 &= part->encoding == format::TensorEncoding::kBF16;
    }
    const layout::TiledWeight held = {
        .data = nullptr,
        .dtype = bf16 || compute == DType::kBFloat16 ? DType::kBFloat16 : DType::kFloat32,
        .n = spec.rows,
        .k = spec.cols};
    plan.size_bytes += held.SizeBytes();
    plan.parameters += spec.rows * spec.cols;
    if (i < num_embeddings) plan.embedding_parameters += spec.rows * spec.cols;
  }
  return plan;
}

Result<DecoderWeights> LoadWeights(const Checkpoint& checkpoint, const ModelConfig& config,
                                   DType compute, ThreadPool& threads, Progress* progress) {
  const Finder find(checkpoint, config);
  QJ_ASSIGN_OR_RETURN(const auto matrices, AllMatrices(find, config));
  if (progress != nullptr) {
    int64_t total = 0;
    for (const MatrixSpec& spec : matrices) {
      for (const TensorInfo* part : spec.parts) total += static_cast<int64_t>(part->size_bytes);
    }
    progress->total_bytes.store(total);
  }
  DecoderWeights weights;
  weights.layers.resize(static_cast<size_t>(config.num_layers));
  std::vector<HeldWeight*> targets = {&weights.embedding};
  if (!config.tie_word_embeddings) targets.push_back(&weights.lm_head);
  for (LayerWeights& layer : weights.layers) {
    targets.insert(targets.end(), {&layer.qkv, &layer.o, &layer.gate_up, &layer.down});
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    if (i + kReadAhead < targets.size()) WillNeed(checkpoint, matrices[i + kReadAhead]);
    QJ_ASSIGN_OR_RETURN(const DType held, HeldDType(checkpoint, matrices[i], compute));
    QJ_ASSIGN_OR_RETURN(*targets[i], TileMatrix(checkpoint, matrices[i], held, threads, progress));
  }
  for (int64_t i = 0; i < config.num_layers; ++i) {
    QJ_RETURN_IF_ERROR(
        LoadVectors(find, config, LayerPrefix(i), weights.layers[static_cast<size_t>(i)]));
  }
  QJ_ASSIGN_OR_RETURN(weights.final_norm,
                      find.Vectors({{"model.norm.weight", config.hidden_size}}));
  return weights;
}

}  // namespace qwenjet::model
