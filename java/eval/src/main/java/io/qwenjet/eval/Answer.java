// SPDX-License-Identifier: Apache-2.0
// What a checker looks at: the answer after the thinking, and the request that it answers.
package io.qwenjet.eval;

import io.qwenjet.engine.ToolCall;
import java.util.List;
import java.util.Objects;

/**
 * A model's answer to one item.
 *
 * @param text what follows the thinking; not null
 * @param toolCalls the tools that the model calls, in order; not null
 * @param request the user's last message, whose numbers an answer may repeat; not null
 */
public record Answer(String text, List<ToolCall> toolCalls, String request) {
  /** Checks and copies. */
  public Answer {
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(request, "request");
    toolCalls = List.copyOf(toolCalls);
  }

  /** Returns an answer that calls no tools, to a request that does not matter. */
  public static Answer of(String text) {
    return new Answer(text, List.of(), "");
  }
}
