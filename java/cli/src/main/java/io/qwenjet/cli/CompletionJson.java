// SPDX-License-Identifier: Apache-2.0
// What generate --json prints.
package io.qwenjet.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.engine.Completion;
import io.qwenjet.engine.Timings;
import io.qwenjet.engine.ToolCall;
import java.util.List;

final class CompletionJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private CompletionJson() {}

  static ObjectNode of(Completion completion, double loadS) {
    ObjectNode json = MAPPER.createObjectNode();
    json.set("prompt_ids", MAPPER.valueToTree(completion.promptIds()));
    json.set("ids", MAPPER.valueToTree(completion.ids()));
    json.put("text", completion.text());
    json.put("reasoning", completion.reasoning());
    json.set("tool_calls", toolCalls(completion.toolCalls()));
    json.put("finish_reason", completion.finishReason().label());
    ObjectNode usage = json.putObject("usage");
    usage.put("prompt_tokens", completion.usage().promptTokens());
    usage.put("completion_tokens", completion.usage().completionTokens());
    usage.put("total_tokens", completion.usage().totalTokens());
    Timings t = completion.timings();
    ObjectNode timings = json.putObject("timings");
    put(timings, "load_s", loadS);
    put(timings, "first_token_s", t.firstTokenS());
    put(timings, "total_s", t.totalS());
    put(timings, "prompt_tokens_per_s", t.promptTokensPerS());
    put(timings, "decode_tokens_per_s", t.decodeTokensPerS());
    put(timings, "java_share", t.javaShare());
    return json;
  }

  /** A tool call as text, one JSON object. */
  static String text(ToolCall call) {
    return toolCall(call).toString();
  }

  /** JSON has no NaN: a figure that could not be had is null. */
  static void put(ObjectNode object, String key, double value) {
    if (Double.isFinite(value)) {
      object.put(key, value);
    } else {
      object.putNull(key);
    }
  }

  private static ArrayNode toolCalls(List<ToolCall> calls) {
    ArrayNode list = MAPPER.createArrayNode();
    calls.forEach(call -> list.add(toolCall(call)));
    return list;
  }

  private static ObjectNode toolCall(ToolCall call) {
    ObjectNode json = MAPPER.createObjectNode().put("name", call.name());
    json.set("arguments", arguments(call.argumentsJson()));
    return json;
  }

  /** The object that the model wrote, or its text where that is no JSON. */
  private static JsonNode arguments(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return MAPPER.getNodeFactory().textNode(text);
    }
  }
}
