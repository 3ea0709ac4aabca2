// SPDX-License-Identifier: Apache-2.0
// The text side of a checkpoint: tokenizer and chat template. Reading them does not need the
// weights, so it runs beside their loading. A model without them still runs on token ids.
package io.qwenjet.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.template.ChatTemplate;
import io.qwenjet.engine.template.TemplateException;
import io.qwenjet.engine.text.Tokenizer;
import io.qwenjet.engine.text.TokenizerFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

final class ModelFiles {
  private static final String DEFAULT_TEMPLATE = "default";
  private static final String TOOL_TEMPLATE = "tool_use";

  private final Tokenizer tokenizer;
  private final RuntimeException tokenizerFailure;
  private final Map<String, String> sources;
  private final Map<String, ChatTemplate> compiled = new HashMap<>();
  private final List<Integer> endOfTurnIds;

  private ModelFiles(
      Tokenizer tokenizer,
      RuntimeException tokenizerFailure,
      Map<String, String> sources,
      List<Integer> endOfTurnIds) {
    this.tokenizer = tokenizer;
    this.tokenizerFailure = tokenizerFailure;
    this.sources = sources;
    this.endOfTurnIds = endOfTurnIds;
  }

  static ModelFiles none() {
    return new ModelFiles(null, null, Map.of(), List.of());
  }

  static ModelFiles of(Tokenizer tokenizer, String template) {
    return new ModelFiles(
        tokenizer,
        null,
        template == null ? Map.of() : Map.of(DEFAULT_TEMPLATE, template),
        List.of());
  }

  /** Reads a checkpoint folder. A tokenizer that is there but broken is an error. */
  static ModelFiles ofFolder(Path folder) {
    Tokenizer tokenizer = null;
    if (Files.exists(folder.resolve("tokenizer.json"))) {
      try {
        tokenizer = Tokenizer.load(folder);
      } catch (TokenizerFormatException e) {
        throw new ModelFormatException(e.getMessage(), null, e);
      }
    }
    return new ModelFiles(tokenizer, null, templates(folder), List.of());
  }

  /** Takes the metadata of a GGUF file. A tokenizer that cannot be read fails where it is used. */
  static ModelFiles ofGguf(Map<String, Object> metadata) {
    Tokenizer tokenizer = null;
    RuntimeException failure = null;
    if (metadata.containsKey("tokenizer.ggml.model")) {
      try {
        tokenizer = Tokenizer.fromGguf(metadata);
      } catch (TokenizerFormatException e) {
        failure = new ModelFormatException(e.getMessage(), null, e);
      }
    }
    Map<String, String> sources = new HashMap<>();
    if (metadata.get("tokenizer.chat_template") instanceof String source) {
      sources.put(DEFAULT_TEMPLATE, source);
    }
    if (metadata.get("tokenizer.chat_template.tool_use") instanceof String source) {
      sources.put(TOOL_TEMPLATE, source);
    }
    List<Integer> ends =
        metadata.get("tokenizer.ggml.eot_token_id") instanceof Number id
            ? List.of(id.intValue())
            : List.of();
    return new ModelFiles(tokenizer, failure, sources, ends);
  }

  boolean hasTokenizer() {
    return tokenizer != null;
  }

  Tokenizer tokenizer() {
    if (tokenizerFailure != null) {
      throw tokenizerFailure;
    }
    if (tokenizer == null) {
      throw new UnsupportedModelException(
          "text: expected a model with a tokenizer, got one without; give token ids instead");
    }
    return tokenizer;
  }

  boolean hasTemplate() {
    return tokenizer != null && !sources.isEmpty();
  }

  /** The template for a request; models may bring one of their own for tools. */
  ChatTemplate template(boolean withTools) {
    if (sources.isEmpty()) {
      throw new UnsupportedModelException(
          "chat: expected a model with a chat template, got one without; give a bare prompt"
              + " instead");
    }
    String name =
        withTools && sources.containsKey(TOOL_TEMPLATE) || !sources.containsKey(DEFAULT_TEMPLATE)
            ? TOOL_TEMPLATE
            : DEFAULT_TEMPLATE;
    synchronized (compiled) {
      try {
        return compiled.computeIfAbsent(name, n -> ChatTemplate.compile(sources.get(n)));
      } catch (TemplateException e) {
        throw new ModelFormatException("chat template: " + e.getMessage(), null, e);
      }
    }
  }

  boolean templateMentions(String text) {
    return sources.values().stream().anyMatch(source -> source.contains(text));
  }

  /** Tokens that end a turn, beside those that end a text. */
  List<Integer> endOfTurnIds() {
    return endOfTurnIds;
  }

  private static Map<String, String> templates(Path folder) {
    Path jinja = folder.resolve("chat_template.jinja");
    Path config = folder.resolve("tokenizer_config.json");
    Map<String, String> sources = new HashMap<>();
    try {
      if (Files.isRegularFile(config)) {
        JsonNode template = new ObjectMapper().readTree(config.toFile()).path("chat_template");
        if (template.isTextual()) {
          sources.put(DEFAULT_TEMPLATE, template.textValue());
        }
        for (JsonNode named : template) {
          String name = named.path("name").asText();
          if (name.equals(DEFAULT_TEMPLATE) || name.equals(TOOL_TEMPLATE)) {
            sources.put(name, named.path("template").asText());
          }
        }
      }
      if (Files.isRegularFile(jinja)) {
        sources.clear();
        sources.put(DEFAULT_TEMPLATE, Files.readString(jinja));
      }
    } catch (IOException e) {
      throw new ModelFormatException(
          folder + ": expected a readable chat template, got " + e.getMessage(), null, e);
    }
    return sources;
  }
}
