// SPDX-License-Identifier: Apache-2.0
// Reads items, one JSON object a line: {"messages":[...],"check":{...}} and where wanted "tools",
// "enable_thinking", "family", "tag", "answer". A message is {"role","content","reasoning_content"?,
// "tool_calls"?} as chat templates know it, or a bare text: the user's and the assistant's in turn.
package io.qwenjet.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.Message;
import io.qwenjet.engine.Tool;
import io.qwenjet.engine.ToolCall;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads files of items. */
public final class ItemReader {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  private static final List<String> ROLES = List.of("system", "user", "assistant", "tool");
  private static final List<String> KEYS =
      List.of("messages", "tools", "check", "enable_thinking", "family", "tag", "answer");

  private ItemReader() {}

  /**
   * Returns the items of a file.
   *
   * @param file JSON lines in UTF-8; not null
   * @param family the family of lines that name none; not null
   * @return at least one item
   * @throws EvaluationException if a line is no item, with its number, or the file has no lines
   */
  public static List<Item> read(Path file, String family) {
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      return read(reader, file.toString(), family);
    } catch (IOException e) {
      throw new EvaluationException(file + ": expected a readable file in UTF-8, got " + e, e);
    }
  }

  /** Returns the frozen items of a name, such as "arithmetic". */
  static List<Item> frozen(String name) {
    String file = name + ".jsonl";
    try (InputStream stream = ItemReader.class.getResourceAsStream(file)) {
      if (stream == null) {
        throw new EvaluationException("expected frozen items named " + file + ", got none");
      }
      return read(
          new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8)), file, name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Item> read(BufferedReader reader, String name, String family) throws IOException {
    List<Item> items = new ArrayList<>();
    int number = 0;
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      String place = name + ":" + number;
      try {
        items.add(item(place, family, MAPPER.readTree(line)));
      } catch (JsonProcessingException e) {
        throw new EvaluationException(
            place + ": expected one JSON object on a line, got " + e.getOriginalMessage(), e);
      } catch (EvaluationException e) {
        throw new EvaluationException(place + ": " + e.getMessage(), e);
      }
    }
    if (items.isEmpty()) {
      throw new EvaluationException(name + ": expected at least one item, got none");
    }
    return List.copyOf(items);
  }

  private static Item item(String place, String family, JsonNode node) {
    if (!node.isObject()) {
      throw new EvaluationException("expected a JSON object, got " + node.getNodeType());
    }
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!KEYS.contains(key)) {
                throw new EvaluationException("expected only " + KEYS + ", got \"" + key + "\"");
              }
            });
    if (!node.has("check")) {
      throw new EvaluationException("expected a \"check\", got none");
    }
    JsonNode thinking = node.path("enable_thinking");
    if (!thinking.isMissingNode() && !thinking.isBoolean()) {
      throw new EvaluationException(
          "expected true or false as \"enable_thinking\", got " + thinking);
    }
    return new Item(
        place,
        node.path("family").asText(family),
        messages(node.path("messages")),
        tools(node.path("tools")),
        thinking.isBoolean() ? thinking.booleanValue() : null,
        Checks.parse(node.get("check")),
        node.path("tag").textValue(),
        node.path("answer").textValue());
  }

  private static List<Message> messages(JsonNode list) {
    if (!list.isArray() || list.isEmpty()) {
      throw new EvaluationException("expected a list as \"messages\", got " + list);
    }
    List<Message> messages = new ArrayList<>();
    for (JsonNode each : list) {
      if (each.isTextual()) {
        boolean isUsers =
            messages.isEmpty() || !messages.get(messages.size() - 1).role().equals("user");
        messages.add(
            isUsers ? Message.user(each.textValue()) : Message.assistant(each.textValue()));
        continue;
      }
      String role = each.path("role").asText();
      if (!ROLES.contains(role)) {
        throw new EvaluationException("expected one of " + ROLES + " as \"role\", got " + each);
      }
      List<ToolCall> calls = new ArrayList<>();
      for (JsonNode call : each.path("tool_calls")) {
        JsonNode function = call.has("function") ? call.get("function") : call;
        JsonNode arguments = function.path("arguments");
        calls.add(
            new ToolCall(
                required(function, "name"),
                arguments.isTextual() ? arguments.textValue() : arguments.toString()));
      }
      if (!each.path("content").isTextual() && calls.isEmpty()) {
        throw new EvaluationException("expected a text as \"content\", got " + each);
      }
      messages.add(
          new Message(
              role,
              each.path("content").asText(""),
              each.path("reasoning_content").textValue(),
              calls));
    }
    if (messages.get(messages.size() - 1).role().equals("assistant")) {
      throw new EvaluationException(
          "expected messages that end with the user's or a tool's, got an assistant's at the end");
    }
    return messages;
  }

  private static List<Tool> tools(JsonNode list) {
    if (!list.isArray() && !list.isMissingNode() && !list.isNull()) {
      throw new EvaluationException("expected a list as \"tools\", got " + list);
    }
    List<Tool> tools = new ArrayList<>();
    for (JsonNode each : list) {
      JsonNode function = each.has("function") ? each.get("function") : each;
      Map<String, Object> parameters =
          function.path("parameters").isObject()
              ? MAPPER.convertValue(
                  function.get("parameters"), new TypeReference<Map<String, Object>>() {})
              : null;
      tools.add(
          new Tool(
              required(function, "name"), function.path("description").textValue(), parameters));
    }
    return tools;
  }

  private static String required(JsonNode node, String key) {
    if (!node.path(key).isTextual()) {
      throw new EvaluationException("expected a text as \"" + key + "\", got " + node);
    }
    return node.get(key).textValue();
  }
}
