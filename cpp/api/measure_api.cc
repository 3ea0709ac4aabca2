// SPDX-License-Identifier: Apache-2.0
// api: the machine's measured limits.
#include "api/handles.h"
#include "ops/cpu/measure.h"

using qwenjet::OkStatus;
using qwenjet::Status;
using qwenjet::api::CheckArgument;
using qwenjet::api::Guard;

int32_t qj_measure_read_bandwidth(int32_t num_threads, int64_t bytes, int32_t repeat,
                                  double* bytes_per_s) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("bytes_per_s", bytes_per_s));
    QJ_ASSIGN_OR_RETURN(*bytes_per_s,
                        qwenjet::ops::cpu::MeasureReadBandwidth(num_threads, bytes, repeat));
    return OkStatus();
  });
}

int32_t qj_measure_rate(int32_t isa, int32_t dtype, int32_t num_threads, double* flop_per_s) {
  return Guard([&]() -> Status {
    QJ_RETURN_IF_ERROR(CheckArgument("flop_per_s", flop_per_s));
    if (isa < QJ_ISA_AUTO || isa > QJ_ISA_AMX || dtype < QJ_FLOAT32 || dtype > QJ_INT8) {
      return qwenjet::Error(qwenjet::StatusCode::kInvalidArgument,
                            "expected isa -1 to 5 and dtype 0 to 2, got ", isa, " and ", dtype);
    }
    const qwenjet::Isa path =
        isa == QJ_ISA_AUTO ? qwenjet::BestIsa() : static_cast<qwenjet::Isa>(isa);
    if (dtype == QJ_INT8) {
      QJ_ASSIGN_OR_RETURN(*flop_per_s, qwenjet::ops::cpu::MeasureInt8Rate(path, num_threads));
      return OkStatus();
    }
    QJ_ASSIGN_OR_RETURN(
        *flop_per_s,
        qwenjet::ops::cpu::MeasureRate(
            path, dtype == QJ_FLOAT32 ? qwenjet::DType::kFloat32 : qwenjet::DType::kBFloat16,
            num_threads));
    return OkStatus();
  });
}
