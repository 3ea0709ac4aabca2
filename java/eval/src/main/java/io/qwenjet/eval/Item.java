// SPDX-License-Identifier: Apache-2.0
// One item: a conversation that ends with the user's or a tool's message, and how its answer is judged.
package io.qwenjet.eval;

import io.qwenjet.engine.Message;
import io.qwenjet.engine.Tool;
import java.util.List;
import java.util.Objects;

/**
 * One item of an evaluation.
 *
 * @param name file and line, as failures are listed; not null
 * @param family what it counts for; not null
 * @param messages the conversation; not null, not empty
 * @param tools the tools that may be called; not null
 * @param thinking the template's switch; null to leave it alone
 * @param check judges the answer; not null
 * @param tag groups items within a family, such as "sum"; null for none
 * @param answer a right answer as text, where an item may serve as an earlier turn; null for none
 */
public record Item(
    String name,
    String family,
    List<Message> messages,
    List<Tool> tools,
    Boolean thinking,
    Check check,
    String tag,
    String answer) {
  /** Checks and copies. */
  public Item {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(family, "family");
    Objects.requireNonNull(check, "check");
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
  }

  /** The user's last message; empty where there is none. */
  public String request() {
    for (int i = messages.size() - 1; i >= 0; i--) {
      if (messages.get(i).role().equals("user")) {
        return messages.get(i).content();
      }
    }
    return "";
  }

  /** Everything that the user and the tools said, whose numbers an answer may repeat. */
  String said() {
    StringBuilder text = new StringBuilder();
    for (Message message : messages) {
      if (!message.role().equals("system")) {
        text.append(message.content()).append('\n');
      }
    }
    return text.toString();
  }

  /** The same with other messages. */
  Item withMessages(String newName, List<Message> newMessages) {
    return new Item(newName, family, newMessages, tools, thinking, check, tag, answer);
  }

  /** The same with the template's switch set. */
  Item withThinking(boolean newThinking) {
    return new Item(name, family, messages, tools, newThinking, check, tag, answer);
  }
}
