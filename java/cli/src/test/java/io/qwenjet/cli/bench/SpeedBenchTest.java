// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.cli.steps.StepModel;
import io.qwenjet.engine.Activations;
import io.qwenjet.engine.Compute;
import io.qwenjet.engine.Isa;
import io.qwenjet.engine.KvCache;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.runtime.RuntimeOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The arithmetic of the figures, and a whole run on a tiny model. */
class SpeedBenchTest {
  @Test
  void theMedianIsTheMiddleSample() {
    BenchRow odd =
        new BenchRow("decode", 10, 0, 2, new double[] {4, 1, 2}, new double[] {3, 1, 2}, 8, 16);
    assertEquals(2, odd.medianS());
    assertEquals(10, odd.tokensPerS());
    assertEquals(5, odd.min());
    assertEquals(20, odd.max());
    assertEquals(1.0 / 7, odd.javaShare(), 1e-15);
    BenchRow even =
        new BenchRow("decode", 1, 0, 1, new double[] {4, 1, 2, 3}, new double[4], 0, 0);
    assertEquals(2.5, even.medianS());
  }

  @Test
  void workIsWhatTheShapeSays() {
    Work work = new Work(100, 10, 2, 50, 5, 7);
    assertEquals(100 + 2 * 30, work.stepBytes(30, false));
    assertEquals(110 + 2 * 30, work.stepBytes(30, true));
    assertEquals(2 * 50 * 4 + 7 * 9 + 2 * 5 * 1, work.flop(4, 9, 1));
  }

  @Test
  void aPlanKnowsItsSizes() {
    var plan = new SpeedBench.Plan(List.of(512, 2048), 64, List.of(0, 4096), List.of(1, 4), 5, 512);
    assertEquals(4096 + 2048, plan.longest());
    assertEquals(4, plan.maxBatch());
    assertEquals(512, plan.maxStepTokens());
    assertEquals(4 * 96, plan.numPages(64));
    var prefillOnly = new SpeedBench.Plan(List.of(8), 0, List.of(0), List.of(32), 1, 512);
    assertEquals(1, prefillOnly.maxBatch());
    assertEquals(8, prefillOnly.maxStepTokens());
  }

  @Test
  void everyCombinationIsMeasured() {
    var plan = new SpeedBench.Plan(List.of(5, 40), 3, List.of(0, 33), List.of(1, 2), 2, 16);
    RuntimeOptions sizes =
        new RuntimeOptions(
            Compute.BFLOAT16,
            KvCache.INT8,
            Isa.AUTO,
            1,
            16,
            plan.numPages(16),
            plan.maxStepTokens(),
            plan.maxBatch(),
            plan.maxBatch(),
            Activations.AUTO);
    List<BenchRow> rows = new ArrayList<>();
    try (StepModel model =
        StepModel.open(
            ModelLocation.of(Path.of("../../cpp/testing/tiny/qwen3-dense")), sizes, null)) {
      Work work = Work.of(model.runtime().config(), model.plan());
      new SpeedBench(model.runtime(), plan, work).run(rows::add);
    }
    assertEquals(2 * (2 + 2), rows.size());
    assertEquals(4, rows.stream().filter(r -> r.kind().equals("decode")).count());
    for (BenchRow row : rows) {
      assertEquals(2, row.seconds().length);
      assertTrue(row.medianS() > 0);
      assertTrue(row.javaShare() > 0 && row.javaShare() < 1, row.toString());
      assertTrue(row.bytes() > 0 && row.flop() > 0);
    }
  }

  @Test
  void memoryFiguresAreThoseOfTheProcess() {
    long peak = ProcessMemory.peakRssBytes();
    assertTrue(peak < 0 || peak > 10 << 20, "peak " + peak);
    assertTrue(ProcessMemory.jvmBytes() > 1 << 20);
    ProcessMemory.resetPeak();
    // Where nothing was freed before, the process may have grown since the first reading.
    assertTrue(ProcessMemory.peakRssBytes() <= peak + (32 << 20) || peak < 0);
  }
}
