// SPDX-License-Identifier: Apache-2.0
// quantize: how far a changed model's predictions are from the original's, over text that neither
// was fitted to.
#pragma once

#include <cstdint>
#include <vector>

#include "model/quantize/layer_runner.h"

namespace qwenjet::model::quantize {

// Sums over scored positions: those with a next token in their sequence.
struct Quality {
  int64_t num_positions = 0;
  double nll = 0;            // -log p(next token)
  double divergence = 0;     // KL(original || this), nats
  int64_t num_agreeing = 0;  // the likeliest token is the original's

  double Perplexity() const;
  double MeanDivergence() const;
  double Agreement() const;
};

// Adds one position to the qualities of models that the rows of logits [vocab_size] belong to; the
// first is the original.
void AddPosition(const std::vector<const float*>& rows, int64_t vocab_size, int32_t next,
                 Quality* qualities);

// What the last layer left, and the matrix that turns it into logits.
struct HeadInput {
  const Residual* residual = nullptr;
  const layout::TiledWeight* head = nullptr;
};

// Every model's quality; the first is the original itself. Calls poll between chunks of rows.
Result<std::vector<Quality>> Measure(ops::Backend& backend, const ModelConfig& config,
                                     const std::vector<float>& final_norm,
                                     const Sequences& sequences,
                                     const std::vector<HeadInput>& models,
                                     const std::function<Status()>& poll);

}  // namespace qwenjet::model::quantize
