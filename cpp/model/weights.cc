// SPDX-License-Identifier: Apache-2.0
#include "model/weights.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "format/dequant.h"
#include "model/segment_load.h"
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
    for (size_t i = 0; i < parts.size(); ++i) {
      QJ_ASSIGN_OR_RETURN(MatrixPart part, Stored(parts[i], cols, i < 2 ? head_dim : 0));
      spec.rows += part.rows;
      spec.parts.push_back(std::move(part));
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
  Result<MatrixPart> Stored(const Part& part, int64_t cols, int64_t head_dim) const {
    MatrixPart stored;
    stored.name = part.name;
    stored.rows = part.rows;
    QJ_ASSIGN_OR_RETURN(stored.quant, format::OpenQuantSource(checkpoint_, part.name, head_dim));
    if (stored.quant != nullptr) {
      QJ_RETURN_IF_ERROR(CheckShape(part, cols, stored.quant->n(), stored.quant->k()));
      return stored;
    }
    QJ_ASSIGN_OR_RETURN(stored.fp8, format::OpenFp8Source(checkpoint_, part.name));
    if (stored.fp8 != nullptr) {
      QJ_RETURN_IF_ERROR(CheckShape(part, cols, stored.fp8->n(), stored.fp8->k()));
      return stored;
    }
    QJ_ASSIGN_OR_RETURN(stored.plain, Tensor(part.name, {part.rows, cols}));
    return stored;
  }

  static Status CheckShape(const Part& part, int64_t cols, int64_t got_rows, int64_t got_cols) {
    if (got_rows == part.rows && got_cols == cols) return OkStatus();
    return Error(StatusCode::kCorruptModel, "weight ", part.name, ": expected shape ",
                 format::ShapeText({part.rows, cols}), ", got ",
                 format::ShapeText({got_rows, got_cols}));
  }

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

int64_t NumBiases(const ModelConfig& c) {
  const int64_t qkv = (c.num_q_heads + 2 * c.num_kv_heads) * c.head_dim;
  return c.num_layers * ((c.qkv_bias ? qkv : 0) + (c.o_bias ? c.hidden_size : 0) +
                         (c.mlp_bias ? 2 * c.intermediate_size + c.hidden_size : 0));
}

WeightForm FormOf(const SegmentSpec& segment, DType compute) {
  WeightForm form;
  form.quantized = segment.is_quantized();
  form.parameters = segment.rows * segment.matrix->cols;
  if (form.quantized) {
    const layout::QuantWeight weight = segment.Quantized();
    form.scheme = weight.scheme;
    form.size_bytes = weight.SizeBytes() + segment.PermutationBytes();
    return form;
  }
  for (size_t i = segment.begin; i < segment.end && compute == DType::kFloat32; ++i) {
    const MatrixPart& part = segment.matrix->parts[i];
    const bool bf16 =
        part.plain != nullptr && part.plain->encoding == format::TensorEncoding::kBF16;
    if (!bf16) form.dtype = DType::kFloat32;
  }
  form.size_bytes = segment.Dense(form.dtype).SizeBytes();
  return form;
}

void AddForm(const WeightForm& form, std::vector<WeightForm>& forms) {
  for (WeightForm& known : forms) {
    if (known.quantized != form.quantized) continue;
    if (form.quantized ? known.scheme != form.scheme : known.dtype != form.dtype) continue;
    known.parameters += form.parameters;
    known.size_bytes += form.size_bytes;
    return;
  }
  forms.push_back(form);
}

// The disk reads ahead of the tiling by this many matrices.
constexpr size_t kReadAhead = 3;

void WillNeed(const Checkpoint& checkpoint, const MatrixSpec& spec) {
  for (const MatrixPart& part : spec.parts) {
    if (part.quant != nullptr) part.quant->WillNeed();
    const TensorInfo* stored = checkpoint.Find(part.name);
    if (stored != nullptr) checkpoint.WillNeed(*stored, 0, stored->size_bytes);
  }
}

}  // namespace

int64_t DecoderWeights::SizeBytes() const {
  int64_t bytes = embedding.SizeBytes() + lm_head.SizeBytes();
  for (const LayerWeights& layer : layers) {
    for (const HeldMatrix* w : {&layer.qkv, &layer.o, &layer.gate_up, &layer.down}) {
      bytes += w->SizeBytes();
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
  plan.size_bytes = (norms + NumBiases(config)) * 4;
  for (size_t i = 0; i < matrices.size(); ++i) {
    const MatrixSpec& spec = matrices[i];
    int64_t bytes = 0;
    for (const SegmentSpec& segment : SegmentsOf(spec)) {
      const WeightForm form = FormOf(segment, compute);
      bytes += form.size_bytes;
      plan.quantized_parameters += form.quantized ? form.parameters : 0;
      AddForm(form, plan.forms);
    }
    plan.size_bytes += bytes;
    plan.parameters += spec.rows * spec.cols;
    if (i >= num_embeddings) continue;
    plan.embedding_parameters += spec.rows * spec.cols;
    plan.embedding_bytes += bytes;
    plan.head_bytes = bytes;
  }
  std::stable_sort(
      plan.forms.begin(), plan.forms.end(),
      [](const WeightForm& a, const WeightForm& b) { return a.parameters > b.parameters; });
  return plan;
}

Result<DecoderWeights> LoadWeights(const Checkpoint& checkpoint, const ModelConfig& config,
                                   DType compute, ThreadPool& threads, Progress* progress) {
  const Finder find(checkpoint, config);
  QJ_ASSIGN_OR_RETURN(const auto matrices, AllMatrices(find, config));
  if (progress != nullptr) {
    int64_t total = 0;
    for (const MatrixSpec& spec : matrices) total += spec.StoredBytes();
    progress->total_bytes.store(total);
  }
  DecoderWeights weights;
  weights.layers.resize(static_cast<size_t>(config.num_layers));
  std::vector<HeldMatrix*> targets = {&weights.embedding};
  if (!config.tie_word_embeddings) targets.push_back(&weights.lm_head);
  for (LayerWeights& layer : weights.layers) {
    targets.insert(targets.end(), {&layer.qkv, &layer.o, &layer.gate_up, &layer.down});
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    if (i + kReadAhead < targets.size()) WillNeed(checkpoint, matrices[i + kReadAhead]);
    targets[i]->rows = matrices[i].rows;
    for (const SegmentSpec& segment : SegmentsOf(matrices[i])) {
      QJ_ASSIGN_OR_RETURN(HeldSegment held,
                          LoadSegment(checkpoint, segment, compute, threads, progress));
      targets[i]->segments.push_back(std::move(held));
    }
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
