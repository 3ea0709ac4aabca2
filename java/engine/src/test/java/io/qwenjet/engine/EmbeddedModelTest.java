// SPDX-License-Identifier: Apache-2.0
// The embedded model, with a tiny checkpoint in its place; and, where the build has one, itself.
package io.qwenjet.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.engine.NativeModels.Golden;
import io.qwenjet.engine.runtime.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedModelTest {
  /** What the answers to the prompts that an empty chat shows must hold: each one shown has to work. */
  private static final Map<String, String> RIGHT =
      Map.of(
          "What is 47 * 36?", "1692",
          "What is the capital of Italy?", "Rome",
          "What day is three days after Friday?", "Monday",
          "Hello!", "Hello");

  @TempDir private Path folder;

  @BeforeEach
  void putACheckpointInItsPlace() throws IOException {
    Path tiny = NativeModels.path("qwen3-dense");
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(tiny.resolve(file), folder.resolve(file));
    }
    System.setProperty(EmbeddedModel.PATH_PROPERTY, folder.toString());
  }

  @AfterEach
  void takeItAway() {
    System.clearProperty(EmbeddedModel.PATH_PROPERTY);
  }

  @Test
  void itComputesWhatTheSameFilesOnDiskDo() {
    Golden golden = Golden.of("qwen3-dense", "len64");
    int[] fromDisk;
    try (Engine engine = Engine.open(folder, NativeModels.float32())) {
      fromDisk = engine.generate(golden.request()).ids();
    }
    try (Engine engine = Engine.openEmbedded(NativeModels.float32())) {
      assertArrayEquals(fromDisk, engine.generate(golden.request()).ids());
      assertEquals("qwenjet-nano", engine.info().path().toString());
    }
    assertEquals(
        Engine.plan(folder, NativeModels.float32()).weightsBytes(),
        Engine.plan(ModelLocation.embedded(), NativeModels.float32()).weightsBytes());
  }

  @Test
  void parametersAreCountedFromTheWeights() {
    long planned = Engine.plan(folder, EngineOptions.defaults()).parameters();
    assertEquals(planned, EmbeddedModel.parameters());
    try (Checkpoint checkpoint = Checkpoint.open(ModelLocation.embedded())) {
      assertTrue(checkpoint.tensorsJson().contains("model.embed_tokens.weight"));
      assertFalse(checkpoint.isGguf());
    }
  }

  @Test
  void promptsAreTheLinesOfTheirFile() throws IOException {
    assertEquals(List.of(), EmbeddedModel.prompts());
    Files.writeString(folder.resolve("prompts.txt"), "one\n\n  two \nthree\n");
    assertEquals(List.of("one", "two", "three"), EmbeddedModel.prompts());
  }

  @Test
  void aBuildWithoutOneSaysSo() throws IOException {
    Files.delete(folder.resolve("model.safetensors"));
    assertFalse(EmbeddedModel.isPresent());
    assertEquals("qwenjet-nano", EmbeddedModel.name());
    for (Executable call :
        List.<Executable>of(
            ModelLocation::embedded,
            Engine::openEmbedded,
            EmbeddedModel::parameters,
            EmbeddedModel::prompts)) {
      UnsupportedModelException e = assertThrows(UnsupportedModelException.class, call);
      assertTrue(e.getMessage().contains("no embedded model"), e.getMessage());
    }
  }

  @Test
  void brokenFilesAreNamed() throws IOException {
    Files.write(folder.resolve("model.safetensors"), new byte[] {1, 2, 3});
    assertThrows(ModelFormatException.class, EmbeddedModel::parameters);
    ModelFormatException e =
        assertThrows(ModelFormatException.class, Engine::openEmbedded);
    assertTrue(e.getMessage().contains("qwenjet-nano"), e.getMessage());
  }

  @Test
  void theModelOfThisBuildAnswersOrIsSaidToBeAbsent() {
    System.clearProperty(EmbeddedModel.PATH_PROPERTY);
    if (!EmbeddedModel.isPresent()) {
      assertThrows(UnsupportedModelException.class, Engine::openEmbedded);
      return;
    }
    long parameters = EmbeddedModel.parameters();
    assertTrue(parameters >= 3_000_000 && parameters <= 4_000_000, "parameters: " + parameters);
    assertTrue(EmbeddedModel.prompts().size() >= 3, EmbeddedModel.prompts().toString());
    try (Engine engine = Engine.openEmbedded()) {
      assertEquals("qwen3", engine.info().architecture());
      assertEquals(1024, engine.info().modelContextLength());
      for (String prompt : EmbeddedModel.prompts()) {
        Completion answer = engine.chat(ChatRequest.of(prompt));
        assertEquals(FinishReason.STOP, answer.finishReason(), prompt);
        assertTrue(RIGHT.containsKey(prompt), "expected a right answer listed for: " + prompt);
        assertTrue(answer.text().contains(RIGHT.get(prompt)), prompt + " " + answer.text());
      }
    }
  }
}
