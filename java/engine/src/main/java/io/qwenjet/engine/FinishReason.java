// SPDX-License-Identifier: Apache-2.0
// Why generation ended.
package io.qwenjet.engine;

import java.util.Locale;

/** The reason that a choice ended. */
public enum FinishReason {
  /** An end-of-sequence token, a stop token or a stop string. */
  STOP,
  /** max_tokens were generated, or the context is full. */
  LENGTH,
  /** The answer calls tools. */
  TOOL_CALLS,
  /** The caller cancelled; what was generated until then is whole. */
  CANCELLED;

  /**
   * Returns the name as JSON writes it.
   *
   * @return for example "tool_calls"
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
