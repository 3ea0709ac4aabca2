// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.engine.runtime.ModelText;
import io.qwenjet.engine.text.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "tokenize",
    header = "Turn text into token ids, or back.",
    description = {
      "Reads standard input. Text comes out as its ids on one line; their number goes to standard"
          + " error. With --json one object a line goes in and one comes out. MODEL may also be a"
          + " folder with tokenizer.json, or that file itself.",
      ""
    })
final class TokenizeCommand implements Callable<Integer> {
  private static final TypeReference<LinkedHashMap<String, Object>> MAP = new TypeReference<>() {};
  private static final List<String> CHAT_KEYS =
      List.of("messages", "tools", "enable_thinking", "add_generation_prompt");

  private final Streams streams;
  private final ObjectMapper mapper = new ObjectMapper();

  @Mixin private ModelArgument source;

  @Option(
      names = "--chat",
      description =
          "Send the text as one user message through the chat template; with --json the lines hold"
              + " messages, tools, enable_thinking, add_generation_prompt.")
  private boolean chat;

  @Option(names = "--decode", description = "Turn ids into text.")
  private boolean decode;

  @Option(
      names = "--json",
      description =
          "One JSON object a line: in {\"text\"} (with --decode {\"ids\"}), out {\"ids\"} (with"
              + " --chat also {\"rendered\"}; with --decode {\"text\"}).")
  private boolean json;

  private ModelText files;
  private Tokenizer tokenizer;

  TokenizeCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    if (chat && decode) {
      throw new CommandException("--chat and --decode: expected one of them, got both");
    }
    files = ModelText.read(source.location());
    tokenizer = files.tokenizer();
    if (json) {
      eachLine();
    } else if (decode) {
      streams.out().print(tokenizer.decode(ids(streams.readAll()), false));
    } else {
      encodeAll(chat ? streams.readPrompt() : streams.readAll());
    }
    return 0;
  }

  private void encodeAll(String text) {
    Map<String, Object> user = Map.of("role", "user", "content", text);
    String encoded =
        chat
            ? files.render(Map.of("messages", List.of(user), "add_generation_prompt", true))
            : text;
    int[] ids = tokenizer.encode(encoded);
    streams
        .out()
        .println(Arrays.stream(ids).mapToObj(String::valueOf).collect(Collectors.joining(" ")));
    streams.note(ids.length + " tokens, " + encoded.length() + " characters");
  }

  private void eachLine() throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8));
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      if (!line.isBlank()) {
        streams.out().println(mapper.writeValueAsString(answer(parse(line, number), number)));
      }
    }
  }

  private JsonNode parse(String line, int number) {
    try {
      return mapper.readTree(line);
    } catch (JsonProcessingException e) {
      throw new CommandException(
          "line " + number + ": expected a JSON object, got " + e.getOriginalMessage(), e);
    }
  }

  private ObjectNode answer(JsonNode line, int number) {
    String key = decode ? "ids" : chat ? "messages" : "text";
    JsonNode value = line.path(key);
    if (decode || chat ? !value.isArray() : !value.isTextual()) {
      throw new CommandException(
          "line "
              + number
              + ": expected an object with \""
              + key
              + "\", "
              + (decode || chat ? "a list" : "a string")
              + ", got "
              + line);
    }
    ObjectNode answer = mapper.createObjectNode();
    if (decode) {
      return answer.put("text", tokenizer.decode(mapper.convertValue(value, int[].class), false));
    }
    if (!chat) {
      answer.set("ids", mapper.valueToTree(tokenizer.encode(value.textValue())));
      return answer;
    }
    Map<String, Object> variables = mapper.convertValue(line, MAP);
    variables.keySet().retainAll(CHAT_KEYS);
    // The reference treats an absent list and a null one alike.
    variables.values().removeIf(v -> v == null);
    String rendered = files.render(variables);
    answer.set("ids", mapper.valueToTree(tokenizer.encode(rendered)));
    return answer.put("rendered", rendered);
  }

  private static int[] ids(String text) {
    String[] words = text.strip().split("[\\s,\\[\\]]+");
    int[] ids = new int[words.length];
    int count = 0;
    for (String word : words) {
      if (word.isEmpty()) {
        continue;
      }
      try {
        ids[count++] = Integer.parseInt(word);
      } catch (NumberFormatException e) {
        throw new CommandException("expected token ids, got " + word, e);
      }
    }
    return Arrays.copyOf(ids, count);
  }
}
