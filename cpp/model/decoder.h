// SPDX-License-Identifier: Apache-2.0
// model: the dense decoder graph, written once against the operators. A Decoder owns its weights,
// its KV pages and the activations of a step; Java (or any caller) owns which page belongs to whom.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "base/arena.h"
#include "base/dtype.h"
#include "base/progress.h"
#include "format/checkpoint.h"
#include "layout/kv_page.h"
#include "layout/logit_rows.h"
#include "layout/step_batch.h"
#include "layout/tensor_view.h"
#include "model/config.h"
#include "model/rope_cache.h"
#include "model/weights.h"
#include "ops/backend.h"
#include "ops/linear_quant/linear_quant.h"

namespace qwenjet::model {

enum class KvCache : int32_t {
  kCompute,  // keys and values in the compute type
  kInt8      // int8 codes with a float32 scale a vector, in both compute modes
};

struct DecoderOptions {
  DType compute = DType::kBFloat16;
  KvCache kv_cache = KvCache::kCompute;
  Isa isa = Isa::kPortable;
  int32_t num_threads = 1;
  int32_t page_size = 64;
  int64_t num_pages = 0;
  int32_t max_step_tokens = 512;
  int32_t max_step_sequences = 64;
  int32_t max_logit_rows = 64;
  // Of products with quantised weights. None: exact in float32; else int8, or int16 where
  // hidden_size is small.
  std::optional<ops::Activations> activations = std::nullopt;
  // kPortable: tests run a path's logic where the machine lacks its instructions.
  ops::CpuBodies bodies = ops::CpuBodies::kNative;
};

// Bytes of host memory; the fields of qj_memory_plan.
struct MemoryPlan {
  int64_t weights_bytes = 0;
  int64_t kv_page_bytes = 0;
  int64_t kv_pool_bytes = 0;
  int64_t activation_bytes = 0;
  int64_t load_bytes = 0;
  int64_t parameters = 0;
  int64_t embedding_parameters = 0;
  int64_t embedding_bytes = 0;
  int64_t head_bytes = 0;
  int64_t quantized_parameters = 0;
};

// One step; the fields of qj_step.
struct Step {
  layout::SequenceBatch batch;
  int32_t num_window_groups = 1;
  int32_t num_rows = 0;
  int32_t num_valid_tokens = 0;
  const int32_t* token_ids = nullptr;
  const int32_t* rope_len = nullptr;
  const int32_t* layer_group = nullptr;
  const int32_t* window_len = nullptr;
  const int32_t* sink_len = nullptr;
  const layout::LogitRow* rows = nullptr;
  const layout::LogitChange* changes = nullptr;
  const int32_t* probes = nullptr;
  const uint32_t* masks = nullptr;
};

class Decoder {
 public:
  static Result<MemoryPlan> Plan(const format::Checkpoint& checkpoint,
                                 const DecoderOptions& options);
  // kCancelled when progress says so; kOutOfHostMemory when memory runs out.
  static Result<std::unique_ptr<Decoder>> Open(const format::Checkpoint& checkpoint,
                                               const DecoderOptions& options, Progress* progress);

  const ModelConfig& config() const { return config_; }
  const MemoryPlan& memory() const { return memory_; }
  Isa isa() const { return backend_->isa(); }

  // Runs one step. Blocks; one caller at a time. An error, kCancelled (see Cancel) included, leaves
  // the positions of this step undefined and every other as it was.
  Status Run(const Step& step, const layout::LogitResult& result);
  // Any thread. The running step and every later one return kCancelled at the next layer.
  void Cancel() { cancelled_.store(true); }

  // A row of logits of the last step: raw or processed, [vocab_size].
  Status LogitRow(int32_t row, bool processed, float* out, int64_t count) const;
  // The final norm's output for a token of the last step, [hidden_size].
  Status Hidden(int32_t token, float* out, int64_t count) const;
  Status CopyPage(int32_t from, int32_t to);

 private:
  struct Activations {
    MemoryBlock memory;
    float* residual = nullptr;  // [T, H]
    float* delta = nullptr;     // [T, H] what the last sublayer adds to the residual
    void* normed = nullptr;     // [T, H] compute dtype
    float* qkv = nullptr;       // [T, (Hq + 2 Hkv) D]
    void* q = nullptr;          // [T, Hq D] compute dtype; the attention's output as well
    float* gate_up = nullptr;   // [T, 2 I]
    void* gated = nullptr;      // [T, I] compute dtype
    void* selected = nullptr;   // [R, H] compute dtype
    float* logits = nullptr;    // [R, V]
  };

  Decoder(ModelConfig config, const DecoderOptions& options);
  static int64_t ActivationBytes(const ModelConfig& config, const DecoderOptions& options);
  Status AllocateActivations();
  Status AllocatePools();

  Status CheckStep(const Step& step) const;
  Status RunLayer(const Step& step, int64_t layer);
  Status RunAttention(const Step& step, int64_t layer);
  Status RunFeedForward(const Step& step, int64_t layer);
  Status RunHead(const Step& step, const layout::LogitResult& result);
  // y = x w^T + bias; an empty bias is none.
  Status Multiply(const layout::Matrix& x, const HeldMatrix& w, const std::vector<float>& bias,
                  const layout::Matrix& y);
  layout::Matrix Floats(float* data, int64_t rows, int64_t cols) const;
  layout::Matrix Compute(void* data, int64_t rows, int64_t cols) const;

  const ModelConfig config_;
  const DecoderOptions options_;
  const ops::Activations activations_;
  std::unique_ptr<ops::Backend> backend_;
  DecoderWeights weights_;
  std::vector<MemoryBlock> pool_memory_;  // one a layer
  std::vector<layout::KvPool> pools_;
  Activations act_;
  RopeCache ropes_;
  MemoryPlan memory_;
  std::atomic<bool> cancelled_{false};

  // The last step, for LogitRow and Hidden.
  int32_t last_num_tokens_ = 0;
  int64_t last_num_valid_ = 0;
  std::vector<layout::LogitRow> last_rows_;
  std::vector<layout::LogitChange> last_changes_;
  std::vector<uint32_t> last_masks_;
};

}  // namespace qwenjet::model
