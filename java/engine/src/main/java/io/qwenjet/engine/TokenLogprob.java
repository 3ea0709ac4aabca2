// SPDX-License-Identifier: Apache-2.0
// Log probabilities of one generated token, from the model's own distribution: before penalties,
// bias, masks and temperature.
package io.qwenjet.engine;

import java.util.List;

/**
 * The log probability of a generated token and of its alternatives, natural logarithm, from the raw
 * logits.
 *
 * @param id the token that was sampled
 * @param logprob its log probability
 * @param rank 1 + the number of tokens with a greater logit
 * @param top the most likely tokens, best first, as many as the request asked for; not null
 */
public record TokenLogprob(int id, float logprob, int rank, List<Alternative> top) {
  /** Copies the list of alternatives. */
  public TokenLogprob {
    top = List.copyOf(top);
  }

  /**
   * One of the most likely tokens of a position.
   *
   * @param id the token
   * @param logprob its log probability
   */
  public record Alternative(int id, float logprob) {}
}
