// SPDX-License-Identifier: Apache-2.0
// One line of training text: a conversation or a document, of our generator or of a user's file.
package io.qwenjet.train.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A conversation, or a document when {@code text} is there.
 *
 * @param family the family's name; empty for none
 * @param messages maps as chat templates read them; empty for a document
 * @param tools tool schemas as maps; null for none
 * @param enableThinking the template's switch; null for unset
 * @param copied texts that the answer repeats; not null
 * @param text a document; null for a conversation
 */
public record CorpusLine(
    String family,
    List<Map<String, Object>> messages,
    List<Object> tools,
    Boolean enableThinking,
    List<String> copied,
    String text) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};
  private static final TypeReference<List<Object>> LIST = new TypeReference<>() {};

  /** A line that is neither a conversation nor a document; the message says what is wrong. */
  public static final class MalformedLineException extends Exception {
    private static final long serialVersionUID = 1;

    MalformedLineException(String message) {
      super(message);
    }
  }

  /** Checks that it is one of the two. */
  public CorpusLine {
    Objects.requireNonNull(family, "family");
    messages = List.copyOf(messages);
    copied = List.copyOf(copied);
    if (messages.isEmpty() == (text == null)) {
      throw new IllegalArgumentException(
          "expected either messages or a text, got " + messages.size() + " messages and text " + text);
    }
  }

  /**
   * Returns what a line of JSON holds: {"messages": [...]} or {"text": ...}, with "family",
   * "tools", "enable_thinking" and "copied" where they are given. A missing or null content of a
   * message is empty.
   *
   * @throws MalformedLineException if it is not JSON, has neither messages nor a text, or has a
   *     message that is not an object with role and textual content
   */
  public static CorpusLine parse(String json) throws MalformedLineException {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new MalformedLineException("expected JSON: " + e.getOriginalMessage());
    }
    if (root == null || !root.isObject()) {
      throw new MalformedLineException("expected a JSON object, got " + root);
    }
    List<Map<String, Object>> messages = new ArrayList<>();
    for (JsonNode message : root.path("messages")) {
      if (!message.path("role").isTextual()
          || !(message.path("content").isTextual()
              || message.path("content").isMissingNode()
              || message.path("content").isNull())) {
        throw new MalformedLineException(
            "expected messages with role and textual content, got " + message);
      }
      Map<String, Object> map = JSON.convertValue(message, MAP);
      map.putIfAbsent("content", "");
      messages.add(map);
    }
    String text = root.path("text").isTextual() ? root.path("text").textValue() : null;
    if (messages.isEmpty() == (text == null)) {
      throw new MalformedLineException("expected either messages or a text");
    }
    List<String> copied = new ArrayList<>();
    root.path("copied").forEach(item -> copied.add(item.asText()));
    JsonNode tools = root.path("tools");
    JsonNode thinking = root.path("enable_thinking");
    return new CorpusLine(
        root.path("family").asText(""),
        messages,
        tools.isArray() && !tools.isEmpty() ? JSON.convertValue(tools, LIST) : null,
        thinking.isBoolean() ? thinking.booleanValue() : null,
        copied,
        text);
  }

  /** Returns a message's field when it is a text, else null. */
  static String textOf(Map<String, Object> message, String field) {
    return message.get(field) instanceof String value ? value : null;
  }
}
