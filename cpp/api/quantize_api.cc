// SPDX-License-Identifier: Apache-2.0
// api: quantising a checkpoint.
#include <algorithm>

#include "api/handles.h"
#include "model/quantize/quantizer.h"

using qwenjet::Error;
using qwenjet::OkStatus;
using qwenjet::Status;
using qwenjet::StatusCode;
using qwenjet::api::CheckArgument;
using qwenjet::api::Guard;
namespace quantize = qwenjet::model::quantize;

namespace {

constexpr int32_t kAllMethods = (1 << quantize::kNumMethods) - 1;
static_assert(QJ_QUANTIZE_AWQ_GPTQ == 1 << (quantize::kNumMethods - 1));

Status CheckOptions(const qj_quantize_options& o) {
  const auto refuse = [](const char* name, const char* expected, int64_t got) {
    return Error(StatusCode::kInvalidArgument, name, ": expected ", expected, ", got ", got);
  };
  if (o.bits != 4 && o.bits != 8) return refuse("bits", "4 or 8", o.bits);
  if (o.group_size != 32 && o.group_size != 64 && o.group_size != 128) {
    return refuse("group_size", "32, 64 or 128", o.group_size);
  }
  if (o.methods <= 0 || o.methods > kAllMethods) return refuse("methods", "1 to 15", o.methods);
  if (o.isa < QJ_ISA_AUTO || o.isa > QJ_ISA_AMX) return refuse("isa", "-1 to 5", o.isa);
  if (o.num_threads < 1 || o.num_threads > 1024) {
    return refuse("num_threads", "1 to 1024", o.num_threads);
  }
  if (o.num_calibration < 0) return refuse("num_calibration", "0 or more", o.num_calibration);
  if (o.num_evaluation < 0) return refuse("num_evaluation", "0 or more", o.num_evaluation);
  if (o.max_shard_bytes < 1) return refuse("max_shard_bytes", "1 or more", o.max_shard_bytes);
  return OkStatus();
}

quantize::QuantizeOptions OptionsOf(const qj_quantize_options& o) {
  quantize::QuantizeOptions options;
  options.scheme.bits = o.bits;
  options.scheme.group_size = o.group_size;
  options.scheme.asymmetric = o.asymmetric != 0;
  options.quantize_embeddings = o.quantize_embeddings != 0;
  for (int32_t i = 0; i < quantize::kNumMethods; ++i) {
    if ((o.methods >> i & 1) != 0) options.methods.push_back(quantize::kMethods[i]);
  }
  options.isa = o.isa == QJ_ISA_AUTO ? qwenjet::BestIsa() : static_cast<qwenjet::Isa>(o.isa);
  options.num_threads = o.num_threads;
  options.max_shard_bytes = static_cast<uint64_t>(o.max_shard_bytes);
  return options;
}

}  // namespace

int32_t qj_quantize(const qj_checkpoint* checkpoint, const qj_quantize_options* options,
                    const int32_t* token_ids, const int32_t* sequence_len, const char* folder,
                    qj_progress* progress, qj_text** report) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("checkpoint", checkpoint));
    QJ_RETURN_IF_ERROR(CheckArgument("options", options));
    QJ_RETURN_IF_ERROR(CheckArgument("folder", folder));
    QJ_RETURN_IF_ERROR(CheckArgument("report", report));
    QJ_RETURN_IF_ERROR(CheckOptions(*options));
    const int64_t num_sequences = int64_t{options->num_calibration} + options->num_evaluation;
    if (num_sequences > 0) {
      QJ_RETURN_IF_ERROR(CheckArgument("token_ids", token_ids));
      QJ_RETURN_IF_ERROR(CheckArgument("sequence_len", sequence_len));
    }
    for (int64_t i = 0; i < num_sequences; ++i) {
      if (sequence_len[i] < 1) {
        return Error(StatusCode::kInvalidArgument, "sequence_len: expected 1 or more, got ",
                     sequence_len[i]);
      }
    }
    quantize::QuantizeText text;
    text.calibration.token_ids = token_ids;
    text.calibration.lengths.assign(sequence_len, sequence_len + options->num_calibration);
    text.evaluation.token_ids = token_ids + text.calibration.NumTokens();
    text.evaluation.lengths.assign(sequence_len + options->num_calibration,
                                   sequence_len + num_sequences);
    auto result = std::make_unique<qj_text>();
    QJ_ASSIGN_OR_RETURN(
        result->text, quantize::Quantize(*checkpoint->checkpoint, OptionsOf(*options), text, folder,
                                         progress == nullptr ? nullptr : &progress->progress));
    *report = result.release();
    return OkStatus();
  });
}
