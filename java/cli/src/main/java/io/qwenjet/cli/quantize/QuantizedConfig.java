// SPDX-License-Identifier: Apache-2.0
// config.json of a quantised checkpoint: the original's members, and quantization_config in the
// form of compressed-tensors' pack-quantized.
package io.qwenjet.cli.quantize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.cli.CommandException;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.runtime.QuantizeSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Reads and writes config.json. */
public final class QuantizedConfig {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FORMAT = "pack-quantized";

  /** Of the format's own library; readers take the layout from the scheme, not from this. */
  private static final String FORMAT_VERSION = "0.9.0";

  private QuantizedConfig() {}

  /**
   * The configuration of a model that can be quantised.
   *
   * @throws CommandException if there is none, or the model is quantised already
   */
  public static ObjectNode read(ModelLocation model) {
    if (model.isGguf()) {
      throw new CommandException(
          model + ": expected a folder with safetensors to quantise from, got a GGUF file");
    }
    byte[] bytes =
        model
            .file("config.json")
            .orElseThrow(() -> new CommandException(model + ": expected config.json, got none"));
    JsonNode root;
    try {
      root = JSON.readTree(bytes);
    } catch (IOException e) {
      throw new CommandException(model + "/config.json: expected JSON, got " + e.getMessage(), e);
    }
    if (!(root instanceof ObjectNode config)) {
      throw new CommandException(model + "/config.json: expected a JSON object");
    }
    for (String key : new String[] {"quantization_config", "compression_config"}) {
      if (config.path(key).isObject()) {
        throw new CommandException(
            model
                + ": expected a model that is not quantised, got one of "
                + config.path(key).path("quant_method").asText("an unknown method"));
      }
    }
    if (model.file("quantize_config.json").isPresent()) {
      throw new CommandException(
          model + ": expected a model that is not quantised, got one with quantize_config.json");
    }
    return config;
  }

  /** The bytes of config.json with the scheme; ignore names modules that stay as they are. */
  public static byte[] write(ObjectNode original, QuantizeSettings settings, JsonNode ignore)
      throws JsonProcessingException {
    ObjectNode config = original.deepCopy();
    ObjectNode quantization = config.putObject("quantization_config");
    ObjectNode groups = quantization.putObject("config_groups");
    putGroup(
        groups.putObject("group_0"),
        settings.bits(),
        settings.groupSize(),
        !settings.asymmetric(),
        "Linear");
    if (settings.quantizeEmbeddings()) {
      putGroup(
          groups.putObject("group_1"), 8, 0, true, "re:.*embed_tokens$", "re:.*lm_head$");
    }
    quantization.put("format", FORMAT);
    quantization.putNull("global_compression_ratio");
    quantization.set("ignore", ignore);
    quantization.putNull("kv_cache_scheme");
    quantization.put("quant_method", "compressed-tensors");
    quantization.put("quantization_status", "compressed");
    quantization.put("version", FORMAT_VERSION);
    return (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(config) + "\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** A groupSize of 0 is one scale a row. */
  private static void putGroup(
      ObjectNode group, int bits, int groupSize, boolean symmetric, String... targets) {
    ArrayNode names = group.putArray("targets");
    for (String target : targets) {
      names.add(target);
    }
    ObjectNode weights = group.putObject("weights");
    weights.put("num_bits", bits);
    weights.put("type", "int");
    weights.put("symmetric", symmetric);
    weights.put("strategy", groupSize == 0 ? "channel" : "group");
    if (groupSize == 0) {
      weights.putNull("group_size");
    } else {
      weights.put("group_size", groupSize);
    }
    weights.put("dynamic", false);
    weights.putNull("actorder");
    weights.putNull("block_structure");
    group.putNull("input_activations");
    group.putNull("output_activations");
  }
}
