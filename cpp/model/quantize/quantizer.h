// SPDX-License-Identifier: Apache-2.0
// quantize: writes quantised checkpoints, one a method, and says how good each is. A layer at a
// time: the original layer runs over the calibration text (which gives the second moments of every
// matrix's inputs) and over the evaluation text; each method quantises a copy and runs what it has
// written over the evaluation text. Native because the work is products, factors and roundings of
// whole matrices: the operator linear does nearly all of it at the machine's full rate.
// Methods see the inputs of the original model, so one pass over the calibration text serves all.
// Memory: the residual streams of the calibration text and, one more than there are methods, of the
// evaluation text; some four times the largest layer in float32; with calibration text the second
// moments of a layer's inputs.
#pragma once

#include <string>
#include <vector>

#include "base/cpu_features.h"
#include "base/progress.h"
#include "format/checkpoint.h"
#include "model/quantize/layer_runner.h"
#include "model/quantize/rounding.h"
#include "ops/backend.h"

namespace qwenjet::model::quantize {

// How a method departs from rounding to nearest with searched scales.
struct Method {
  const char* name;
  bool scales_activations;  // scaling.h
  bool compensates_errors;  // gptq.h
  bool NeedsCalibration() const { return scales_activations || compensates_errors; }
};
inline constexpr Method kMethods[] = {
    {"rtn", false, false}, {"awq", true, false}, {"gptq", false, true}, {"awq-gptq", true, true}};
inline constexpr int32_t kNumMethods = 4;

struct QuantizeOptions {
  Scheme scheme;
  bool quantize_embeddings = false;
  std::vector<Method> methods;
  Isa isa = Isa::kPortable;
  int32_t num_threads = 1;
  uint64_t max_shard_bytes = uint64_t{5} << 30;
  ops::CpuBodies bodies = ops::CpuBodies::kNative;
};

// Either may be empty. Ids are below vocab_size, no sequence is longer than the model's context.
struct QuantizeText {
  Sequences calibration;
  Sequences evaluation;
};

// Writes folder/<method>/model.safetensors (or shards) for every method; folder exists. The report
// is one JSON object: "ignore" (module names), "parameters", "quantized_parameters",
// "bits_per_weight", "calibration_tokens", "evaluation_tokens", "original" and "methods" (each with
// "name", "size_bytes" and, where there was evaluation text, "perplexity", "kl_divergence",
// "top1_agreement").
// kUnsupported where the graph is not known and text or a method asks for it; kInvalidArgument for
// methods without calibration text that need it, and where a method's folder is there already;
// kCancelled; what PlanOutput says.
Result<std::string> Quantize(const format::Checkpoint& checkpoint, const QuantizeOptions& options,
                             const QuantizeText& text, const std::string& folder,
                             Progress* progress);

}  // namespace qwenjet::model::quantize
