// SPDX-License-Identifier: Apache-2.0
// The sizes of a model as a recipe states them, under the names of config.json: what a new model is
// made of, and what weights that are trained further must have.
package io.qwenjet.train.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.train.graph.ModelShape;
import io.qwenjet.train.run.Recipe;
import io.qwenjet.train.run.RecipeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

final class RecipeShape {
  private static final ObjectMapper JSON = new ObjectMapper();

  private RecipeShape() {}

  /**
   * Returns the shape of a new model.
   *
   * @throws RecipeException if a size is missing or the sizes do not go together
   */
  static ModelShape of(Recipe recipe, int vocabSize) {
    ObjectNode config = JSON.createObjectNode();
    recipe.model().forEach((key, text) -> config.set(key, value(text)));
    if (!config.has("model_type")) {
      config.put("model_type", config.has("num_experts") ? "qwen3_moe" : "qwen3");
    }
    config.put("vocab_size", vocabSize);
    config.put("router_aux_loss_coef", recipe.routerLossWeight());
    try {
      return ModelShape.of(config);
    } catch (IllegalArgumentException e) {
      throw new RecipeException("model: " + e.getMessage());
    }
  }

  /**
   * Checks that published weights have every size that the recipe states; it may state fewer, or none.
   *
   * @param from the folder that the weights come from, as the message names it
   * @throws RecipeException if one differs, with both values
   */
  static void requireStated(Recipe recipe, ModelShape published, Path from) {
    JsonNode config = published.toJson();
    for (Map.Entry<String, String> stated : recipe.model().entrySet()) {
      JsonNode has = config.path(stated.getKey());
      if (!isSame(value(stated.getValue()), has)) {
        throw new RecipeException(
            "model." + stated.getKey() + ": expected " + (has.isMissingNode() ? "none" : has.asText())
                + " as in " + from + ", got " + stated.getValue());
      }
    }
  }

  /** 10000, 1e4 and 10000.0 are the same. */
  private static boolean isSame(JsonNode stated, JsonNode published) {
    return stated.isNumber() && published.isNumber()
        ? stated.decimalValue().compareTo(published.decimalValue()) == 0
        : stated.equals(published);
  }

  private static JsonNode value(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      return JSON.getNodeFactory().textNode(text);
    }
  }
}
