// SPDX-License-Identifier: Apache-2.0
// model: how a checkpoint's weights would be held, as JSON for the Java side and for inspection.
#pragma once

#include <string>

#include "base/dtype.h"
#include "base/status.h"
#include "format/checkpoint.h"

namespace qwenjet::model {

// {"method", "forms": [...]}: qj_checkpoint_weights of api/qwenjet.h.
Result<std::string> WeightsJson(const format::Checkpoint& checkpoint, DType compute);

}  // namespace qwenjet::model
