// SPDX-License-Identifier: Apache-2.0
// Whole steps: the loss falls, micro-batches add up to one batch, state comes back bit for bit, and
// native memory does not grow.
package io.qwenjet.train.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.train.data.TokenBatch;
import io.qwenjet.train.graph.ModelShape;
import io.qwenjet.train.graph.Parameters;
import io.qwenjet.train.graph.Precision;
import io.qwenjet.train.graph.TinyModels;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

final class TrainStepTest {
  private static final ModelShape DENSE = TinyModels.dense(true);
  private static final TokenBatch BATCH = TinyModels.packed(4, 24, DENSE.vocabSize(), 1);

  @Test
  void theLossFallsInEveryPrecision() {
    for (Precision precision : Precision.values()) {
      for (ModelShape shape : List.of(DENSE, TinyModels.moe(true))) {
        try (Parameters parameters = Parameters.initial(shape, 1);
            TrainStep step = new TrainStep(parameters, precision, AdamWOptions.DEFAULTS)) {
          double before = step.step(List.of(BATCH), 0.01).loss();
          assertEquals(Math.log(shape.vocabSize()), before, 0.1);
          StepResult result = null;
          for (int i = 0; i < 30; i++) {
            result = step.step(List.of(BATCH), 0.02);
            assertTrue(result.applied());
          }
          assertTrue(result.loss() < before / 2, precision + ": from " + before + " to " + result.loss());
          assertEquals(BATCH.numTargets(), result.sums().count());
          assertEquals(BATCH.numTokens(), result.tokens());
        }
      }
    }
  }

  @Test
  void microBatchesAddUpToOneBatch() {
    TokenBatch whole = TinyModels.plain(4, 16, DENSE.vocabSize(), 3);
    float[] once = gradients(List.of(whole));
    float[] parts = gradients(List.of(part(whole, 0), part(whole, 1), part(whole, 2), part(whole, 3)));
    for (int i = 0; i < once.length; i++) {
      assertEquals(once[i], parts[i], 1e-6);
    }
  }

  private static float[] gradients(List<TokenBatch> batches) {
    AdamWOptions options = new AdamWOptions(0.9, 0.95, 1e-8, 0, 0);
    try (Parameters parameters = TinyModels.lively(DENSE, 1);
        TrainStep step = new TrainStep(parameters, Precision.FLOAT32, options)) {
      step.step(batches, 0);
      float[] moments = new float[(int) parameters.size()];
      step.state().get("first_moments").asFloatBuffer().get(moments);
      return moments;
    }
  }

  private static TokenBatch part(TokenBatch whole, int row) {
    int from = row * whole.length();
    int to = from + whole.length();
    return new TokenBatch(
        1,
        whole.length(),
        Arrays.copyOfRange(whole.tokens(), from, to),
        Arrays.copyOfRange(whole.targets(), from, to),
        Arrays.copyOfRange(whole.weights(), from, to),
        Arrays.copyOfRange(whole.positions(), from, to),
        Arrays.copyOfRange(whole.segments(), from, to));
  }

  @Test
  void restoredStateContinuesBitForBit() {
    Map<String, byte[]> saved = new HashMap<>();
    float[] expected;
    try (Parameters parameters = Parameters.initial(DENSE, 1);
        TrainStep step = new TrainStep(parameters, Precision.AUTOCAST, AdamWOptions.DEFAULTS)) {
      for (int i = 0; i < 5; i++) {
        step.step(List.of(BATCH), 0.01);
      }
      step.state().forEach((name, bytes) -> saved.put(name, copy(bytes)));
      step.step(List.of(BATCH), 0.01);
      expected = parameters.read("model.embed_tokens.weight");
    }
    try (Parameters parameters = Parameters.empty(DENSE);
        TrainStep step = new TrainStep(parameters, Precision.AUTOCAST, AdamWOptions.DEFAULTS)) {
      step.state().forEach((name, bytes) -> bytes.put(saved.get(name)));
      step.restored(5);
      step.step(List.of(BATCH), 0.01);
      assertArrayEquals(expected, parameters.read("model.embed_tokens.weight"));
    }
  }

  private static byte[] copy(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  @Test
  void nativeMemoryIsFlatOverAThousandSteps() {
    for (ModelShape shape : List.of(TinyModels.oneLayer(), TinyModels.moe(true))) {
      try (Parameters parameters = Parameters.initial(shape, 1);
          TrainStep step = new TrainStep(parameters, Precision.AUTOCAST, AdamWOptions.DEFAULTS)) {
        int steps = shape.moe().isPresent() ? 50 : 1000;
        for (int i = 0; i < 50; i++) {
          step.step(List.of(BATCH), 1e-3);
        }
        long tracked = Pointer.totalBytes();
        long objects = Pointer.totalCount();
        long resident = Pointer.physicalBytes();
        for (int i = 0; i < steps; i++) {
          step.step(List.of(BATCH), 1e-3);
        }
        assertEquals(tracked, Pointer.totalBytes());
        assertTrue(Pointer.totalCount() <= objects, "native objects: " + objects + " to " + Pointer.totalCount());
        // The heap of the JVM, at most 1 GB in tests, may still grow; a leak of one activation a step
        // would be seen in the count above, one inside libtorch here.
        long grown = Pointer.physicalBytes() - resident;
        assertTrue(grown < 200L << 20, "expected flat memory, grew by " + grown);
      }
    }
  }

  @Test
  void aStepNeedsABatchInsideTheModel() {
    try (Parameters parameters = Parameters.initial(DENSE, 1);
        TrainStep step = new TrainStep(parameters, Precision.FLOAT32, AdamWOptions.DEFAULTS)) {
      assertThrows(IllegalArgumentException.class, () -> step.step(List.of(), 0.1));
      TokenBatch outside = TinyModels.plain(1, 4, DENSE.vocabSize() + 50, 2);
      assertThrows(IllegalArgumentException.class, () -> step.step(List.of(outside), 0.1));
    }
  }

  @Test
  void theProbeTimesEveryPrecision() {
    PrecisionProbe probe = PrecisionProbe.run(DENSE, List.of(BATCH), 2);
    assertEquals(Precision.values().length, probe.medianSeconds().size());
    double least = probe.medianSeconds().values().stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    assertEquals(least, probe.medianSeconds().get(probe.fastest()));
  }
}
