// SPDX-License-Identifier: Apache-2.0
// Token counts of a request.
package io.qwenjet.engine;

/**
 * How many tokens a request used.
 *
 * @param promptTokens tokens of the prompt
 * @param completionTokens tokens generated over all choices, stop tokens included
 */
public record Usage(int promptTokens, int completionTokens) {
  /**
   * Returns the sum of both.
   *
   * @return prompt and completion tokens
   */
  public int totalTokens() {
    return promptTokens + completionTokens;
  }
}
