// SPDX-License-Identifier: Apache-2.0
// One line of the corpus: a conversation or a bare document.
package io.qwenjet.corpus;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Objects;

/**
 * A conversation, or a document when {@code text} is there.
 *
 * @param family the family's name, or "document/KIND"; not null
 * @param intent what is asked for; not null
 * @param skeleton the last request with its values masked; not null
 * @param messages the conversation, ending with an assistant's message; empty for a document
 * @param tools a JSON array of tool schemas; null for none
 * @param enableThinking the template's switch
 * @param copied texts that the answer repeats; not null
 * @param text a bare document; null for a conversation
 */
public record Example(
    String family,
    String intent,
    String skeleton,
    List<Turn> messages,
    String tools,
    boolean enableThinking,
    List<String> copied,
    String text) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Checks and copies. */
  public Example {
    Objects.requireNonNull(family, "family");
    Objects.requireNonNull(intent, "intent");
    Objects.requireNonNull(skeleton, "skeleton");
    messages = List.copyOf(messages);
    copied = List.copyOf(copied);
  }

  /** Returns a bare document. */
  public static Example document(String kind, String text, List<String> copied) {
    return new Example("document/" + kind, kind, "", List.of(), null, true, copied, text);
  }

  /**
   * Returns this as one line of JSON: {"family", "intent", "skeleton", "messages" or "text", "tools",
   * "enable_thinking", "copied"}; messages as chat templates read them.
   */
  public String toJson() {
    ObjectNode line = JSON.createObjectNode();
    line.put("family", family).put("intent", intent).put("skeleton", skeleton);
    if (text != null) {
      line.put("text", text);
    } else {
      ArrayNode list = line.putArray("messages");
      messages.forEach(turn -> list.add(toJson(turn)));
      line.put("enable_thinking", enableThinking);
      if (tools != null) {
        line.set("tools", parse(tools));
      }
    }
    ArrayNode texts = line.putArray("copied");
    copied.forEach(texts::add);
    return line.toString();
  }

  private static ObjectNode toJson(Turn turn) {
    ObjectNode node = JSON.createObjectNode();
    node.put("role", turn.role()).put("content", turn.content());
    if (turn.reasoning() != null) {
      node.put("reasoning_content", turn.reasoning());
    }
    if (!turn.calls().isEmpty()) {
      ArrayNode calls = node.putArray("tool_calls");
      for (Turn.Call call : turn.calls()) {
        ObjectNode function = calls.addObject().put("type", "function").putObject("function");
        function.put("name", call.name());
        function.set("arguments", parse(call.arguments()));
      }
    }
    return node;
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("expected JSON, got " + json, e);
    }
  }
}
