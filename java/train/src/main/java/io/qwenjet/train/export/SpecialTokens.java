// SPDX-License-Identifier: Apache-2.0
// The token ids and the length that a checkpoint's JSON files name.
package io.qwenjet.train.export;

import java.util.List;

/**
 * What config.json and generation_config.json say beside the sizes.
 *
 * @param bos the token that begins a text; stored only, Qwen3 puts none before a prompt
 * @param eos tokens that end generation, the chat's first; at least one, not null
 * @param pad the token of padding
 * @param maxNewTokens how long an answer may be by default
 */
public record SpecialTokens(int bos, List<Integer> eos, int pad, int maxNewTokens) {
  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException when there is no end token
   */
  public SpecialTokens {
    eos = List.copyOf(eos);
    if (eos.isEmpty() || maxNewTokens < 1) {
      throw new IllegalArgumentException(
          "expected an eos token and max_new_tokens >= 1, got " + eos + " and " + maxNewTokens);
    }
  }
}
