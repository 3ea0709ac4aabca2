// SPDX-License-Identifier: Apache-2.0
// What Java needs of a configuration: sizes, token ids and which layers share a window. The native
// side has checked it and hands it over in its canonical form.
package io.qwenjet.engine.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.bindings.StepBuffers;
import io.qwenjet.engine.ModelFormatException;
import java.util.ArrayList;
import java.util.List;

/** The parts of config.json that scheduling and sampling depend on. Immutable. */
public final class ModelConfig {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonNode json;
  private final int[] layerGroup;
  private final int[] groupWindow;

  /**
   * Reads a configuration.
   *
   * @param text one JSON object
   * @throws ModelFormatException if it is none, or a size is missing
   */
  public ModelConfig(String text) {
    try {
      json = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new ModelFormatException("config: expected a JSON object, got " + e.getMessage());
    }
    int[] windows = layerWindows();
    List<Integer> distinct = new ArrayList<>();
    layerGroup = new int[windows.length];
    for (int i = 0; i < windows.length; i++) {
      if (!distinct.contains(windows[i])) {
        distinct.add(windows[i]);
      }
      layerGroup[i] = distinct.indexOf(windows[i]);
    }
    groupWindow = distinct.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Returns the whole configuration.
   *
   * @return not to be changed
   */
  public JsonNode json() {
    return json;
  }

  /**
   * Returns the model type.
   *
   * @return for example "qwen3"
   */
  public String modelType() {
    return json.path("architecture").asText(json.path("model_type").asText(""));
  }

  /**
   * Returns the rows of logits.
   *
   * @return at least 1
   */
  public int vocabSize() {
    return size("vocab_size");
  }

  /**
   * Returns the width of the residual stream.
   *
   * @return at least 1
   */
  public int hiddenSize() {
    return size("hidden_size");
  }

  /**
   * Returns the number of decoder layers.
   *
   * @return at least 1
   */
  public int numLayers() {
    return size("num_hidden_layers");
  }

  /**
   * Returns the longest context: max_position_embeddings, or what YaRN stretches the original
   * length to where that is more (releases name either in max_position_embeddings).
   *
   * @return at least 1
   */
  public int contextLength() {
    int length = size("max_position_embeddings");
    for (JsonNode rope : json.path("ropes")) {
      if (rope.path("rope_type").asText().equals("yarn")) {
        double original = rope.path("original_max_position_embeddings").asDouble(0);
        double stretched = original * rope.path("factor").asDouble(1);
        length = (int) Math.max(length, Math.min(stretched, Integer.MAX_VALUE / 2));
      }
    }
    return length;
  }

  /**
   * Returns the token ids under a key that holds one id, a list of them, or nothing.
   *
   * @param json the object
   * @param key for example "eos_token_id"
   * @return empty if there are none
   */
  public static List<Integer> ids(JsonNode json, String key) {
    JsonNode node = json.path(key);
    List<Integer> ids = new ArrayList<>();
    if (node.isInt()) {
      ids.add(node.intValue());
    }
    for (JsonNode id : node) {
      if (id.isInt()) {
        ids.add(id.intValue());
      }
    }
    return ids;
  }

  /**
   * Returns the number of groups of layers that share a window.
   *
   * @return at least 1
   */
  public int numWindowGroups() {
    return groupWindow.length;
  }

  int[] layerGroup() {
    return layerGroup;
  }

  int[] groupWindow() {
    return groupWindow;
  }

  private int[] layerWindows() {
    int[] windows = new int[numLayers()];
    JsonNode given = json.path("layer_windows");
    for (int i = 0; i < windows.length; i++) {
      windows[i] = given.path(i).asInt(StepBuffers.WINDOW_FULL);
    }
    return windows;
  }

  private int size(String key) {
    JsonNode node = json.path(key);
    if (!node.canConvertToInt() || node.intValue() < 1) {
      throw new ModelFormatException(
          "config." + key + ": expected a whole number of 1 or more, got " + node);
    }
    return node.intValue();
  }
}
