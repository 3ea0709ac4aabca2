// SPDX-License-Identifier: Apache-2.0
// What a checkpoint's generation_config.json says about sampling and length. Null fields are not said.
package io.qwenjet.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.runtime.ModelConfig;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

record GenerationDefaults(
    Double temperature,
    Double topP,
    Integer topK,
    Double minP,
    Double repetitionPenalty,
    Integer maxNewTokens,
    List<Integer> eosIds) {
  static final GenerationDefaults NONE =
      new GenerationDefaults(null, null, null, null, null, null, List.of());

  /** Reads generation_config.json of a model; NONE if there is no such file. */
  static GenerationDefaults load(ModelLocation model) {
    Optional<byte[]> file = model.file("generation_config.json");
    if (file.isEmpty()) {
      return NONE;
    }
    try {
      return parse(new ObjectMapper().readTree(file.get()));
    } catch (IOException e) {
      throw new ModelFormatException(
          model + "/generation_config.json: expected a JSON object, got " + e.getMessage(), null, e);
    }
  }

  static GenerationDefaults parse(JsonNode json) {
    if (json == null || !json.isObject()) {
      throw new ModelFormatException("generation_config: expected a JSON object, got " + json);
    }
    boolean greedy = json.has("do_sample") && !json.path("do_sample").asBoolean();
    List<Integer> eosIds = ModelConfig.ids(json, "eos_token_id");
    Double repetition = number(json, "repetition_penalty");
    Integer maxNewTokens = maxNewTokens(json);
    if (greedy) {
      return new GenerationDefaults(0.0, null, null, null, repetition, maxNewTokens, eosIds);
    }
    Double topK = number(json, "top_k");
    return new GenerationDefaults(
        number(json, "temperature"),
        number(json, "top_p"),
        topK == null ? null : topK.intValue(),
        number(json, "min_p"),
        repetition,
        maxNewTokens,
        eosIds);
  }

  private static Integer maxNewTokens(JsonNode json) {
    Double count = number(json, "max_new_tokens");
    if (count != null && !(count >= 1 && count <= Integer.MAX_VALUE)) {
      throw new ModelFormatException(
          "generation_config.max_new_tokens: expected 1 or more, got " + count);
    }
    return count == null ? null : count.intValue();
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
