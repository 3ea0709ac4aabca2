// SPDX-License-Identifier: Apache-2.0
// Reads and writes a vocabulary as tokenizer.json and tokenizer_config.json in the published format
// of Qwen3, chat template included.
package io.qwenjet.train.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.engine.text.Pretokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads and writes tokenizer files. */
public final class TokenizerFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TokenizerFiles() {}

  /** Returns our chat template, which renders as the published one of Qwen3 does. */
  public static String chatTemplate() {
    try (InputStream in = TokenizerFiles.class.getResourceAsStream("chat_template.jinja")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).stripTrailing();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes tokenizer.json and tokenizer_config.json into a folder, which is made.
   *
   * @param maxLength tokens that the model is meant for
   * @throws IOException if a file cannot be written
   */
  public static void write(BpeModel model, Path folder, int maxLength) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("tokenizer.json"), tokenizerJson(model).toPrettyString());
    Files.writeString(
        folder.resolve("tokenizer_config.json"), configJson(model, maxLength).toPrettyString());
  }

  /**
   * Returns the vocabulary of a tokenizer.json, ours or a published one of Qwen3.
   *
   * @throws IOException if the file cannot be read, or is not a byte-level BPE whose merges make its
   *     entries in order
   */
  public static BpeModel read(Path folder) throws IOException {
    Path file = Files.isDirectory(folder) ? folder.resolve("tokenizer.json") : folder;
    JsonNode root = JSON.readTree(file.toFile());
    JsonNode merges = root.path("model").path("merges");
    JsonNode vocab = root.path("model").path("vocab");
    if (!root.path("model").path("type").asText().equals("BPE") || !merges.isArray()) {
      throw new IOException("expected a model of type BPE with merges in " + file);
    }
    Map<String, Integer> ids = new HashMap<>(BpeModel.byteIdsByText());
    int[] left = new int[merges.size()];
    int[] right = new int[merges.size()];
    for (int k = 0; k < left.length; k++) {
      JsonNode merge = merges.get(k);
      String[] parts =
          merge.isArray()
              ? new String[] {merge.get(0).asText(), merge.get(1).asText()}
              : merge.asText().split(" ");
      left[k] = id(ids, parts[0], k, file);
      right[k] = id(ids, parts[1], k, file);
      ids.putIfAbsent(parts[0] + parts[1], BpeModel.NUM_BYTES + k);
    }
    for (Map.Entry<String, Integer> entry : ids.entrySet()) {
      if (vocab.path(entry.getKey()).asInt(-1) != entry.getValue()) {
        throw new IOException(
            "expected id "
                + entry.getValue()
                + " for '"
                + entry.getKey()
                + "' (bytes, then merges in order), got "
                + vocab.path(entry.getKey())
                + " in "
                + file);
      }
    }
    Map<Integer, BpeModel.AddedToken> added = new TreeMap<>();
    for (JsonNode token : root.path("added_tokens")) {
      added.put(
          token.path("id").asInt(),
          new BpeModel.AddedToken(
              token.path("content").asText(), token.path("special").asBoolean()));
    }
    int next = BpeModel.NUM_BYTES + left.length;
    for (int id : added.keySet()) {
      if (id != next++) {
        throw new IOException(
            "expected added tokens from id " + (BpeModel.NUM_BYTES + left.length) + " on, got " + id);
      }
    }
    return new BpeModel(left, right, new ArrayList<>(added.values()));
  }

  /**
   * Returns the chat template of a folder's tokenizer_config.json.
   *
   * @throws IOException if the file cannot be read or has none
   */
  public static String readChatTemplate(Path folder) throws IOException {
    Path separate = folder.resolve("chat_template.jinja");
    if (Files.exists(separate)) {
      return Files.readString(separate);
    }
    JsonNode template =
        JSON.readTree(folder.resolve("tokenizer_config.json").toFile()).path("chat_template");
    if (!template.isTextual()) {
      throw new IOException("expected a chat_template in tokenizer_config.json, got " + template);
    }
    return template.textValue();
  }

  private static int id(Map<String, Integer> ids, String text, int merge, Path file)
      throws IOException {
    Integer id = ids.get(text);
    if (id == null) {
      throw new IOException(
          "expected parts made by earlier merges in merge " + merge + ", got '" + text + "' in " + file);
    }
    return id;
  }

  private static ObjectNode tokenizerJson(BpeModel model) {
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (BpeModel.AddedToken token : model.added()) {
      added.add(addedToken(token, JSON.createObjectNode().put("id", model.addedId(token.text()))));
    }
    root.putObject("normalizer").put("type", "NFC");
    ObjectNode split = root.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode stages = split.putArray("pretokenizers");
    ObjectNode pattern = stages.addObject().put("type", "Split");
    pattern.putObject("pattern").put("Regex", Pretokenizer.pattern());
    pattern.put("behavior", "Isolated").put("invert", false);
    stages.add(byteLevel());
    root.set("post_processor", byteLevel());
    root.set("decoder", byteLevel());
    ObjectNode bpe = root.putObject("model").put("type", "BPE");
    bpe.putNull("dropout").putNull("unk_token");
    bpe.put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
    bpe.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    ObjectNode vocab = bpe.putObject("vocab");
    for (int id = 0; id < BpeModel.NUM_BYTES + model.numMerges(); id++) {
      vocab.put(model.text(id), id);
    }
    ArrayNode merges = bpe.putArray("merges");
    for (List<String> merge : model.mergeTexts()) {
      merges.addArray().add(merge.get(0)).add(merge.get(1));
    }
    return root;
  }

  private static ObjectNode configJson(BpeModel model, int maxLength) {
    ObjectNode root = JSON.createObjectNode();
    root.put("add_bos_token", false).put("add_prefix_space", false);
    ObjectNode decoder = root.putObject("added_tokens_decoder");
    ArrayNode special = JSON.createArrayNode();
    for (BpeModel.AddedToken token : model.added()) {
      decoder.set(
          String.valueOf(model.addedId(token.text())), addedToken(token, JSON.createObjectNode()));
      if (token.text().startsWith("<|im_")) {
        special.add(token.text());
      }
    }
    root.set("additional_special_tokens", special);
    root.putNull("bos_token");
    root.put("chat_template", chatTemplate());
    root.put("clean_up_tokenization_spaces", false);
    root.put("eos_token", "<|im_end|>").put("errors", "replace");
    root.put("model_max_length", maxLength).put("pad_token", "<|endoftext|>");
    root.put("split_special_tokens", false).put("tokenizer_class", "Qwen2Tokenizer");
    return root.putNull("unk_token");
  }

  private static ObjectNode addedToken(BpeModel.AddedToken token, ObjectNode into) {
    into.put("content", token.text()).put("single_word", false).put("lstrip", false);
    into.put("rstrip", false).put("normalized", false).put("special", token.special());
    return into;
  }

  private static ObjectNode byteLevel() {
    ObjectNode node = JSON.createObjectNode().put("type", "ByteLevel");
    return node.put("add_prefix_space", false).put("trim_offsets", false).put("use_regex", false);
  }
}
