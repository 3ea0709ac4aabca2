// SPDX-License-Identifier: Apache-2.0
// api: checkpoints and bare tensor files.
#include <span>

#include "api/handles.h"
#include "model/config.h"
#include "model/weights_json.h"

using qwenjet::OkStatus;
using qwenjet::Status;
using qwenjet::api::CheckArgument;
using qwenjet::api::Guard;

namespace {

using Opener =
    qwenjet::Result<std::unique_ptr<qwenjet::format::Checkpoint>> (*)(const std::string&);

int32_t OpenWith(Opener opener, const char* path, qj_checkpoint** checkpoint) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("path", path));
    QJ_RETURN_IF_ERROR(CheckArgument("checkpoint", checkpoint));
    auto handle = std::make_unique<qj_checkpoint>();
    QJ_ASSIGN_OR_RETURN(handle->checkpoint, opener(path));
    *checkpoint = handle.release();
    return OkStatus();
  });
}

template <typename Producer>
int32_t TextOf(const qj_checkpoint* checkpoint, qj_text** json, Producer&& producer) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("checkpoint", checkpoint));
    QJ_RETURN_IF_ERROR(CheckArgument("json", json));
    auto text = std::make_unique<qj_text>();
    QJ_RETURN_IF_ERROR(producer(*checkpoint->checkpoint, text->text));
    *json = text.release();
    return OkStatus();
  });
}

}  // namespace

int32_t qj_checkpoint_open(const char* path, qj_checkpoint** checkpoint) {
  return OpenWith(qwenjet::format::Checkpoint::Open, path, checkpoint);
}

int32_t qj_checkpoint_open_memory(const char* name, const char* config_json, const void* weights,
                                  int64_t size_bytes, qj_checkpoint** checkpoint) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("name", name));
    QJ_RETURN_IF_ERROR(CheckArgument("config_json", config_json));
    QJ_RETURN_IF_ERROR(CheckArgument("weights", weights));
    QJ_RETURN_IF_ERROR(CheckArgument("checkpoint", checkpoint));
    if (size_bytes < 0) {
      return qwenjet::Error(qwenjet::StatusCode::kInvalidArgument,
                            "size_bytes: expected 0 or more, got ", size_bytes);
    }
    const auto* bytes = static_cast<const std::byte*>(weights);
    auto handle = std::make_unique<qj_checkpoint>();
    QJ_ASSIGN_OR_RETURN(handle->checkpoint, qwenjet::format::Checkpoint::OpenMemory(
                                                name, config_json, {bytes, bytes + size_bytes}));
    *checkpoint = handle.release();
    return OkStatus();
  });
}

int32_t qj_tensors_open(const char* path, qj_checkpoint** checkpoint) {
  return OpenWith(qwenjet::format::Checkpoint::OpenTensors, path, checkpoint);
}

void qj_checkpoint_close(qj_checkpoint* checkpoint) { delete checkpoint; }

int32_t qj_checkpoint_config(const qj_checkpoint* checkpoint, qj_text** json) {
  return TextOf(checkpoint, json, [](const auto& opened, std::string& text) -> Status {
    QJ_ASSIGN_OR_RETURN(const auto config, qwenjet::model::ParseConfig(opened));
    text = qwenjet::model::ConfigJson(config);
    return OkStatus();
  });
}

int32_t qj_checkpoint_tensors(const qj_checkpoint* checkpoint, qj_text** json) {
  return TextOf(checkpoint, json, [](const auto& opened, std::string& text) -> Status {
    text = opened.TensorsJson();
    return OkStatus();
  });
}

int32_t qj_checkpoint_weights(const qj_checkpoint* checkpoint, int32_t compute_dtype,
                              qj_text** json) {
  return TextOf(checkpoint, json, [&](const auto& opened, std::string& text) -> Status {
    if (compute_dtype != QJ_FLOAT32 && compute_dtype != QJ_BFLOAT16) {
      return qwenjet::Error(qwenjet::StatusCode::kInvalidArgument,
                            "compute_dtype: expected 0 (float32) or 1 (bfloat16), got ",
                            compute_dtype);
    }
    QJ_ASSIGN_OR_RETURN(text, qwenjet::model::WeightsJson(opened, compute_dtype == QJ_FLOAT32
                                                                      ? qwenjet::DType::kFloat32
                                                                      : qwenjet::DType::kBFloat16));
    return OkStatus();
  });
}

int32_t qj_checkpoint_metadata(const qj_checkpoint* checkpoint, qj_text** json) {
  return TextOf(checkpoint, json, [](const auto& opened, std::string& text) -> Status {
    QJ_ASSIGN_OR_RETURN(text, opened.MetadataJson());
    return OkStatus();
  });
}

int32_t qj_checkpoint_read(const qj_checkpoint* checkpoint, const char* name, void* bytes,
                           int64_t size_bytes) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("checkpoint", checkpoint));
    QJ_RETURN_IF_ERROR(CheckArgument("name", name));
    const auto& opened = *checkpoint->checkpoint;
    QJ_ASSIGN_OR_RETURN(const auto* tensor, opened.Get(name));
    if (size_bytes < 0 || static_cast<uint64_t>(size_bytes) != tensor->size_bytes) {
      return qwenjet::Error(qwenjet::StatusCode::kInvalidArgument, "size_bytes of ", name,
                            ": expected ", tensor->size_bytes, ", got ", size_bytes);
    }
    if (size_bytes == 0) return OkStatus();
    QJ_RETURN_IF_ERROR(CheckArgument("bytes", bytes));
    return opened.Read(*tensor, 0,
                       {static_cast<std::byte*>(bytes), static_cast<size_t>(size_bytes)});
  });
}
