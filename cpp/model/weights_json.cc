// SPDX-License-Identifier: Apache-2.0
#include "model/weights_json.h"

#include "base/check.h"
#include "format/json.h"
#include "model/weights.h"

namespace qwenjet::model {
namespace {

using format::JsonWriter;

const char* NameOfScales(layout::ScaleType type) {
  switch (type) {
    case layout::ScaleType::kF16:
      return "float16";
    case layout::ScaleType::kBF16:
      return "bfloat16";
    case layout::ScaleType::kF32:
      return "float32";
    case layout::ScaleType::kTwoLevel:
      return "two levels";
  }
  return "";
}

const char* NameOfOffsets(layout::OffsetType type) {
  switch (type) {
    case layout::OffsetType::kSymmetric:
      return "none";
    case layout::OffsetType::kZeroPoint:
      return "zero points";
    case layout::OffsetType::kMinimum:
      return "minimums";
  }
  return "";
}

void WriteInt(const char* key, int64_t value, JsonWriter* writer) {
  writer->Key(key);
  writer->Int(value);
}

void WriteText(const char* key, const char* text, JsonWriter* writer) {
  writer->Key(key);
  writer->String(text);
}

void WriteForm(const WeightForm& form, JsonWriter* writer) {
  writer->BeginObject();
  if (form.quantized) {
    WriteText("form", "quantised", writer);
    WriteInt("bits", form.scheme.bits, writer);
    WriteInt("group_size", form.scheme.group_size, writer);
    WriteText("scales", NameOfScales(form.scheme.scale_type), writer);
    WriteText("offsets", NameOfOffsets(form.scheme.offset_type), writer);
  } else {
    WriteText("form", NameOf(form.dtype), writer);
    WriteInt("bits", static_cast<int64_t>(SizeOf(form.dtype)) * 8, writer);
  }
  WriteInt("parameters", form.parameters, writer);
  WriteInt("size_bytes", form.size_bytes, writer);
  writer->EndObject();
}

// Null: plain weights.
const char* MethodOf(const format::Checkpoint& checkpoint, const WeightsPlan& plan) {
  if (checkpoint.gguf() != nullptr) return plan.quantized_parameters > 0 ? "gguf" : nullptr;
  const format::QuantConfig* config = checkpoint.quant_config();
  return config == nullptr ? nullptr : format::NameOf(config->method);
}

}  // namespace

Result<std::string> WeightsJson(const format::Checkpoint& checkpoint, DType compute) {
  QJ_ASSIGN_OR_RETURN(const ModelConfig config, ParseConfig(checkpoint));
  QJ_ASSIGN_OR_RETURN(const WeightsPlan plan, PlanWeights(checkpoint, config, compute));
  const char* const method = MethodOf(checkpoint, plan);
  JsonWriter writer;
  writer.BeginObject();
  writer.Key("method");
  if (method == nullptr) {
    writer.Null();
  } else {
    writer.String(method);
  }
  writer.Key("forms");
  writer.BeginArray();
  for (const WeightForm& form : plan.forms) WriteForm(form, &writer);
  writer.EndArray();
  writer.EndObject();
  return writer.Take();
}

}  // namespace qwenjet::model
