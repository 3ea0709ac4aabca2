// SPDX-License-Identifier: Apache-2.0
// What a family makes: a question (with what must come before it) and its right answer. How it
// becomes an example (thinking switch, system prompt, earlier turns) is decided in one place,
// Conversations.
package io.qwenjet.corpus;

import java.util.List;
import java.util.Objects;

/**
 * One or more turns that belong together and end with an assistant's message.
 *
 * @param intent what is asked for, such as "add" or "order_to_json"; not null
 * @param skeleton the request with its values masked; not null
 * @param turns the messages, the first one the user's; not null
 * @param tools a JSON array of tool schemas; null for none
 * @param copied texts of the request that the answer repeats, such as names; not null
 * @param joinable whether other exchanges may come before or after it in one conversation
 */
public record Exchange(
    String intent,
    String skeleton,
    List<Turn> turns,
    String tools,
    List<String> copied,
    boolean joinable) {
  /** Checks and copies. */
  public Exchange {
    Objects.requireNonNull(intent, "intent");
    Objects.requireNonNull(skeleton, "skeleton");
    turns = List.copyOf(turns);
    copied = List.copyOf(copied);
  }

  /** Returns a question and its answer; reasoning may be null. */
  public static Exchange of(
      String intent, Request request, String reasoning, String answer, List<String> copied) {
    return new Exchange(
        intent,
        request.skeleton(),
        List.of(Turn.user(request.text()), Turn.assistant(reasoning, answer)),
        null,
        copied,
        true);
  }
}
