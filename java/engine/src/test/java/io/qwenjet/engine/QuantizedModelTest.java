// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.runtime.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model with int8 weights through the public API. */
class QuantizedModelTest {
  @TempDir private static Path folder;

  private static final Path DENSE = NativeModels.path("qwen3-dense");

  @BeforeAll
  static void write() throws IOException {
    QuantizedCheckpoint.write(DENSE, folder);
  }

  private static Completion greedy(EngineOptions options) {
    try (Engine engine = Engine.open(folder, options)) {
      return engine.submit(NativeModels.Golden.of("qwen3-dense", "len64").request()).join();
    }
  }

  @Test
  void weightsAreHeldAsSmallAsTheyAreAndAsPlanned() {
    MemoryPlan dense = Engine.plan(DENSE, EngineOptions.defaults());
    for (Compute compute : Compute.values()) {
      EngineOptions options = EngineOptions.defaults().compute(compute);
      MemoryPlan plan = Engine.plan(folder, options);
      assertTrue(plan.quantizedParameters() > plan.parameters() / 2, plan.toString());
      assertEquals(dense.parameters(), plan.parameters());
      assertEquals(dense.embeddingBytes(), plan.embeddingBytes());
      assertTrue(plan.bitsPerWeight() < 0.75 * dense.bitsPerWeight(), plan.toString());
      try (Engine engine = Engine.open(folder, options)) {
        assertEquals(plan.weightsBytes(), engine.info().memory().weightsBytes());
        assertEquals(plan.embeddingBytes(), engine.info().memory().embeddingBytes());
      }
    }
    assertEquals(0, dense.quantizedParameters());
  }

  @Test
  void activationsAreRoundedInBfloat16Alone() {
    EngineOptions float32 = NativeModels.float32();
    assertArrayEquals(
        greedy(float32.activations(Activations.EXACT)).ids(),
        greedy(float32.activations(Activations.AUTO)).ids());
    for (Activations activations : Activations.values()) {
      EngineOptions options = EngineOptions.defaults().activations(activations);
      assertEquals(activations, options.activations());
      assertTrue(greedy(options).ids().length > 1);
    }
    assertEquals(Activations.AUTO, EngineOptions.defaults().activations());
    assertThrows(
        InvalidRequestException.class, () -> EngineOptions.defaults().activations(null));
  }

  @Test
  void theFormsOfTheWeightsAreNamed() throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      JsonNode weights =
          new ObjectMapper().readTree(checkpoint.weightsJson(Compute.BFLOAT16));
      assertEquals("compressed-tensors", weights.path("method").asText());
      JsonNode form = weights.path("forms").path(0);
      assertEquals("quantised", form.path("form").asText());
      assertEquals(8, form.path("bits").asInt());
      assertEquals("bfloat16", form.path("scales").asText());
      assertEquals("none", form.path("offsets").asText());
      assertEquals("bfloat16", weights.path("forms").path(1).path("form").asText());
    }
  }
}
