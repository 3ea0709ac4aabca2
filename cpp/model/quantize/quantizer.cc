// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/quantizer.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <unordered_set>

#include "base/check.h"
#include "format/json.h"
#include "format/safetensors_writer.h"
#include "model/quantize/layer_quantizer.h"
#include "model/quantize/output_plan.h"
#include "model/quantize/packing.h"
#include "model/quantize/quality.h"
#include "model/quantize/token_table.h"

namespace qwenjet::model::quantize {
namespace {

using format::Checkpoint;
using format::SafetensorsWriter;
using format::TensorInfo;

// One method's checkpoint in the making.
struct Candidate {
  Method method;
  std::unique_ptr<SafetensorsWriter> writer;
  Residual evaluation;  // after the layers so far, as this checkpoint computes them
};

std::string InputNorm(int64_t layer) {
  return "model.layers." + std::to_string(layer) + ".input_layernorm.weight";
}
std::string PostAttentionNorm(int64_t layer) {
  return "model.layers." + std::to_string(layer) + ".post_attention_layernorm.weight";
}

class Quantizer {
 public:
  Quantizer(const Checkpoint& checkpoint, const QuantizeOptions& options, const QuantizeText& text,
            Progress* progress)
      : checkpoint_(checkpoint), options_(options), text_(text), progress_(progress) {}

  Result<std::string> Run(const std::string& folder) {
    QJ_RETURN_IF_ERROR(Open(folder));
    if (graph_) {
      QJ_RETURN_IF_ERROR(RunGraph());
    } else {
      QJ_RETURN_IF_ERROR(RoundEveryMatrix());
    }
    for (Candidate& candidate : candidates_) {
      for (const TensorInfo* tensor : plan_.copied) {
        if (written_.contains(tensor->name)) continue;
        QJ_RETURN_IF_ERROR(Poll());
        QJ_RETURN_IF_ERROR(CopyTensor(checkpoint_, *tensor, *candidate.writer));
        Advance(*tensor);
      }
      QJ_RETURN_IF_ERROR(candidate.writer->Finish());
    }
    return Report();
  }

 private:
  Status Open(const std::string& folder) {
    if (checkpoint_.gguf() != nullptr) {
      return Error(StatusCode::kUnsupported, checkpoint_.path(),
                   ": expected safetensors to quantise from, got GGUF");
    }
    if (checkpoint_.quant_config() != nullptr) {
      return Error(StatusCode::kUnsupported, checkpoint_.path(),
                   ": expected a model that is not quantised, got one of method ",
                   format::NameOf(checkpoint_.quant_config()->method));
    }
    QJ_ASSIGN_OR_RETURN(plan_,
                        PlanOutput(checkpoint_, options_.scheme, options_.quantize_embeddings));
    QJ_RETURN_IF_ERROR(OpenGraph());
    QJ_ASSIGN_OR_RETURN(
        backend_, ops::Backend::CreateCpu(options_.isa, options_.num_threads, options_.bodies));
    for (const Method& method : options_.methods) {
      if (method.NeedsCalibration() && text_.calibration.lengths.empty()) {
        return Error(StatusCode::kInvalidArgument, "method ", method.name,
                     ": expected calibration text, got none");
      }
      const std::string own = folder + "/" + method.name;
      std::error_code error;
      if (!std::filesystem::create_directory(own, error)) {
        return Error(error ? StatusCode::kNotFound : StatusCode::kInvalidArgument, own,
                     ": expected to create it, got ",
                     error ? error.message() : "a folder that is there already");
      }
      Candidate candidate = {.method = method, .writer = nullptr, .evaluation = {}};
      QJ_ASSIGN_OR_RETURN(candidate.writer,
                          SafetensorsWriter::Create(own, plan_.tensors, options_.max_shard_bytes));
      candidates_.push_back(std::move(candidate));
    }
    if (progress_ != nullptr) {
      int64_t total = 0;
      for (const TensorInfo& tensor : checkpoint_.tensors()) {
        total += static_cast<int64_t>(tensor.size_bytes);
      }
      progress_->total_bytes.store(total * static_cast<int64_t>(candidates_.size()));
    }
    return OkStatus();
  }

