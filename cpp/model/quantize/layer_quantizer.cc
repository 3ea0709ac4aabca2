// SPDX-License-Identifier: Apache-2.0
#include "model/quantize/layer_quantizer.h"

#include <optional>

#include "base/check.h"
#include "model/quantize/scaling.h"

namespace qwenjet::model::quantize {
namespace {

// By which the columns of an input's matrices have been multiplied; empty: by nothing.
using InputScales = std::array<std::vector<float>, kNumInputs>;

size_t IndexOf(Input input) { return static_cast<size_t>(input); }

class Scaler {
 public:
  Scaler(ops::Backend& backend, const Scheme& scheme, const LayerProblem& problem,
         LayerTensors& layer, InputScales& scales)
      : backend_(backend), scheme_(scheme), problem_(problem), layer_(layer), scales_(scales) {}

  Status Run() {
    QJ_RETURN_IF_ERROR(FoldIntoNorm(Input::kAttention, {Matrix::kQ, Matrix::kK, Matrix::kV},
                                    problem_.input_norm_encoding, layer_.input_norm));
    QJ_RETURN_IF_ERROR(FoldIntoNorm(Input::kFeedForward, {Matrix::kGate, Matrix::kUp},
                                    problem_.post_attention_norm_encoding,
                                    layer_.post_attention_norm));
    // Query heads of one group read the same values: their columns of o share v's rows.
    const ModelConfig& c = *problem_.config;
    const int64_t queries_per_kv = c.num_q_heads / c.num_kv_heads;
    std::vector<int32_t> rows_of_v;
    for (int64_t col = 0; col < c.num_q_heads * c.head_dim; ++col) {
      const int64_t kv_head = col / c.head_dim / queries_per_kv;
      rows_of_v.push_back(static_cast<int32_t>(kv_head * c.head_dim + col % c.head_dim));
    }
    QJ_RETURN_IF_ERROR(FoldIntoRows(Input::kOutput, Matrix::kO, Matrix::kV, rows_of_v));
    return FoldIntoRows(Input::kDown, Matrix::kDown, Matrix::kUp, {});
  }

 private:
  const Hessian& HessianOf(Input input) const { return (*problem_.hessians)[IndexOf(input)]; }

  Status FoldIntoNorm(Input input, const std::vector<Matrix>& consumers,
                      format::TensorEncoding encoding, std::vector<float>& norm) {
    ScalingProblem search = {.weights = {},
                             .inputs = &HessianOf(input),
                             .producers = {},
                             .num_producers = static_cast<int64_t>(norm.size())};
    for (const Matrix matrix : consumers) search.weights.push_back(&layer_[matrix]);
    QJ_ASSIGN_OR_RETURN(std::vector<float> scales, SearchScaling(backend_, search, scheme_));
    DivideNorm(norm, encoding, scales);
    for (const Matrix matrix : consumers) ScaleColumns(layer_[matrix], scales);
    scales_[IndexOf(input)] = std::move(scales);
    return OkStatus();
  }

  // A bias of the producer would be divided too, and rounded again where it is stored: left alone.
  Status FoldIntoRows(Input input, Matrix consumer, Matrix producer,
                      const std::vector<int32_t>& producers) {
    if (!layer_.biases[static_cast<size_t>(producer)].empty()) return OkStatus();
    QJ_ASSIGN_OR_RETURN(const std::vector<float> scales,
                        SearchScaling(backend_,
                                      {.weights = {&layer_[consumer]},
                                       .inputs = &HessianOf(input),
                                       .producers = producers,
                                       .num_producers = layer_[producer].rows},
                                      scheme_));
    DivideRows(layer_[producer], scales);
    std::vector<float> columns = scales;
    if (!producers.empty()) {
      columns.clear();
      for (const int32_t row : producers) columns.push_back(scales[static_cast<size_t>(row)]);
    }
    ScaleColumns(layer_[consumer], columns);
    scales_[IndexOf(input)] = std::move(columns);
    return OkStatus();
  }

  ops::Backend& backend_;
  const Scheme& scheme_;
  const LayerProblem& problem_;
  LayerTensors& layer_;
  InputScales& scales_;
};

// Weights of errors for the inputs as they are after scaling.
std::vector<float> ImportanceOf(const LayerProblem& problem, Input input,
                                const std::vector<float>& scales, int64_t k) {
  if (problem.hessians == nullptr) return std::vector<float>(static_cast<size_t>(k), 1.0f);
  std::vector<float> importance = (*problem.hessians)[IndexOf(input)].Importance();
  for (size_t i = 0; i < scales.size(); ++i) importance[i] /= scales[i] * scales[i];
  return importance;
}

}  // namespace

Status QuantizeLayer(ops::Backend& backend, const Method& method, const Scheme& scheme,
                     const LayerProblem& problem, const CodesSink& sink,
                     const std::atomic<bool>* cancelled, LayerTensors& layer) {
  InputScales scales;
  if (method.scales_activations) {
    QJ_RETURN_IF_ERROR(Scaler(backend, scheme, problem, layer, scales).Run());
  }
  std::optional<Input> factored;
  Feedback feedback;
  for (const Matrix matrix : kMatrices) {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
      return Error(StatusCode::kCancelled, "quantising was cancelled");
    }
    const Input input = InputOf(matrix);
    const std::vector<float>& columns = scales[IndexOf(input)];
    FloatMatrix& w = layer[matrix];
    Scheme own = scheme;
    own.scale_encoding = problem.encodings[static_cast<size_t>(matrix)];
    Codes codes = ChooseScales(w, ImportanceOf(problem, input, columns, w.cols), own,
                               ScaleChoice::kSearch, backend.threads());
    if (method.compensates_errors) {
      if (factored != input) {
        QJ_ASSIGN_OR_RETURN(feedback,
                            ComputeFeedback(backend, (*problem.hessians)[IndexOf(input)].matrix(),
                                            columns, cancelled));
        factored = input;
      }
      QJ_RETURN_IF_ERROR(RoundWithFeedback(backend, w, feedback, own, codes, cancelled));
    } else {
      RoundToNearest(w, own, codes, backend.threads());
    }
    QJ_RETURN_IF_ERROR(sink(matrix, codes, own));
    Dequantize(codes, own, w, backend.threads());
  }
  return OkStatus();
}

}  // namespace qwenjet::model::quantize
