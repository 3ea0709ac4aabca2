// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Recipes: what is read, what is refused, and what a resumed run must have in common. */
class RecipeTest {
  private static final String LEAST =
      """
      stage: pretrain
      model: {hidden_size: 256, rope_theta: 1e4}
      tokenizer: tok
      data: [a.jsonl, b.jsonl]
      out: run
      tokens: 60_000_000
      learning_rate: 3e-3
      """;

  private static Recipe read(String yaml) {
    return Recipe.of(Section.ofText("recipe.yaml", yaml));
  }

  @Test
  void valuesAreReadAndMissingOnesHaveDefaults() {
    Recipe recipe = read(LEAST + "length: 256\nbetas: [0.8, 0.9]\nprecision: float32-bf16-matmul\n");
    assertEquals(60_000_000, recipe.schedule().total());
    assertEquals(0.003, recipe.schedule().peak());
    assertEquals(List.of(Path.of("a.jsonl"), Path.of("b.jsonl")), recipe.data());
    assertEquals(0.9, recipe.beta2());
    assertEquals(Recipe.Precision.FLOAT32_BF16_MATMUL, recipe.precision());
    assertEquals(4096, recipe.batchTokens());
    assertEquals(1.0, recipe.promptLossWeight());
    assertEquals("256", recipe.model().get("hidden_size"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lenght: 256             | lenght: expected one of the keys",
        "length: 0               | length: expected a whole number from 2 on, got 0",
        "length: long            | length: expected a whole number from 2 on",
        "nothing: 1              | bpe_dropout",
        "steps: 5                | tokens: expected either tokens or steps, got both",
        "schedule: linear        | schedule: expected cosine or wsd, got \"linear\"",
        "betas: [0.9]            | betas: expected two numbers",
        "clip: -1                | clip: expected a number from 0.0 to",
        "phases: [{share: 0.5, length: 8}] | phases: expected shares that sum to 1, got 0.5",
        "initial_weights: dir    | model: expected either model or initial_weights, got both",
        "[                       | expected YAML, got a mistake in line",
      })
  void mistakesAreNamed(String line, String said) {
    String yaml = LEAST + (line.contains("length") || line.contains("phases") ? "" : "length: 256\n") + line;
    RecipeException e = assertThrows(RecipeException.class, () -> read(yaml));
    assertTrue(e.getMessage().contains(said), e.getMessage());
    assertTrue(e.getMessage().startsWith("recipe.yaml"), e.getMessage());
  }

  @Test
  void aDifferenceThatMattersIsNamed() {
    Recipe recipe = read(LEAST + "length: 256\n");
    Recipe slower = read(LEAST.replace("3e-3", "1e-3") + "length: 256\n");
    Recipe elsewhere = read(LEAST.replace("out: run", "out: other") + "length: 256\ncheckpoint_minutes: 1\n");
    assertEquals(
        "learning_rate: expected 0.003 as in the checkpoint, got 0.001",
        CheckpointStore.difference(recipe.identity(), slower.identity()));
    assertNull(CheckpointStore.difference(recipe.identity(), elsewhere.identity()));
  }

  @Test
  void rowsGrowLongerByPhases() {
    Recipe recipe = read(LEAST + "phases: [{share: 0.9, length: 256}, {share: 0.1, length: 1024}]\n");
    assertEquals(256, recipe.turn(0, 100, 0).length());
    assertEquals(256, recipe.turn(89, 100, 22).length());
    assertEquals(1024, recipe.turn(90, 100, 0).length());
    assertEquals(1024, recipe.turn(120, 100, 7).length());
    assertEquals(7, recipe.turn(120, 100, 7).position());
  }

  @Test
  void lengthsTakeTurnsAndEachHasItsOwnBatches() {
    Recipe recipe = read(LEAST + "phases: [{share: 1, length: [256, 256, 512]}]\n");
    List<Recipe.Turn> turns = new ArrayList<>();
    for (int position = 0; position < 6; position++) {
      turns.add(recipe.turn(position, 100, position));
    }
    assertEquals("256@0 256@1 512@0 256@2 256@3 512@1",
        turns.stream().map(turn -> turn.length() + "@" + turn.position()).collect(Collectors.joining(" ")));
    assertEquals(2.0 / 3, recipe.phases().get(0).shareOf(256), 1e-12);
  }

  @Test
  void everyRecipeOfTheTreeIsReadable() throws Exception {
    int count = 0;
    try (Stream<Path> files = Files.list(Path.of("recipes"))) {
      for (Path file : files.toList()) {
        String yaml = Files.readString(file);
        if (yaml.contains("\nstage: pretrain\n") || yaml.contains("\nstage: sft\n")) {
          assertTrue(Recipe.read(file).longest() >= 2);
          count++;
        }
      }
    }
    assertTrue(count >= 2, "expected recipes in the folder, got " + count);
  }

  @Test
  void theRateRisesStaysAndFalls() {
    Schedule wsd = new Schedule(Schedule.Kind.WSD, 0.01, 0.1, 10, 1000, 0.2);
    RunState start = RunState.start("float32");
    assertEquals(0.001, wsd.at(start, 0), 1e-12);
    RunState later = new RunState(500, 500, 0, 0, "float32", 0, 0, 0, 0);
    assertEquals(0.01, wsd.at(later, 500), 1e-12);
    assertEquals(0.01, wsd.at(later, 800), 1e-12);
    assertEquals(0.01 * (0.1 + 0.9 * 0.5), wsd.at(later, 850), 1e-12);
    assertEquals(0.001, wsd.at(later, 1000), 1e-12);

    RunState early = later.decaying(500, 100);
    assertEquals(600, wsd.end(early));
    assertEquals(0.01 * (0.1 + 0.9 * 0.5), wsd.at(early, 525), 1e-12);

    RunState again = RunState.continued(later, "float32", 20, Recipe.Unit.STEPS);
    assertEquals(0.01 / 20, wsd.at(again, 500), 1e-12);
    assertEquals(501, again.after(1, 1, 1).step());

    Schedule cosine = new Schedule(Schedule.Kind.COSINE, 0.01, 0, 0, 1000, 0);
    assertEquals(0.005, cosine.at(later, 500), 1e-12);
  }
}
