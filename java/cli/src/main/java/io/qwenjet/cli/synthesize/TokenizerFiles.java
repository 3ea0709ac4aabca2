// SPDX-License-Identifier: Apache-2.0
// A byte tokenizer in the published layout: 256 byte tokens and no merges, fillers where the real
// vocabulary has words, special tokens at their published ids (151643 on). Any text can be encoded,
// one token a byte; decoded fillers read <unused_N>.
package io.qwenjet.cli.synthesize;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class TokenizerFiles {
  static final int END_OF_TEXT = 151643;
  static final int IM_END = 151645;

  private static final int NUM_BYTES = 256;

  /** Published names from id 151643 on. */
  private static final List<String> ADDED =
      List.of(
          "<|endoftext|>",
          "<|im_start|>",
          "<|im_end|>",
          "<|object_ref_start|>",
          "<|object_ref_end|>",
          "<|box_start|>",
          "<|box_end|>",
          "<|quad_start|>",
          "<|quad_end|>",
          "<|vision_start|>",
          "<|vision_end|>",
          "<|vision_pad|>",
          "<|image_pad|>",
          "<|video_pad|>",
          "<tool_call>",
          "</tool_call>",
          "<|fim_prefix|>",
          "<|fim_middle|>",
          "<|fim_suffix|>",
          "<|fim_pad|>",
          "<|repo_name|>",
          "<|file_sep|>",
          "<tool_response>",
          "</tool_response>",
          "<think>",
          "</think>");

  private static final int NUM_SPECIAL = ADDED.indexOf("<tool_call>");

  private static final String SPLIT =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** Turns between im_start and im_end; an empty thinking block when thinking is switched off. */
  private static final String CHAT_TEMPLATE =
      "{%- for message in messages %}"
          + "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
          + "{%- endfor %}"
          + "{%- if add_generation_prompt %}"
          + "{{- '<|im_start|>assistant\\n' }}"
          + "{%- if enable_thinking is defined and enable_thinking is false %}"
          + "{{- '<think>\\n\\n</think>\\n\\n' }}"
          + "{%- endif %}"
          + "{%- endif %}";

  private static final List<String> COPIED =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "chat_template.jinja",
          "vocab.json",
          "merges.txt");

  private TokenizerFiles() {}

  /** Writes tokenizer.json and tokenizer_config.json. */
  static void write(Path folder) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    try (JsonGenerator json =
        mapper.createGenerator(
            folder.resolve("tokenizer.json").toFile(), com.fasterxml.jackson.core.JsonEncoding.UTF8)) {
      writeTokenizer(json);
    }
    mapper
        .writerWithDefaultPrettyPrinter()
        .writeValue(folder.resolve("tokenizer_config.json").toFile(), config());
  }

  /** Copies what another checkpoint has; its tokenizer.json must be there. */
  static void copy(Path from, Path to) throws IOException {
    for (String name : COPIED) {
      Path source = from.resolve(name);
      if (Files.isRegularFile(source) || name.equals(COPIED.get(0))) {
        Files.copy(source, to.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private static void writeTokenizer(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("version", "1.0");
    json.writeNullField("truncation");
    json.writeNullField("padding");
    json.writeArrayFieldStart("added_tokens");
    for (int i = 0; i < ADDED.size(); i++) {
      Map<String, Object> token = new LinkedHashMap<>();
      token.put("id", END_OF_TEXT + i);
      token.putAll(addedToken(i));
      json.writePOJO(token);
    }
    json.writeEndArray();
    json.writePOJOField("normalizer", Map.of("type", "NFC"));
    json.writeObjectFieldStart("pre_tokenizer");
    json.writeStringField("type", "Sequence");
    json.writeArrayFieldStart("pretokenizers");
    Map<String, Object> split = new LinkedHashMap<>();
    split.put("type", "Split");
    split.put("pattern", Map.of("Regex", SPLIT));
    split.put("behavior", "Isolated");
    split.put("invert", false);
    json.writePOJO(split);
    json.writePOJO(byteLevel());
    json.writeEndArray();
    json.writeEndObject();
    json.writePOJOField("post_processor", byteLevel());
    json.writePOJOField("decoder", byteLevel());
    writeModel(json);
    json.writeEndObject();
  }

  private static void writeModel(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("model");
    json.writeStringField("type", "BPE");
    json.writeNullField("dropout");
    json.writeNullField("unk_token");
    json.writeStringField("continuing_subword_prefix", "");
    json.writeStringField("end_of_word_suffix", "");
    json.writeBooleanField("fuse_unk", false);
    json.writeBooleanField("byte_fallback", false);
    json.writeBooleanField("ignore_merges", false);
    json.writeObjectFieldStart("vocab");
    int id = 0;
    for (int b = 0; b < NUM_BYTES; b++) {
      if (isPrintable(b)) {
        json.writeNumberField(String.valueOf((char) b), id++);
      }
    }
    for (int shifted = 0; id < NUM_BYTES; shifted++) {
      json.writeNumberField(String.valueOf((char) (NUM_BYTES + shifted)), id++);
    }
    for (; id < END_OF_TEXT; id++) {
      json.writeNumberField("<unused_" + id + ">", id);
    }
    json.writeEndObject();
    json.writeArrayFieldStart("merges");
    json.writeEndArray();
    json.writeEndObject();
  }

  /** Bytes that GPT-2's alphabet shows as themselves; the others move to U+0100 on, in order. */
  private static boolean isPrintable(int b) {
    return b >= 33 && b <= 126 || b >= 161 && b <= 172 || b >= 174;
  }

  private static Map<String, Object> byteLevel() {
    Map<String, Object> part = new LinkedHashMap<>();
    part.put("type", "ByteLevel");
    part.put("add_prefix_space", false);
    part.put("trim_offsets", false);
    part.put("use_regex", false);
    return part;
  }

  private static Map<String, Object> addedToken(int i) {
    Map<String, Object> token = new LinkedHashMap<>();
    token.put("content", ADDED.get(i));
    token.put("lstrip", false);
    token.put("normalized", false);
    token.put("rstrip", false);
    token.put("single_word", false);
    token.put("special", i < NUM_SPECIAL);
    return token;
  }

  private static Map<String, Object> config() {
    Map<String, Object> added = new LinkedHashMap<>();
    for (int i = 0; i < ADDED.size(); i++) {
      added.put(String.valueOf(END_OF_TEXT + i), addedToken(i));
    }
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("add_bos_token", false);
    config.put("add_prefix_space", false);
    config.put("added_tokens_decoder", added);
    config.put("additional_special_tokens", ADDED.subList(1, NUM_SPECIAL));
    config.put("bos_token", null);
    config.put("chat_template", CHAT_TEMPLATE);
    config.put("clean_up_tokenization_spaces", false);
    config.put("eos_token", ADDED.get(IM_END - END_OF_TEXT));
    config.put("errors", "replace");
    config.put("model_max_length", 131072);
    config.put("pad_token", ADDED.get(0));
    config.put("split_special_tokens", false);
    config.put("tokenizer_class", "Qwen2Tokenizer");
    config.put("unk_token", null);
    return config;
  }
}
