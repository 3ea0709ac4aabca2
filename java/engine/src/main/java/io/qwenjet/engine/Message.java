// SPDX-License-Identifier: Apache-2.0
// One message of a conversation, as chat templates know it.
package io.qwenjet.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A message of a conversation.
 *
 * @param role "system", "user", "assistant" or "tool"; not null
 * @param content the text; not null
 * @param reasoning what an assistant thought before it answered; null for none
 * @param toolCalls the tools that an assistant called; not null
 */
public record Message(String role, String content, String reasoning, List<ToolCall> toolCalls) {
  /** Checks and copies. */
  public Message {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
    toolCalls = List.copyOf(toolCalls);
  }

  /**
   * Returns a system message.
   *
   * @param content the text; not null
   * @return the message
   */
  public static Message system(String content) {
    return new Message("system", content, null, List.of());
  }

  /**
   * Returns a user message.
   *
   * @param content the text; not null
   * @return the message
   */
  public static Message user(String content) {
    return new Message("user", content, null, List.of());
  }

  /**
   * Returns an assistant message without reasoning or tool calls.
   *
   * @param content the text; not null
   * @return the message
   */
  public static Message assistant(String content) {
    return new Message("assistant", content, null, List.of());
  }

  /**
   * Returns the assistant message that continues a conversation after an answer.
   *
   * @param choice the answer; not null
   * @return a message with its text, reasoning and tool calls
   */
  public static Message assistant(Choice choice) {
    String reasoning = choice.reasoning().isEmpty() ? null : choice.reasoning();
    return new Message("assistant", choice.text(), reasoning, choice.toolCalls());
  }

  /**
   * Returns the result of a tool.
   *
   * @param content the result as text; not null
   * @return the message
   */
  public static Message tool(String content) {
    return new Message("tool", content, null, List.of());
  }

  /** The message as template variables, keys as in the published chat formats. */
  Map<String, Object> toTemplate() {
    var map = new LinkedHashMap<String, Object>();
    map.put("role", role);
    map.put("content", content);
    if (reasoning != null) {
      map.put("reasoning_content", reasoning);
    }
    if (!toolCalls.isEmpty()) {
      List<Object> calls = new ArrayList<>();
      for (ToolCall call : toolCalls) {
        var function = new LinkedHashMap<String, Object>();
        function.put("name", call.name());
        function.put("arguments", call.argumentsJson());
        var entry = new LinkedHashMap<String, Object>();
        entry.put("type", "function");
        entry.put("function", function);
        calls.add(entry);
      }
      map.put("tool_calls", calls);
    }
    return map;
  }
}