  Status OpenGraph() {
    bool needs_graph = !text_.calibration.lengths.empty() || !text_.evaluation.lengths.empty();
    for (const Method& method : options_.methods) needs_graph |= method.NeedsCalibration();
    auto config = ParseConfig(checkpoint_);
    if (config.ok()) {
      config_ = std::move(*config);
      graph_ = needs_graph;
      return OkStatus();
    }
    if (needs_graph || config.status().code() != StatusCode::kUnsupported) return config.status();
    return OkStatus();
  }

  Status Poll() const {
    if (progress_ == nullptr || !progress_->cancelled.load()) return OkStatus();
    return Error(StatusCode::kCancelled, "quantising was cancelled");
  }
  const std::atomic<bool>* CancelFlag() const {
    return progress_ == nullptr ? nullptr : &progress_->cancelled;
  }
  void Advance(const TensorInfo& tensor) { Advance(static_cast<int64_t>(tensor.size_bytes)); }
  void Advance(int64_t bytes) {
    if (progress_ != nullptr) progress_->done_bytes.fetch_add(bytes);
  }

  // Without a graph: every matrix by itself, rounded to nearest.
  Status RoundEveryMatrix() {
    for (const TensorInfo* tensor : plan_.matrices) {
      QJ_RETURN_IF_ERROR(Poll());
      QJ_ASSIGN_OR_RETURN(const FloatMatrix w, ReadMatrix(checkpoint_, *tensor));
      const Scheme scheme = SchemeFor(*tensor, options_.scheme);
      const std::vector<float> importance(static_cast<size_t>(w.cols), 1.0f);
      Codes codes = ChooseScales(w, importance, scheme, ScaleChoice::kSearch, backend_->threads());
      RoundToNearest(w, scheme, codes, backend_->threads());
      for (Candidate& candidate : candidates_) {
        QJ_RETURN_IF_ERROR(WriteCodes(*candidate.writer, *tensor, codes, scheme, 0));
        Advance(*tensor);
      }
    }
    for (const TensorInfo* tensor : plan_.embeddings) {
      QJ_RETURN_IF_ERROR(VisitRows(checkpoint_, *tensor, TableChange(*tensor, true)));
    }
    return OkStatus();
  }

  // Rows of the embedding or the head to what their codes stand for; on request written as well.
  RowChange TableChange(const TensorInfo& tensor, bool write) {
    return [this, &tensor, write](int64_t first_row, FloatMatrix& rows) -> Status {
      QJ_RETURN_IF_ERROR(Poll());
      const Scheme scheme = SchemeFor(tensor, EmbeddingScheme());
      const std::vector<float> importance(static_cast<size_t>(rows.cols), 1.0f);
      Codes codes =
          ChooseScales(rows, importance, scheme, ScaleChoice::kSearch, backend_->threads());
      RoundToNearest(rows, scheme, codes, backend_->threads());
      if (write) {
        for (Candidate& candidate : candidates_) {
          QJ_RETURN_IF_ERROR(WriteCodes(*candidate.writer, tensor, codes, scheme, first_row));
          Advance(static_cast<int64_t>(tensor.size_bytes) / tensor.shape[0] * rows.rows);
        }
      }
      Dequantize(codes, scheme, rows, backend_->threads());
      return OkStatus();
    };
  }

  bool IsQuantizedTable(const TensorInfo* tensor) const {
    return std::find(plan_.embeddings.begin(), plan_.embeddings.end(), tensor) !=
           plan_.embeddings.end();
  }

  // The table as the original has it, and as the candidates do where that differs.
  struct Tables {
    TokenTable original;
    std::optional<TokenTable> changed;
    const TokenTable& Changed() const { return changed ? *changed : original; }
  };
  Result<Tables> LoadTables(const TensorInfo& tensor, bool write) {
    Tables tables;
    QJ_ASSIGN_OR_RETURN(tables.original, LoadTable(checkpoint_, tensor, {}, backend_->threads()));
    if (IsQuantizedTable(&tensor)) {
      QJ_ASSIGN_OR_RETURN(tables.changed, LoadTable(checkpoint_, tensor, TableChange(tensor, write),
                                                    backend_->threads()));
    }
    return tables;
  }

