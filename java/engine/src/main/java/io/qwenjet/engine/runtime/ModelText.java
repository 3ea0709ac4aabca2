// SPDX-License-Identifier: Apache-2.0
// The text side of a checkpoint: tokenizer and chat template. Reading them does not need the
// weights, so it runs beside their loading. A model without them still runs on token ids.
package io.qwenjet.engine.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.ModelFormatException;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.UnsupportedModelException;
import io.qwenjet.engine.template.ChatTemplate;
import io.qwenjet.engine.template.TemplateException;
import io.qwenjet.engine.text.Tokenizer;
import io.qwenjet.engine.text.TokenizerFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What turns text into tokens and back. Safe from any thread. */
public final class ModelText {
  private static final String DEFAULT_TEMPLATE = "default";
  private static final String TOOL_TEMPLATE = "tool_use";

  private final Tokenizer tokenizer;
  private final RuntimeException tokenizerFailure;
  private final Map<String, String> sources;
  private final Map<String, ChatTemplate> compiled = new HashMap<>();
  private final List<Integer> endOfTurnIds;

  private ModelText(
      Tokenizer tokenizer,
      RuntimeException tokenizerFailure,
      Map<String, String> sources,
      List<Integer> endOfTurnIds) {
    this.tokenizer = tokenizer;
    this.tokenizerFailure = tokenizerFailure;
    this.sources = sources;
    this.endOfTurnIds = endOfTurnIds;
  }

  /**
   * Returns the text side of a model that has none.
   *
   * @return neither tokenizer nor template
   */
  public static ModelText none() {
    return new ModelText(null, null, Map.of(), List.of());
  }

  /**
   * Returns a text side made of its parts.
   *
   * @param tokenizer turns text into ids
   * @param template source of the chat template; null for none
   * @return both together
   */
  public static ModelText of(Tokenizer tokenizer, String template) {
    return new ModelText(
        tokenizer,
        null,
        template == null ? Map.of() : Map.of(DEFAULT_TEMPLATE, template),
        List.of());
  }

  /**
   * Reads the text side of a model of any kind; weights are not touched.
   *
   * @param model the model, or a tokenizer.json of any name with its neighbours
   * @return what is there
   * @throws ModelFormatException if nothing lies there, or a file is there but broken
   */
  public static ModelText read(ModelLocation model) {
    if (model.isGguf()) {
      try (Checkpoint checkpoint = Checkpoint.open(model)) {
        return ofGguf(checkpoint.metadata());
      }
    }
    if (!model.isEmbedded() && !Files.exists(model.path())) {
      throw new ModelFormatException(
          model + ": expected a model or a folder with a tokenizer, got nothing there");
    }
    return ofFiles(model);
  }

  /**
   * Reads the files of a checkpoint folder or of the embedded model.
   *
   * @param model where they lie
   * @return what is there
   * @throws ModelFormatException if a file is there but broken
   */
  public static ModelText ofFiles(ModelLocation model) {
    return new ModelText(tokenizer(model), null, templates(model), List.of());
  }

  /**
   * Takes the metadata of a GGUF file. A tokenizer that cannot be read fails where it is used.
   *
   * @param metadata as {@link Checkpoint#metadata()} gives it
   * @return what it holds
   */
  public static ModelText ofGguf(Map<String, Object> metadata) {
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
    return new ModelText(tokenizer, failure, sources, ends);
  }

  /**
   * Says whether the model has a tokenizer that can be read.
   *
   * @return false if only token ids can be given
   */
  public boolean hasTokenizer() {
    return tokenizer != null;
  }

  /**
   * Returns the tokenizer.
   *
   * @return never null
   * @throws UnsupportedModelException if there is none
   * @throws ModelFormatException if it could not be read
   */
  public Tokenizer tokenizer() {
    if (tokenizerFailure != null) {
      throw tokenizerFailure;
    }
    if (tokenizer == null) {
      throw new UnsupportedModelException(
          "text: expected a model with a tokenizer, got one without; give token ids instead");
    }
    return tokenizer;
  }

  /**
   * Says whether conversations can be given.
   *
   * @return true with both a tokenizer and a template
   */
  public boolean hasTemplate() {
    return tokenizer != null && !sources.isEmpty();
  }

  /**
   * Returns the template for a request; models may bring one of their own for tools.
   *
   * @param withTools whether the request names tools
   * @return compiled once
   * @throws UnsupportedModelException if there is none
   * @throws ModelFormatException if it cannot be compiled
   */
  public ChatTemplate template(boolean withTools) {
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

  /**
   * Renders a conversation by the model's template, the one for tools where the variables hold any.
   *
   * @param variables as the template names them; bos_token and eos_token are the tokenizer's unless
   *     they are there
   * @return the text that the model reads
   * @throws UnsupportedModelException if there is no template
   * @throws ModelFormatException if it cannot be compiled
   * @throws TemplateException if it refuses the conversation
   */
  public String render(Map<String, Object> variables) {
    Map<String, Object> all = new HashMap<>();
    if (tokenizer != null) {
      tokenizer.bosId().ifPresent(id -> all.put("bos_token", textOf(id)));
      tokenizer.eosId().ifPresent(id -> all.put("eos_token", textOf(id)));
    }
    all.putAll(variables);
    return template(variables.get("tools") != null).render(all);
  }

  /**
   * Says whether a template contains a piece of text.
   *
   * @param text what is looked for
   * @return true if any of the templates does
   */
  public boolean templateMentions(String text) {
    return sources.values().stream().anyMatch(source -> source.contains(text));
  }

  /**
   * Returns tokens that end a turn, beside those that end a text.
   *
   * @return ids; often none
   */
  public List<Integer> endOfTurnIds() {
    return endOfTurnIds;
  }

  private String textOf(int id) {
    return tokenizer.decode(new int[] {id}, false);
  }

  private static Tokenizer tokenizer(ModelLocation model) {
    try {
      if (!model.isEmbedded() && Files.isRegularFile(model.path())) {
        return Tokenizer.load(model.path());
      }
      Optional<byte[]> json = model.file("tokenizer.json");
      return json.isEmpty()
          ? null
          : Tokenizer.load(
              model + "/tokenizer.json",
              json.get(),
              model.file("tokenizer_config.json").orElse(null));
    } catch (TokenizerFormatException e) {
      throw new ModelFormatException(e.getMessage(), null, e);
    }
  }

  private static Map<String, String> templates(ModelLocation model) {
    Optional<byte[]> jinja = model.file("chat_template.jinja");
    if (jinja.isPresent()) {
      return Map.of(DEFAULT_TEMPLATE, new String(jinja.get(), StandardCharsets.UTF_8));
    }
    Map<String, String> sources = new HashMap<>();
    try {
      Optional<byte[]> config = model.file("tokenizer_config.json");
      if (config.isPresent()) {
        JsonNode template = new ObjectMapper().readTree(config.get()).path("chat_template");
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
    } catch (IOException e) {
      throw new ModelFormatException(
          model + ": expected a readable chat template, got " + e.getMessage(), null, e);
    }
    return sources;
  }
}
