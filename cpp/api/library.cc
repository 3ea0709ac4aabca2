// SPDX-License-Identifier: Apache-2.0
// api: version, status codes and instruction-set paths.
#include "api/qwenjet.h"
#include "base/cpu_features.h"
#include "base/status.h"

using qwenjet::Isa;
using qwenjet::StatusCode;

static_assert(QJ_ISA_AMX == static_cast<int32_t>(Isa::kAmx));
static_assert(QJ_ISA_AVX512_BF16 == static_cast<int32_t>(Isa::kAvx512Bf16));

namespace {
bool IsIsa(int32_t isa) { return isa >= 0 && isa < qwenjet::kNumIsas; }
}  // namespace

const char* qj_version() { return QWENJET_VERSION; }

int32_t qj_status_count() { return qwenjet::kNumStatusCodes; }
const char* qj_status_name(int32_t status) {
  return qwenjet::StatusCodeName(static_cast<StatusCode>(status));
}
const char* qj_status_meaning(int32_t status) {
  return qwenjet::StatusCodeMeaning(static_cast<StatusCode>(status));
}

const char* qj_isa_name(int32_t isa) {
  return IsIsa(isa) ? qwenjet::IsaName(static_cast<Isa>(isa)) : nullptr;
}
int32_t qj_isa_supported(int32_t isa) {
  return IsIsa(isa) && qwenjet::IsaSupported(static_cast<Isa>(isa)) ? 1 : 0;
}
int32_t qj_isa_best() { return static_cast<int32_t>(qwenjet::BestIsa()); }
