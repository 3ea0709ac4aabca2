// SPDX-License-Identifier: Apache-2.0
// The mixture-of-experts part of a config.json.
package io.qwenjet.train.graph;

import java.util.List;

/**
 * What a qwen3_moe model has beside the dense one.
 *
 * @param numExperts experts a sparse layer
 * @param numExpertsPerTok experts a token goes to
 * @param moeIntermediateSize width of one expert
 * @param normTopkProb whether the chosen probabilities are scaled to sum to 1
 * @param routerAuxLossCoef factor of the load-balancing loss in training
 * @param decoderSparseStep every how many layers is sparse
 * @param mlpOnlyLayers layers that are dense nevertheless; not null
 */
public record MoeShape(
    int numExperts,
    int numExpertsPerTok,
    int moeIntermediateSize,
    boolean normTopkProb,
    double routerAuxLossCoef,
    int decoderSparseStep,
    List<Integer> mlpOnlyLayers) {

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException when a token would go to more experts than there are
   */
  public MoeShape {
    mlpOnlyLayers = List.copyOf(mlpOnlyLayers);
    if (numExperts < 1
        || numExpertsPerTok < 1
        || numExpertsPerTok > numExperts
        || moeIntermediateSize < 1
        || decoderSparseStep < 1) {
      throw new IllegalArgumentException(
          "expected 1 <= num_experts_per_tok <= num_experts and positive sizes, got "
              + numExpertsPerTok
              + " of "
              + numExperts
              + ", width "
              + moeIntermediateSize
              + ", step "
              + decoderSparseStep);
    }
  }
}
