// SPDX-License-Identifier: Apache-2.0
// Export and import: sizes, names and values come back, and what cannot be read is named.
package io.qwenjet.train.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.train.graph.ModelShape;
import io.qwenjet.train.graph.Parameters;
import io.qwenjet.train.graph.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointRoundTripTest {
  private static final SpecialTokens TOKENS = new SpecialTokens(3, List.of(5, 3), 4, 128);

  @TempDir private Path folder;

  @Test
  void shapesAndRoundedValuesComeBack() throws IOException {
    for (ModelShape shape : List.of(TinyModels.dense(true), TinyModels.dense(false), TinyModels.moe(true))) {
      try (Parameters parameters = TinyModels.lively(shape, 1)) {
        CheckpointExporter.write(folder, parameters, TOKENS);
        try (Parameters read = CheckpointImporter.read(folder)) {
          assertEquals(shape, read.shape());
          for (String name : parameters.names()) {
            float[] before = parameters.read(name);
            float[] after = read.read(name);
            for (int i = 0; i < before.length; i++) {
              assertEquals(Bfloat16.toFloat(Bfloat16.of(before[i])), after[i], name);
              assertEquals(before[i], after[i], Math.abs(before[i]) / 256, name);
            }
          }
        }
      }
    }
    String generation = Files.readString(folder.resolve("generation_config.json"));
    assertTrue(generation.contains("\"do_sample\" : false"), generation);
    assertTrue(generation.contains("\"max_new_tokens\" : 128"), generation);
    assertTrue(generation.contains("[ 5, 3 ]"), generation);
  }

  @Test
  void roundingIsToNearestWithTiesToEven() {
    assertEquals(0x3F80, Bfloat16.of(1.0f));
    assertEquals(0x3F80, Bfloat16.of(Float.intBitsToFloat(0x3F808000)));
    assertEquals(0x3F82, Bfloat16.of(Float.intBitsToFloat(0x3F818000)));
    assertEquals(0x3F81, Bfloat16.of(Float.intBitsToFloat(0x3F808001)));
    assertTrue(Float.isNaN(Bfloat16.toFloat(Bfloat16.of(Float.NaN))));
    assertEquals(Float.POSITIVE_INFINITY, Bfloat16.toFloat(Bfloat16.of(Float.MAX_VALUE)));
  }

  @Test
  void missingTensorsAndCutFilesAreNamed() throws IOException {
    try (Parameters parameters = TinyModels.lively(TinyModels.dense(true), 1)) {
      CheckpointExporter.write(folder, parameters, TOKENS);
    }
    Path weights = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length - 10));
    assertThrown("expected data within the file");
    Files.write(weights, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9});
    assertThrown("expected a safetensors header");
    Files.delete(weights);
    assertThrown("expected every tensor of the model");
  }

  private void assertThrown(String message) {
    IllegalArgumentException thrown =
        assertThrows(IllegalArgumentException.class, () -> CheckpointImporter.read(folder));
    assertTrue(thrown.getMessage().contains(message), thrown.getMessage());
  }
}
