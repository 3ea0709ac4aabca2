// SPDX-License-Identifier: Apache-2.0
// ops: THE interface of a backend, one line an operator. Callers do not use it directly: each
// operator's own function checks the arguments once for all backends and then calls through here.
#pragma once

#include "base/status.h"

namespace qwenjet::ops {

class Backend;
struct EmbeddingArgs;
struct RmsNormArgs;
struct LinearArgs;
struct LinearQuantArgs;
struct RopeKvWriteArgs;
struct AttentionArgs;
struct SwigluArgs;
struct LogitsTopkArgs;

struct OpTable {
  Status (*embedding)(Backend&, const EmbeddingArgs&) = nullptr;
  Status (*rms_norm)(Backend&, const RmsNormArgs&) = nullptr;
  Status (*linear)(Backend&, const LinearArgs&) = nullptr;
  Status (*linear_quant)(Backend&, const LinearQuantArgs&) = nullptr;
  Status (*rope_kv_write)(Backend&, const RopeKvWriteArgs&) = nullptr;
  Status (*attention)(Backend&, const AttentionArgs&) = nullptr;
  Status (*swiglu)(Backend&, const SwigluArgs&) = nullptr;
  Status (*logits_topk)(Backend&, const LogitsTopkArgs&) = nullptr;
};

}  // namespace qwenjet::ops
