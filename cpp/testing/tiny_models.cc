// SPDX-License-Identifier: Apache-2.0
#include "testing/tiny_models.h"

#include <cmath>
#include <fstream>
#include <limits>

#include "testing/golden.h"

namespace qwenjet::testing {
namespace {

// The bounds that the maker of the checkpoints states.
constexpr double kFloat32RelativeError = 1e-4;
constexpr double kBf16ErrorFactor = 1.5;
constexpr double kBf16ErrorAllowance = 0.002;

std::vector<int32_t> Narrowed(const std::vector<int64_t>& ids) {
  std::vector<int32_t> narrow;
  for (const int64_t id : ids) narrow.push_back(static_cast<int32_t>(id));
  return narrow;
}

}  // namespace

double TinyRun::Limit(DType compute) const {
  if (compute == DType::kFloat32) return kFloat32RelativeError;
  return kBf16ErrorFactor * reference_bf16_rel_err + kBf16ErrorAllowance;
}

double TinyRun::RelativeError(const std::vector<float>& actual) const {
  if (actual.size() != logits.size()) return std::numeric_limits<double>::infinity();
  double difference = 0, norm = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    const double want = logits[i], d = actual[i] - want;
    difference += d * d;
    norm += want * want;
  }
  return std::sqrt(difference / norm);
}

std::vector<std::string> TinyModelNames() {
  return {"qwen3-dense",      "qwen3-dense-untied", "qwen3-dense-window",
          "qwen3-dense-yarn", "qwen2-dense",        "llama-dense"};
}

std::string TinyModelFolder(const std::string& name) {
  return std::string(QWENJET_TINY_FOLDER) + "/" + name;
}

TinyModel ReadTinyModel(const std::string& name) {
  TinyModel model{name, TinyModelFolder(name), {}};
  std::ifstream file(model.folder + "/golden.json");
  const auto json = nlohmann::json::parse(file, nullptr, false);
  const std::string tensors = model.folder + "/golden.safetensors";
  const auto ids = ReadGolden<int64_t>(tensors, "I64");
  const auto floats = ReadGolden<float>(tensors, "F32");
  if (json.is_discarded() || ids.empty() || floats.empty()) return model;
  for (const auto& row : json.at("runs")) {
    TinyRun run;
    run.name = row.at("run");
    run.reference_bf16_rel_err = row.at("reference_bf16_rel_err");
    run.prompt = Narrowed(ids.at(run.name + "/input_ids").values);
    run.generated = Narrowed(ids.at(run.name + "/generated").values);
    run.margin = floats.at(run.name + "/margin").values;
    const GoldenTensor& logits = floats.at(run.name + "/logits");
    run.logits = logits.values;
    run.num_rows = static_cast<int32_t>(logits.shape.at(0));
    model.runs.push_back(std::move(run));
  }
  return model;
}

}  // namespace qwenjet::testing
