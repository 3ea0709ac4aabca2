// SPDX-License-Identifier: Apache-2.0
// quantize: the tensors of one decoder layer as floats, as quantising changes them, and tiled, as
// running the layer takes them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "format/checkpoint.h"
#include "model/config.h"
#include "model/quantize/rounding.h"
#include "model/quantize/tiling.h"

namespace qwenjet::model::quantize {

enum class Matrix { kQ, kK, kV, kO, kGate, kUp, kDown };
inline constexpr size_t kNumMatrices = 7;
inline constexpr std::array<Matrix, kNumMatrices> kMatrices = {
    Matrix::kQ, Matrix::kK, Matrix::kV, Matrix::kO, Matrix::kGate, Matrix::kUp, Matrix::kDown};

// Which input a matrix takes: matrices of one input share its second moments.
enum class Input { kAttention, kOutput, kFeedForward, kDown };
inline constexpr size_t kNumInputs = 4;
Input InputOf(Matrix matrix);

// "model.layers.3.self_attn.q_proj.weight"
std::string NameOf(int64_t layer, Matrix matrix);

struct LayerTensors {
  std::array<FloatMatrix, kNumMatrices> matrices;
  std::array<std::vector<float>, kNumMatrices> biases;  // empty: none
  std::vector<float> input_norm, post_attention_norm;
  std::vector<float> q_norm, k_norm;  // empty: none

  FloatMatrix& operator[](Matrix m) { return matrices[static_cast<size_t>(m)]; }
  const FloatMatrix& operator[](Matrix m) const { return matrices[static_cast<size_t>(m)]; }
};

// kNotFound, kCorruptModel or kUnsupported naming the tensor that is missing, has another shape, is
// no plain number type or holds NaN or an infinity.
Result<LayerTensors> ReadLayer(const format::Checkpoint& checkpoint, const ModelConfig& config,
                               int64_t layer);
// One tensor alone; its elements in the same way, a vector as one row.
Result<FloatMatrix> ReadMatrix(const format::Checkpoint& checkpoint,
                               const format::TensorInfo& tensor);
// kNotFound, or kCorruptModel where the shape is another.
Result<const format::TensorInfo*> FindTensor(const format::Checkpoint& checkpoint,
                                             const std::string& name,
                                             const std::vector<int64_t>& shape);

// The layer's matrices in bf16, q, k, v and gate, up in one each; vectors are copied.
class TiledLayer {
 public:
  Status Fill(const LayerTensors& layer, ThreadPool& threads);

  const layout::TiledWeight& qkv() const { return qkv_.tiled(); }
  const layout::TiledWeight& o() const { return o_.tiled(); }
  const layout::TiledWeight& gate_up() const { return gate_up_.tiled(); }
  const layout::TiledWeight& down() const { return down_.tiled(); }

  std::vector<float> input_norm, post_attention_norm, q_norm, k_norm;
  std::vector<float> qkv_bias, o_bias, gate_up_bias, down_bias;

 private:
  TileBuffer qkv_, o_, gate_up_, down_;
};

}  // namespace qwenjet::model::quantize
