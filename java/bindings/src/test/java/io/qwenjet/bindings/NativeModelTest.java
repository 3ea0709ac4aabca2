// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tiny checkpoint through the whole boundary: read, planned, loaded, stepped, cancelled. */
class NativeModelTest {
  private static final Path TINY = Path.of("../../cpp/testing/tiny/qwen3-dense");
  private static final int VOCAB_SIZE = 256;
  private static final int NUM_LAYERS = 2;
  private static final int PAGE_SIZE = 16;
  private static final int NUM_PAGES = 16;
  private static final ModelOptions OPTIONS =
      new ModelOptions(
          ModelOptions.FLOAT32,
          ModelOptions.KV_CACHE_COMPUTE,
          Processor.ISA_AUTO,
          1,
          PAGE_SIZE,
          NUM_PAGES,
          64,
          2,
          2,
          ModelOptions.ACTIVATIONS_AUTO);

  private NativeCheckpoint checkpoint;

  @BeforeEach
  void open() {
    checkpoint = NativeCheckpoint.open(TINY);
  }

  @AfterEach
  void close() {
    checkpoint.close();
  }

  @Test
  void theCheckpointTellsItsConfigurationAndTensors() {
    assertTrue(checkpoint.config().contains("\"hidden_size\""), checkpoint.config());
    assertTrue(checkpoint.tensors().contains("model.embed_tokens.weight"));
    assertEquals("{}", checkpoint.metadata());
  }

  @Test
  void aCheckpointInMemoryIsTheSame() throws IOException {
    byte[] config = Files.readAllBytes(TINY.resolve("config.json"));
    byte[] weights = Files.readAllBytes(TINY.resolve("model.safetensors"));
    try (NativeCheckpoint inMemory = NativeCheckpoint.openMemory("tiny", config, weights)) {
      assertEquals(checkpoint.config(), inMemory.config());
      assertEquals(checkpoint.tensors(), inMemory.tensors());
      assertEquals(
          checkpoint.plan(OPTIONS).weightsBytes(), inMemory.plan(OPTIONS).weightsBytes());
      assertEquals(
          checkpoint.read("model.norm.weight", 128), inMemory.read("model.norm.weight", 128));
    }
    NativeException e =
        assertThrows(
            NativeException.class, () -> NativeCheckpoint.openMemory("tiny", config, new byte[0]));
    assertEquals(StatusCode.CORRUPT_MODEL, e.code());
    assertTrue(e.getMessage().contains("tiny"), e.getMessage());
  }

  @Test
  void aMissingCheckpointIsNamed(@TempDir Path empty) {
    Path missing = empty.resolve("nö-such-folder");
    NativeException e =
        assertThrows(NativeException.class, () -> NativeCheckpoint.open(missing));
    assertEquals(StatusCode.NOT_FOUND, e.code());
    assertTrue(e.getMessage().contains(missing.getFileName().toString()), e.getMessage());
  }

  @Test
  void optionsOutsideTheirRangeAreRefused() {
    ModelOptions odd =
        new ModelOptions(
            ModelOptions.FLOAT32, 0, Processor.ISA_AUTO, 1, 17, NUM_PAGES, 64, 2, 2, 0);
    NativeException e = assertThrows(NativeException.class, () -> checkpoint.plan(odd));
    assertEquals(StatusCode.INVALID_ARGUMENT, e.code());
    assertTrue(e.getMessage().contains("17"), e.getMessage());
  }

  @Test
  void quantisingReadsNoTokensBeyondThoseGiven(@TempDir Path folder) {
    QuantizeOptions two =
        new QuantizeOptions(
            4, 32, false, QuantizeOptions.RTN, false, Processor.ISA_AUTO, 1, 1, 1, 1 << 20);
    IllegalArgumentException lengths =
        assertThrows(
            IllegalArgumentException.class,
            () -> checkpoint.quantize(two, new int[9], new int[] {9}, folder, null));
    assertTrue(lengths.getMessage().contains("2 sequences, got 1"), lengths.getMessage());
    IllegalArgumentException ids =
        assertThrows(
            IllegalArgumentException.class,
            () -> checkpoint.quantize(two, new int[9], new int[] {5, 5}, folder, null));
    assertTrue(ids.getMessage().contains("10 tokens"), ids.getMessage());
  }

  @Test
  void thePlanIsWhatTheModelThenHolds() {
    MemoryFigures plan = checkpoint.plan(OPTIONS);
    assertTrue(plan.weightsBytes() > 0);
    assertEquals(plan.kvPageBytes() * NUM_PAGES, plan.kvPoolBytes());
    try (LoadProgress progress = new LoadProgress();
        NativeModel model = checkpoint.openModel(OPTIONS, progress)) {
      assertEquals(plan.weightsBytes(), model.memory().weightsBytes());
      assertEquals(plan.kvPoolBytes(), model.memory().kvPoolBytes());
      assertTrue(progress.totalBytes() > 0);
      assertEquals(progress.totalBytes(), progress.doneBytes());
      assertTrue(Processor.isaSupported(model.isa()));
    }
  }

