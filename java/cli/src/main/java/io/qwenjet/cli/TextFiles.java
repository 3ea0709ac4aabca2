// SPDX-License-Identifier: Apache-2.0
// The text side of a model without its weights: tokenizer and chat template of a folder, of a
// tokenizer.json or of a .gguf file.
package io.qwenjet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.ModelFormatException;
import io.qwenjet.engine.runtime.Checkpoint;
import io.qwenjet.engine.template.ChatTemplate;
import io.qwenjet.engine.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * What turns text into tokens.
 *
 * @param tokenizer null where there is none
 * @param templateSource the chat template's text; null where there is none
 */
record TextFiles(Tokenizer tokenizer, String templateSource) {
  /** Reads what is there; a file that is there but broken is an error. */
  static TextFiles of(Path model) {
    if (model.toString().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
      try (Checkpoint checkpoint = Checkpoint.open(model)) {
        return ofMetadata(checkpoint.metadata());
      }
    }
    if (!Files.exists(model)) {
      throw new CommandException(
          model + ": expected a model or a folder with a tokenizer, got nothing there");
    }
    boolean isFolder = Files.isDirectory(model);
    Path folder = isFolder ? model : model.toAbsolutePath().getParent();
    Path file = isFolder ? model.resolve("tokenizer.json") : model;
    Tokenizer tokenizer = Files.exists(file) ? Tokenizer.load(model) : null;
    return new TextFiles(tokenizer, folderTemplate(folder));
  }

  /** Takes them from GGUF metadata. */
  static TextFiles ofMetadata(Map<String, Object> metadata) {
    Tokenizer tokenizer =
        metadata.containsKey("tokenizer.ggml.model") ? Tokenizer.fromGguf(metadata) : null;
    Object template = metadata.get("tokenizer.chat_template");
    return new TextFiles(tokenizer, template instanceof String source ? source : null);
  }

  /** The tokenizer; none is an error. */
  Tokenizer requiredTokenizer(Path model) {
    if (tokenizer == null) {
      throw new CommandException(model + ": expected a tokenizer, got a model without one");
    }
    return tokenizer;
  }

  /** The compiled chat template; none is an error. */
  ChatTemplate requiredTemplate(Path model) {
    if (templateSource == null) {
      throw new CommandException(model + ": expected a chat template, got a model without one");
    }
    return ChatTemplate.compile(templateSource);
  }

  /** chat_template.jinja where it is, else what tokenizer_config.json says. */
  private static String folderTemplate(Path folder) {
    Path jinja = folder.resolve("chat_template.jinja");
    Path config = folder.resolve("tokenizer_config.json");
    try {
      if (Files.isRegularFile(jinja)) {
        return Files.readString(jinja);
      }
      if (!Files.isRegularFile(config)) {
        return null;
      }
      JsonNode template = new ObjectMapper().readTree(config.toFile()).path("chat_template");
      for (JsonNode named : template) {
        if (named.path("name").asText().equals("default")) {
          return named.path("template").asText();
        }
      }
      return template.isTextual() ? template.textValue() : null;
    } catch (IOException e) {
      throw new ModelFormatException(
          folder + ": expected a readable chat template, got " + e.getMessage(), null, e);
    }
  }
}
