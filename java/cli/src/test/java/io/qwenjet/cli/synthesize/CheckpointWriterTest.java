// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli.synthesize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.runtime.Checkpoint;
import io.qwenjet.engine.runtime.NativeTensors;
import io.qwenjet.engine.text.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checkpoints of random weights. */
class CheckpointWriterTest {
  @TempDir private Path folder;

  /** Totals as published; computed there from the released files. */
  @ParameterizedTest
  @CsvSource({
    "qwen3-0.6b, 596049920",
    "qwen3-1.7b, 1720574976",
    "qwen3-4b, 4022468096",
    "qwen3-8b, 8190735360",
    "qwen3-14b, 14768307200",
    "qwen3-32b, 32762123264",
    "qwen3-30b-a3b, 30532122624",
    "qwen3-235b-a22b, 235093634560"
  })
  void shapesHaveThePublishedNumberOfParameters(String name, long parameters) {
    assertEquals(parameters, ModelShape.of(name).parameters());
  }

  @Test
  void layersCanBeLeftOut() {
    ModelShape whole = ModelShape.of("QWEN3-0.6B");
    long embedding = 151936L * 1024 + 1024;
    assertEquals(28, whole.numLayers());
    assertEquals(
        embedding + (whole.parameters() - embedding) / 28, whole.withLayers(1).parameters());
  }

  @Test
  void theSameSeedGivesTheSameBytesWithAnyNumberOfThreads() throws IOException {
    byte[] one = bytes("one", 7, 1);
    assertArrayEquals(one, bytes("three", 7, 3));
    assertFalse(java.util.Arrays.equals(one, bytes("other", 8, 3)));
  }

  @Test
  void weightsAreNormalAndNormsAreOnes() throws IOException {
    write("model", 1, Long.MAX_VALUE);
    try (NativeTensors tensors = NativeTensors.open(folder.resolve("model/model.safetensors"))) {
      for (float one : tensors.floats("model.layers.1.self_attn.q_norm.weight")) {
        assertEquals(1f, one);
      }
      float[] weights = tensors.floats("model.embed_tokens.weight");
      double sum = 0;
      double squares = 0;
      for (float w : weights) {
        sum += w;
        squares += (double) w * w;
      }
      double mean = sum / weights.length;
      double deviation = Math.sqrt(squares / weights.length);
      // Standard errors over 9.7 million values, five of them: 0.02 / sqrt(n) and / sqrt(2 n).
      assertEquals(0, mean, 5 * 0.02 / Math.sqrt(weights.length));
      // bfloat16 rounds to 1 / 256 of a value, which adds (1 / 256)^2 / 12 to the variance at most.
      assertEquals(0.02, deviation, 5 * 0.02 / Math.sqrt(2.0 * weights.length) + 0.02 * 2e-5);
    }
  }

  @Test
  void manyShardsAreOneCheckpoint() throws IOException {
    write("whole", 1, Long.MAX_VALUE);
    write("cut", 1, 100_000);
    JsonNode index =
        new ObjectMapper().readTree(folder.resolve("cut/model.safetensors.index.json").toFile());
    long total = new CheckpointWriter(ModelShape.of("tiny"), 1, 1).sizeBytes();
    assertEquals(total, index.path("metadata").path("total_size").asLong());
    String first = index.path("weight_map").path("model.embed_tokens.weight").asText();
    assertTrue(first.matches("model-00001-of-000\\d\\d\\.safetensors"), first);
    String name = "model.layers.1.mlp.down_proj.weight";
    String shard = index.path("weight_map").path(name).asText();
    try (NativeTensors cut = NativeTensors.open(folder.resolve("cut").resolve(shard));
        NativeTensors whole =
            NativeTensors.open(folder.resolve("whole").resolve("model.safetensors"));
        Checkpoint opened = Checkpoint.open(folder.resolve("cut"))) {
      assertArrayEquals(whole.floats(name), cut.floats(name));
      assertEquals("qwen3", opened.config().modelType());
      assertEquals(
          index.path("weight_map").size(), new ObjectMapper().readTree(opened.tensorsJson()).size());
    }
  }

  @Test
  void theTokenizerHoldsEveryByteAndThePublishedSpecialTokens() throws IOException {
    write("model", 1, Long.MAX_VALUE);
    Tokenizer tokenizer = Tokenizer.load(folder.resolve("model"));
    assertEquals(151669, tokenizer.size());
    assertEquals(151643, tokenizer.idOf("<|endoftext|>").getAsInt());
    assertEquals(151645, tokenizer.idOf("<|im_end|>").getAsInt());
    assertEquals(151657, tokenizer.idOf("<tool_call>").getAsInt());
    assertEquals(151668, tokenizer.idOf("</think>").getAsInt());
    assertTrue(tokenizer.isSpecial(151656));
    assertFalse(tokenizer.isSpecial(151657));
    String text = "Zwölf Boxkämpfer\n\t jagen 12 \u0000\uD83D\uDC3B";
    int[] ids = tokenizer.encode(text);
    assertEquals(text.getBytes(StandardCharsets.UTF_8).length, ids.length);
    assertEquals(text, tokenizer.decode(ids, false));
    assertEquals("<unused_5000>", tokenizer.decode(new int[] {5000}, false));
  }

  @Test
  void aRealTokenizerIsCopied() throws IOException {
    write("model", 1, Long.MAX_VALUE);
    Path model = folder.resolve("model");
    Files.writeString(model.resolve("tokenizer_config.json"), "{\"marked\": true}");
    new CheckpointWriter(ModelShape.of("tiny").withLayers(1), 1, 1)
        .write(folder.resolve("copy"), model, (done, total) -> {});
    assertEquals(
        "{\"marked\": true}", Files.readString(folder.resolve("copy/tokenizer_config.json")));
  }

  private byte[] bytes(String name, long seed, int threads) throws IOException {
    Path out = folder.resolve(name);
    new CheckpointWriter(ModelShape.of("tiny"), seed, threads)
        .write(out, null, (done, total) -> assertTrue(done <= total));
    return Files.readAllBytes(out.resolve("model.safetensors"));
  }

  private void write(String name, long seed, long maxShardBytes) throws IOException {
    new CheckpointWriter(ModelShape.of("tiny"), seed, 2, maxShardBytes)
        .write(folder.resolve(name), null, (done, total) -> {});
  }
}