  Status RunGraph() {
    QJ_ASSIGN_OR_RETURN(const TensorInfo* embedding, checkpoint_.Get("model.embed_tokens.weight"));
    {
      QJ_ASSIGN_OR_RETURN(const Tables tables, LoadTables(*embedding, true));
      QJ_ASSIGN_OR_RETURN(calibration_, Embed(*backend_, tables.original, text_.calibration));
      QJ_ASSIGN_OR_RETURN(evaluation_, Embed(*backend_, tables.original, text_.evaluation));
      for (Candidate& candidate : candidates_) {
        QJ_ASSIGN_OR_RETURN(candidate.evaluation,
                            Embed(*backend_, tables.Changed(), text_.evaluation));
      }
    }
    LayerRunner runner(config_, *backend_);
    TiledLayer tiled;
    for (int64_t layer = 0; layer < config_.num_layers; ++layer) {
      QJ_RETURN_IF_ERROR(RunLayer(layer, runner, tiled));
    }
    return MeasureQuality(*embedding);
  }

  Status RunLayer(int64_t layer, LayerRunner& runner, TiledLayer& tiled) {
    QJ_ASSIGN_OR_RETURN(const LayerTensors original, ReadLayer(checkpoint_, config_, layer));
    QJ_RETURN_IF_ERROR(tiled.Fill(original, backend_->threads()));
    QJ_RETURN_IF_ERROR(runner.Run(layer, tiled, text_.evaluation, {}, CancelFlag(), evaluation_));
    std::optional<LayerHessians> hessians;  // large
    if (!text_.calibration.lengths.empty()) {
      hessians = {Hessian(original[Matrix::kQ].cols), Hessian(original[Matrix::kO].cols),
                  Hessian(original[Matrix::kGate].cols), Hessian(original[Matrix::kDown].cols)};
      QJ_RETURN_IF_ERROR(runner.Run(
          layer, tiled, text_.calibration,
          [&](Input input, const layout::ConstMatrix& x) {
            return (*hessians)[static_cast<size_t>(input)].Add(*backend_, x);
          },
          CancelFlag(), calibration_));
      for (Hessian& hessian : *hessians) hessian.Mirror();
    }
    QJ_ASSIGN_OR_RETURN(LayerProblem problem, ProblemOf(layer));
    problem.hessians = hessians ? &*hessians : nullptr;
    for (Candidate& candidate : candidates_) {
      LayerTensors changed = original;
      QJ_RETURN_IF_ERROR(WriteLayer(layer, candidate, problem, changed));
      if (text_.evaluation.lengths.empty()) continue;
      QJ_RETURN_IF_ERROR(tiled.Fill(changed, backend_->threads()));
      QJ_RETURN_IF_ERROR(
          runner.Run(layer, tiled, text_.evaluation, {}, CancelFlag(), candidate.evaluation));
    }
    return OkStatus();
  }

  Result<LayerProblem> ProblemOf(int64_t layer) const {
    LayerProblem problem;
    problem.config = &config_;
    for (const Matrix matrix : kMatrices) {
      QJ_ASSIGN_OR_RETURN(const TensorInfo* tensor, checkpoint_.Get(NameOf(layer, matrix)));
      problem.encodings[static_cast<size_t>(matrix)] = tensor->encoding;
    }
    QJ_ASSIGN_OR_RETURN(const TensorInfo* input_norm, checkpoint_.Get(InputNorm(layer)));
    QJ_ASSIGN_OR_RETURN(const TensorInfo* post_norm, checkpoint_.Get(PostAttentionNorm(layer)));
    problem.input_norm_encoding = input_norm->encoding;
    problem.post_attention_norm_encoding = post_norm->encoding;
    return problem;
  }

  Status WriteLayer(int64_t layer, Candidate& candidate, const LayerProblem& problem,
                    LayerTensors& changed) {
    const auto sink = [&](Matrix matrix, const Codes& codes, const Scheme& scheme) -> Status {
      QJ_ASSIGN_OR_RETURN(const TensorInfo* tensor, checkpoint_.Get(NameOf(layer, matrix)));
      QJ_RETURN_IF_ERROR(WriteCodes(*candidate.writer, *tensor, codes, scheme, 0));
      Advance(*tensor);
      return OkStatus();
    };
    QJ_RETURN_IF_ERROR(QuantizeLayer(*backend_, candidate.method, options_.scheme, problem, sink,
                                     CancelFlag(), changed));
    QJ_RETURN_IF_ERROR(WriteNorm(InputNorm(layer), changed.input_norm, candidate));
    return WriteNorm(PostAttentionNorm(layer), changed.post_attention_norm, candidate);
  }

