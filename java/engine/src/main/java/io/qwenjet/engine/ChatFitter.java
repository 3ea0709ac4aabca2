// SPDX-License-Identifier: Apache-2.0
// Makes conversations fit: the oldest whole turns go first. A turn is a user message and everything
// up to the next one, so that no tool result loses its call. System messages, tools and the last turn
// stay.
package io.qwenjet.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

final class ChatFitter {
  /** An answer's room is at most this part of the context: more would forget too early. */
  private static final int ANSWER_SHARE = 4;

  private ChatFitter() {}

  /**
   * Leaves out as few turns as possible.
   *
   * @param tokens counts the tokens of a prompt
   * @param answer tokens that the answer may have
   */
  static FittedChat fit(
      ChatRequest request, ToIntFunction<ChatRequest> tokens, int context, int answer) {
    int room = Math.max(1, Math.min(answer, context / ANSWER_SHARE));
    ChatRequest current = request;
    int count = tokens.applyAsInt(current);
    int turns = 0;
    while (count + room > context) {
      List<Message> shorter = withoutOldestTurn(current.messages());
      if (shorter.size() == current.messages().size()) {
        break;
      }
      current = current.withMessages(shorter);
      count = tokens.applyAsInt(current);
      turns++;
    }
    if (count >= context) {
      throw new ContextFullException(
          "conversation: expected its last turn with system messages and tools to have at most "
              + (context - 1)
              + " tokens, so that the context of "
              + context
              + " leaves room for an answer, got "
              + count);
    }
    return new FittedChat(
        current, turns, request.messages().size() - current.messages().size(), count);
  }

  /** The same list if only one turn is left. */
  private static List<Message> withoutOldestTurn(List<Message> messages) {
    int begin = -1;
    int end = -1;
    for (int i = 0; i < messages.size() && end < 0; i++) {
      boolean begins = messages.get(i).role().equals("user");
      if (begins && begin >= 0) {
        end = i;
      } else if (begin < 0 && !messages.get(i).role().equals("system")) {
        // What precedes the first user message, if anything does, is a turn of its own.
        begin = i;
      }
    }
    if (end < 0) {
      return messages;
    }
    List<Message> shorter = new ArrayList<>(messages.subList(0, begin));
    for (Message message : messages.subList(begin, end)) {
      if (message.role().equals("system")) {
        shorter.add(message);
      }
    }
    shorter.addAll(messages.subList(end, messages.size()));
    return shorter;
  }
}
