// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.qwenjet.train.graph.ModelShape;
import io.qwenjet.train.run.Recipe;
import io.qwenjet.train.run.RecipeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sizes that a recipe states: a new model has them, weights that are trained further must have them. */
class RecipeShapeTest {
  private static final String SIZES =
      "hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2,"
          + " head_dim: 8, max_position_embeddings: 64, rope_theta: 1e4, tie_word_embeddings: true";
  private static final ModelShape PUBLISHED =
      new ModelShape(23, 16, 24, 2, 4, 2, 8, 64, 10_000, 1e-6, true, Optional.empty());
  private static final Path FROM = Path.of("weights");

  @TempDir private Path folder;

  private Recipe recipe(String model) throws IOException {
    Path file = folder.resolve("recipe.yaml");
    Files.writeString(
        file,
        "stage: pretrain\n" + model
            + "\ntokenizer: tok\ndata: [a.jsonl]\nout: run\nsteps: 5\nlearning_rate: 1e-3\nlength: 16\n");
    return Recipe.read(file);
  }

  @Test
  void aNewModelHasTheStatedSizes() throws IOException {
    assertEquals(PUBLISHED, RecipeShape.of(recipe("model: {" + SIZES + "}"), 23));
    RecipeException e = assertThrows(RecipeException.class, () -> RecipeShape.of(recipe("model: {hidden_size: 16}"), 23));
    assertEquals("model: num_attention_heads: expected an integer, got ", e.getMessage());
  }

  @Test
  void sizesOfPublishedWeightsMayBeStatedInPartOrNotAtAll() {
    for (String model : new String[] {"model: {" + SIZES + "}", "model: {head_dim: 8}", "initial_weights: weights"}) {
      assertDoesNotThrow(() -> RecipeShape.requireStated(recipe(model), PUBLISHED, FROM), model);
    }
  }

  @Test
  void otherSizesThanThePublishedOnesAreRefusedByName() throws IOException {
    assertEquals("model.hidden_size: expected 16 as in weights, got 32", refused("hidden_size: 32"));
    assertEquals("model.tie_word_embeddings: expected true as in weights, got false", refused("tie_word_embeddings: false"));
    assertEquals("model.rope_theta: expected 10000.0 as in weights, got 1000000.0", refused("rope_theta: 1e6"));
    assertEquals("model.num_experts: expected none as in weights, got 4", refused("num_experts: 4"));
    assertEquals("model.model_type: expected qwen3 as in weights, got qwen3_moe", refused("model_type: qwen3_moe"));
  }

  private String refused(String model) throws IOException {
    Recipe recipe = recipe("model: {" + model + "}");
    return assertThrows(RecipeException.class, () -> RecipeShape.requireStated(recipe, PUBLISHED, FROM)).getMessage();
  }
}