  Status WriteNorm(const std::string& name, const std::vector<float>& values,
                   Candidate& candidate) {
    QJ_ASSIGN_OR_RETURN(const TensorInfo* tensor, checkpoint_.Get(name));
    const std::vector<std::byte> bytes =
        StoreFloats(values.data(), static_cast<int64_t>(values.size()), tensor->encoding);
    QJ_RETURN_IF_ERROR(candidate.writer->Write(tensor->stored_name, 0, bytes));
    written_.insert(tensor->name);
    Advance(*tensor);
    return OkStatus();
  }

  Status MeasureQuality(const TensorInfo& embedding) {
    const TensorInfo* head = &embedding;
    if (!config_.tie_word_embeddings) {
      QJ_ASSIGN_OR_RETURN(head, FindTensor(checkpoint_, "lm_head.weight",
                                           {config_.vocab_size, config_.hidden_size}));
    }
    if (text_.evaluation.lengths.empty()) {
      if (head == &embedding || !IsQuantizedTable(head)) return OkStatus();
      return VisitRows(checkpoint_, *head, TableChange(*head, true));
    }
    QJ_ASSIGN_OR_RETURN(const Tables tables, LoadTables(*head, head != &embedding));
    QJ_ASSIGN_OR_RETURN(const TensorInfo* norm,
                        FindTensor(checkpoint_, "model.norm.weight", {config_.hidden_size}));
    QJ_ASSIGN_OR_RETURN(const FloatMatrix final_norm, ReadMatrix(checkpoint_, *norm));
    std::vector<HeadInput> models = {{&evaluation_, &tables.original.tiled}};
    for (const Candidate& candidate : candidates_) {
      models.push_back({&candidate.evaluation, &tables.Changed().tiled});
    }
    QJ_ASSIGN_OR_RETURN(qualities_, Measure(*backend_, config_, final_norm.values, text_.evaluation,
                                            models, [this] { return Poll(); }));
    return OkStatus();
  }

  void Put(const Quality& quality, format::JsonWriter& json) const {
    json.Key("perplexity");
    json.Double(quality.Perplexity());
    json.Key("kl_divergence");
    json.Double(quality.MeanDivergence());
    json.Key("top1_agreement");
    json.Double(quality.Agreement());
  }

  std::string Report() const {
    int64_t parameters = 0;
    for (const TensorInfo& tensor : checkpoint_.tensors()) {
      parameters += format::NumElements(tensor.shape).value_or(0);
    }
    format::JsonWriter json;
    json.BeginObject();
    json.Key("ignore");
    json.BeginArray();
    for (const std::string& name : plan_.ignore) json.String(name);
    json.EndArray();
    json.Key("parameters");
    json.Int(parameters);
    json.Key("quantized_parameters");
    json.Int(plan_.num_quantized);
    json.Key("bits_per_weight");
    json.Double(8.0 * static_cast<double>(plan_.quantized_bytes) /
                static_cast<double>(plan_.num_quantized));
    json.Key("calibration_tokens");
    json.Int(text_.calibration.NumTokens());
    json.Key("evaluation_tokens");
    json.Int(qualities_.empty() ? 0 : qualities_[0].num_positions);
    if (!qualities_.empty()) {
      json.Key("original");
      json.BeginObject();
      Put(qualities_[0], json);
      json.EndObject();
    }
    json.Key("methods");
    json.BeginArray();
    for (size_t i = 0; i < candidates_.size(); ++i) {
      json.BeginObject();
      json.Key("name");
      json.String(candidates_[i].method.name);
      json.Key("size_bytes");
      json.Uint(candidates_[i].writer->size_bytes());
      if (!qualities_.empty()) Put(qualities_[i + 1], json);
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
    return json.Take();
  }

  const Checkpoint& checkpoint_;
  const QuantizeOptions& options_;
  const QuantizeText& text_;
  Progress* const progress_;
  OutputPlan plan_;
  ModelConfig config_;
  bool graph_ = false;
  std::unique_ptr<ops::Backend> backend_;
  std::vector<Candidate> candidates_;
  Residual calibration_, evaluation_;        // of the original
  std::unordered_set<std::string> written_;  // published names besides matrices
  std::vector<Quality> qualities_;           // the original's, then the candidates'
};

}  // namespace

Result<std::string> Quantize(const Checkpoint& checkpoint, const QuantizeOptions& options,
                             const QuantizeText& text, const std::string& folder,
                             Progress* progress) {
  return Quantizer(checkpoint, options, text, progress).Run(folder);
}

}  // namespace qwenjet::model::quantize
