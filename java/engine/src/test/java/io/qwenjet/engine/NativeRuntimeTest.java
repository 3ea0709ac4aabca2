// SPDX-License-Identifier: Apache-2.0
// Steps by hand over the native library, as the commands for conformance and perplexity do them.
package io.qwenjet.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.engine.runtime.Checkpoint;
import io.qwenjet.engine.runtime.LayerWindows;
import io.qwenjet.engine.runtime.ModelRuntime;
import io.qwenjet.engine.runtime.NativeTensors;
import io.qwenjet.engine.runtime.RuntimeOptions;
import io.qwenjet.engine.runtime.StepBatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NativeRuntimeTest {
  private static final int PAGE_SIZE = 16;

  /** The project's limit for float32 arithmetic: ||out - golden|| / ||golden||. */
  private static final double FLOAT32_LIMIT = 1e-4;

  @Test
  void logitsEqualTheReferencesForAnyChunking() {
    for (int chunk : new int[] {1, 37, 130}) {
      assertTrue(error("qwen3-dense-window", "len130", chunk) < FLOAT32_LIMIT, "chunk " + chunk);
    }
  }

  private static double error(String name, String run, int chunk) {
    try (NativeTensors golden =
            NativeTensors.open(NativeModels.path(name).resolve("golden.safetensors"));
        ModelRuntime model = ModelRuntime.open(NativeModels.path(name), options(chunk))) {
      int[] prompt = golden.ints(run + "/input_ids");
      float[] expected = golden.floats(run + "/logits");
      int vocab = model.config().vocabSize();
      assertArrayEquals(
          new long[] {expected.length / vocab, vocab}, golden.info(run + "/logits").shape());
      int firstRow = prompt.length - expected.length / vocab;
      LayerWindows windows = new LayerWindows(WindowPolicy.model(), model.config());
      int[] pages = IntStream.range(0, 9).toArray();
      StepBatch batch = model.newBatch();
      float[] row = new float[vocab];
      double difference = 0;
      double norm = 0;
      for (int from = 0; from < prompt.length; from += chunk) {
        int count = Math.min(chunk, prompt.length - from);
        int end = from + count;
        batch.clear();
        batch.addSequence(prompt, from, count, end, prompt.length, windows, pages, pages.length);
        int wanted = Math.max(firstRow, from);
        for (int position = wanted; position < end; position++) {
          batch.addRow(position - from, 1, 1, 0);
        }
        model.step(batch);
        for (int position = wanted; position < end; position++) {
          model.row(position - wanted, false, row);
          for (int i = 0; i < vocab; i++) {
            float e = expected[(position - firstRow) * vocab + i];
            difference += (double) (row[i] - e) * (row[i] - e);
            norm += (double) e * e;
          }
        }
      }
      return Math.sqrt(difference / norm);
    }
  }

  private static RuntimeOptions options(int chunk) {
    return new RuntimeOptions(
        Compute.FLOAT32, KvCache.COMPUTE, Isa.AUTO, 1, PAGE_SIZE, 9, chunk, 1, chunk,
        Activations.AUTO);
  }

  @Test
  void candidatesProbesAndRowsAgree() {
    try (ModelRuntime model =
        ModelRuntime.open(NativeModels.path("qwen3-dense"), options(8))) {
      StepBatch batch = model.newBatch();
      LayerWindows windows = new LayerWindows(WindowPolicy.model(), model.config());
      batch.addSequence(new int[] {5, 6, 7}, 0, 3, 3, 8, windows, new int[] {0}, 1);
      int row = batch.addRow(2, 0.5f, 10, 5);
      batch.addChange(9, 30, 1, 0);
      batch.addChange(11, Float.NEGATIVE_INFINITY, 1, 0);
      int probe = batch.addProbe(9);
      model.step(batch);
      float[] raw = new float[model.config().vocabSize()];
      float[] processed = new float[raw.length];
      model.row(row, false, raw);
      model.row(row, true, processed);
      assertEquals(9, batch.candidateId(row, 0));
      assertEquals(raw[9], batch.candidateRaw(row, 0));
      assertEquals(raw[9], batch.probeLogit(probe));
      assertEquals((raw[9] + 30) / 0.5f, processed[9], 1e-4f);
      assertEquals(Float.NEGATIVE_INFINITY, processed[11]);
      int greater = 0;
      for (float l : raw) {
        greater += l > raw[9] ? 1 : 0;
      }
      assertEquals(1 + greater, batch.probeRank(probe));
      assertEquals(10, batch.numCandidates(row));
      assertTrue(batch.rawTopLogit(row, 0) >= batch.rawTopLogit(row, 4));
      float[] hidden = new float[model.config().hiddenSize()];
      model.hidden(2, hidden);
      assertTrue(hidden[0] != 0);
      assertTrue(model.memory().weightsBytes() > 0);
    }
  }

  @Test
  void checkpointsAndTensorsAreDescribed() {
    try (Checkpoint checkpoint = Checkpoint.open(NativeModels.path("qwen3-dense"))) {
      assertEquals("qwen3", checkpoint.config().modelType());
      assertTrue(checkpoint.tensorsJson().contains("model.embed_tokens.weight"));
      assertTrue(checkpoint.metadata().isEmpty());
      assertTrue(checkpoint.plan(options(8)).kvPageBytes() > 0);
    }
    try (NativeTensors tensors =
        NativeTensors.open(NativeModels.path("qwen3-dense").resolve("golden.safetensors"))) {
      assertTrue(tensors.names().contains("len7/logits"));
      assertThrows(InvalidRequestException.class, () -> tensors.info("no such"));
      assertThrows(InvalidRequestException.class, () -> tensors.floats("len7/input_ids"));
      assertThrows(InvalidRequestException.class, () -> tensors.ints("len7/logits"));
    }
  }
}
