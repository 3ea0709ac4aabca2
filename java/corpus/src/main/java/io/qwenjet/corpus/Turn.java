// SPDX-License-Identifier: Apache-2.0
// One message of an example, in the form that chat templates read.
package io.qwenjet.corpus;

import java.util.List;
import java.util.Objects;

/**
 * A message of an example.
 *
 * @param role "system", "user", "assistant" or "tool"; not null
 * @param content the text; not null
 * @param reasoning what the assistant thinks before its answer; null for none
 * @param calls the tools that the assistant calls; not null
 */
public record Turn(String role, String content, String reasoning, List<Call> calls) {
  /**
   * A tool call.
   *
   * @param name the tool's name; not null
   * @param arguments a JSON object; not null
   */
  public record Call(String name, String arguments) {}

  /** Checks and copies. */
  public Turn {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
    calls = List.copyOf(calls);
  }

  /** Returns a user's message. */
  public static Turn user(String content) {
    return new Turn("user", content, null, List.of());
  }

  /** Returns an answer without thinking. */
  public static Turn assistant(String content) {
    return new Turn("assistant", content, null, List.of());
  }

  /** Returns an answer after thinking. */
  public static Turn assistant(String reasoning, String content) {
    return new Turn("assistant", content, reasoning, List.of());
  }

  /** Returns an assistant's message that calls tools. */
  public static Turn calling(String content, List<Call> calls) {
    return new Turn("assistant", content, null, calls);
  }

  /** Returns what a tool gave back. */
  public static Turn tool(String content) {
    return new Turn("tool", content, null, List.of());
  }

  /** Returns a system message. */
  public static Turn system(String content) {
    return new Turn("system", content, null, List.of());
  }
}
