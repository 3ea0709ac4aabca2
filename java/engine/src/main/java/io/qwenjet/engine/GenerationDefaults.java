// SPDX-License-Identifier: Apache-2.0
// What a checkpoint's generation_config.json says about sampling. Null fields are not said.
package io.qwenjet.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.runtime.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

record GenerationDefaults(
    Double temperature,
    Double topP,
    Integer topK,
    Double minP,
    Double repetitionPenalty,
    List<Integer> eosIds) {
  static final GenerationDefaults NONE =
      new GenerationDefaults(null, null, null, null, null, List.of());

  /** Reads generation_config.json of a folder; NONE if there is no such file. */
  static GenerationDefaults load(Path folder) {
    Path file = folder.resolve("generation_config.json");
    if (!Files.isRegularFile(file)) {
      return NONE;
    }
    try {
      return parse(new ObjectMapper().readTree(file.toFile()));
    } catch (IOException e) {
      throw new ModelFormatException(
          file + ": expected a JSON object, got " + e.getMessage(), null, e);
    }
  }

  static GenerationDefaults parse(JsonNode json) {
    if (json == null || !json.isObject()) {
      throw new ModelFormatException("generation_config: expected a JSON object, got " + json);
    }
    boolean greedy = json.has("do_sample") && !json.path("do_sample").asBoolean();
    List<Integer> eosIds = ModelConfig.ids(json, "eos_token_id");
    Double repetition = number(json, "repetition_penalty");
    if (greedy) {
      return new GenerationDefaults(0.0, null, null, null, repetition, eosIds);
    }
    Double topK = number(json, "top_k");
    return new GenerationDefaults(
        number(json, "temperature"),
        number(json, "top_p"),
        topK == null ? null : topK.intValue(),
        number(json, "min_p"),
        repetition,
        eosIds);
  }

  private static Double number(JsonNode json, String key) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isNumber()) {
      throw new ModelFormatException(
          "generation_config." + key + ": expected a number, got " + value);
    }
    return value.doubleValue();
  }
}