  @Test
  void aCancelledLoadEndsAsCancelled() {
    try (LoadProgress progress = new LoadProgress()) {
      progress.cancel();
      NativeException e =
          assertThrows(NativeException.class, () -> checkpoint.openModel(OPTIONS, progress));
      assertEquals(StatusCode.CANCELLED, e.code());
    }
  }

  @Test
  void theReferencesLogitsAndTokensComeBack() {
    try (NativeCheckpoint golden = NativeCheckpoint.openTensors(TINY.resolve("golden.safetensors"));
        NativeModel model = checkpoint.openModel(OPTIONS, null)) {
      int[] prompt = ids(golden, "len7/input_ids", 7);
      int[] generated = ids(golden, "len7/generated", 24);
      FloatBuffer logits = golden.read("len7/logits", 7L * VOCAB_SIZE * Float.BYTES).asFloatBuffer();
      StepBuffers buffers = new StepBuffers(64, 2, 2, 1, NUM_LAYERS);

      int next = step(model, buffers, prompt, prompt.length);
      float[] row = new float[VOCAB_SIZE];
      model.row(0, false, row);
      double difference = 0;
      double norm = 0;
      for (int id = 0; id < VOCAB_SIZE; id++) {
        double want = logits.get(6 * VOCAB_SIZE + id);
        difference += (row[id] - want) * (row[id] - want);
        norm += want * want;
      }
      // The float32 bound that the conformance cases state.
      assertTrue(Math.sqrt(difference / norm) <= 1e-4, () -> "relative error of the last row");
      for (int i = 0; i < generated.length; i++) {
        assertEquals(generated[i], next, "token " + i);
        next = step(model, buffers, new int[] {next}, prompt.length + i + 1);
      }
    }
  }

  @Test
  void aCancelledModelRefusesSteps() {
    try (NativeModel model = checkpoint.openModel(OPTIONS, null)) {
      StepBuffers buffers = new StepBuffers(64, 2, 2, 1, NUM_LAYERS);
      model.cancel();
      NativeException e =
          assertThrows(NativeException.class, () -> step(model, buffers, new int[] {1}, 1));
      assertEquals(StatusCode.CANCELLED, e.code());
    }
  }

  @Test
  void aTokenOutsideTheVocabularyIsRefusedAndTheModelStaysUsable() {
    try (NativeModel model = checkpoint.openModel(OPTIONS, null)) {
      StepBuffers buffers = new StepBuffers(64, 2, 2, 1, NUM_LAYERS);
      NativeException e =
          assertThrows(
              NativeException.class, () -> step(model, buffers, new int[] {VOCAB_SIZE}, 1));
      assertEquals(StatusCode.INVALID_ARGUMENT, e.code());
      assertTrue(e.getMessage().contains(String.valueOf(VOCAB_SIZE)), e.getMessage());
      assertTrue(step(model, buffers, new int[] {3}, 1) >= 0);
    }
  }

  @Test
  void aClosedModelSaysSo() {
    NativeModel model = checkpoint.openModel(OPTIONS, null);
    model.close();
    model.close();
    model.cancel();
    assertTrue(model.isClosed());
    NativeException e = assertThrows(NativeException.class, model::memory);
    assertEquals(StatusCode.CLOSED, e.code());
  }

  /** Runs the tokens of one sequence and returns its most likely next token. */
  private static int step(NativeModel model, StepBuffers buffers, int[] tokens, int kvLen) {
    int numPages = (kvLen + PAGE_SIZE - 1) / PAGE_SIZE;
    buffers.begin(tokens.length, 1, 1, 1, 0, numPages, 0, 0, 0);
    for (int i = 0; i < tokens.length; i++) {
      buffers.tokenIds().put(i, tokens[i]);
      buffers.windowLen().put(i, StepBuffers.WINDOW_FULL);
    }
    for (int page = 0; page < numPages; page++) {
      buffers.blockTables().put(page, NUM_PAGES - 1 - page);
    }
    for (int layer = 0; layer < NUM_LAYERS; layer++) {
      buffers.layerGroup().put(layer, 0);
    }
    buffers.queryStart().put(0, 0).put(1, tokens.length);
    buffers.blockTableStart().put(0, 0).put(1, numPages);
    buffers.kvLen().put(0, kvLen);
    buffers.ropeLen().put(0, 64);
    buffers.sinkLen().put(0, 0);
    buffers.setRow(0, tokens.length - 1, 1.0f, 4, 0, 0, 0, 0, 0, -1);
    model.step(buffers);
    assertEquals(4, buffers.numCandidates().get(0));
    assertEquals(buffers.lseRaw().get(0), buffers.lseProcessed().get(0));
    return buffers.candidateIds().get(0);
  }

  private static int[] ids(NativeCheckpoint golden, String name, int count) {
    ByteBuffer bytes = golden.read(name, (long) count * Long.BYTES);
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = Math.toIntExact(bytes.getLong(i * Long.BYTES));
    }
    return ids;
  }
}
