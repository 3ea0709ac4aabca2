// SPDX-License-Identifier: Apache-2.0
// A text to fit to or to measure on: plain text, which is cut into windows, or JSON lines of
// {"text": ...} and {"messages": [...]}, each a sequence of its own as the model would see it.
package io.qwenjet.cli.quantize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.cli.CommandException;
import io.qwenjet.engine.runtime.ModelText;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A file of text as token sequences. */
public final class TextFile {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<List<Object>> LIST = new TypeReference<>() {};

  /** Lines that are tokenised to learn how long lines are. */
  private static final int PROBED_LINES = 64;

  private final Path file;
  private final ModelText text;
  private final int maxLength;

  /**
   * A text for a model.
   *
   * @param maxLength most tokens of a sequence, at least 2
   */
  public TextFile(Path file, ModelText text, int maxLength) {
    this.file = file;
    this.text = text;
    this.maxLength = maxLength;
  }

  /**
   * Sequences from a stretch of the file, spread evenly over it.
   *
   * @param from where the stretch begins, as a share of the file: 0 to 1
   * @param to where it ends
   * @param maxTokens most tokens in all
   */
  public List<int[]> sequences(double from, double to, int maxTokens) throws IOException {
    return isJsonLines() ? ofLines(from, to, maxTokens) : ofWindows(from, to, maxTokens);
  }

  private boolean isJsonLines() throws IOException {
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      String first = reader.readLine();
      return first != null && first.stripLeading().startsWith("{");
    }
  }

  private List<int[]> ofWindows(double from, double to, int maxTokens) throws IOException {
    int[] ids = text.tokenizer().encode(Files.readString(file));
    int[] part = Arrays.copyOfRange(ids, (int) (from * ids.length), (int) (to * ids.length));
    return windows(part, maxLength, maxTokens);
  }

  /**
   * Windows of a text, spread evenly over it; a text shorter than a window is one.
   *
   * @param ids the text's tokens
   * @param maxLength tokens of a window
   * @param maxTokens most tokens in all, but for one window
   */
  public static List<int[]> windows(int[] ids, int maxLength, int maxTokens) {
    List<int[]> windows = new ArrayList<>();
    int length = Math.min(maxLength, ids.length);
    if (length < 2) {
      return windows;
    }
    int count = ids.length / length;
    int wanted = Math.max(1, Math.min(count, maxTokens / length));
    for (int i = 0; i < wanted; i++) {
      int begin = (int) ((long) i * count / wanted) * length;
      windows.add(Arrays.copyOfRange(ids, begin, begin + length));
    }
    return windows;
  }

  private List<int[]> ofLines(double from, double to, int maxTokens) throws IOException {
    long lines;
    try (var all = Files.lines(file)) {
      lines = all.count();
    }
    long first = (long) (from * lines);
    long last = (long) (to * lines);
    double meanLength = meanLength(first, last);
    // Some more than the mean says; those beyond the limit fall out anywhere in the stretch.
    long wanted = Math.min(last - first, (long) (1.5 * maxTokens / meanLength) + 1);
    List<int[]> found = encode(pick(first, last, wanted));
    Collections.shuffle(found, new Random(1));
    List<int[]> sequences = new ArrayList<>();
    int tokens = 0;
    for (int[] ids : found) {
      if (tokens + ids.length <= maxTokens) {
        sequences.add(ids);
        tokens += ids.length;
      }
    }
    return sequences;
  }

  private double meanLength(long first, long last) throws IOException {
    List<int[]> probe = encode(pick(first, last, Math.min(last - first, PROBED_LINES)));
    return Math.max(1, probe.stream().mapToInt(ids -> ids.length).average().orElse(1));
  }

  /** Lines spread evenly over [first, last). */
  private List<String> pick(long first, long last, long wanted) throws IOException {
    List<String> picked = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      long number = 0;
      for (String line = reader.readLine();
          line != null && picked.size() < wanted;
          line = reader.readLine(), number++) {
        if (number >= first + (last - first) * picked.size() / wanted) {
          picked.add(line);
        }
      }
    }
    return picked;
  }

  private List<int[]> encode(List<String> lines) {
    List<int[]> found = new ArrayList<>();
    for (String line : lines) {
      if (!line.isBlank()) {
        int[] ids = encode(line);
        if (ids.length >= 2) {
          found.add(ids.length > maxLength ? Arrays.copyOf(ids, maxLength) : ids);
        }
      }
    }
    return found;
  }

  private int[] encode(String line) {
    JsonNode root;
    try {
      root = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new CommandException(
          file + ": expected a JSON object a line, got " + e.getOriginalMessage(), e);
    }
    if (root.path("text").isTextual()) {
      return text.tokenizer().encode(root.path("text").textValue());
    }
    if (!root.path("messages").isArray() || root.path("messages").isEmpty()) {
      throw new CommandException(
          file + ": expected lines of {\"text\": ...} or {\"messages\": [...]}, got " + line);
    }
    return text.tokenizer().encode(render(root), true);
  }

  private String render(JsonNode root) {
    Map<String, Object> variables = new LinkedHashMap<>();
    List<Object> messages = JSON.convertValue(root.path("messages"), LIST);
    for (Object message : messages) {
      if (message instanceof Map<?, ?> map && map.get("content") == null) {
        @SuppressWarnings("unchecked")
        Map<String, Object> entries = (Map<String, Object>) map;
        entries.put("content", "");
      }
    }
    variables.put("messages", messages);
    if (root.path("tools").isArray() && !root.path("tools").isEmpty()) {
      variables.put("tools", JSON.convertValue(root.path("tools"), LIST));
    }
    if (root.path("enable_thinking").isBoolean()) {
      variables.put("enable_thinking", root.path("enable_thinking").booleanValue());
    }
    variables.put("add_generation_prompt", false);
    return text.render(variables);
  }
}
