// SPDX-License-Identifier: Apache-2.0
// Times whole steps of every precision on the real batch shape and takes the fastest: which one that
// is depends on the processor, and bfloat16 is slower than float32 where it is emulated.
package io.qwenjet.train.optim;

import io.qwenjet.train.data.TokenBatch;
import io.qwenjet.train.graph.ModelShape;
import io.qwenjet.train.graph.Parameters;
import io.qwenjet.train.graph.Precision;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The outcome of a probe.
 *
 * @param fastest the precision with the least seconds
 * @param medianSeconds the median seconds of a step, by precision
 */
public record PrecisionProbe(Precision fastest, Map<Precision, Double> medianSeconds) {
  private static final int WARMUP_STEPS = 2;
  private static final int STEPS_BEFORE_DROP = 3;
  private static final double FAR_BEHIND = 2.0;

  /** Copies the map. */
  public PrecisionProbe {
    medianSeconds = Map.copyOf(medianSeconds);
  }

  /**
   * Trains throw-away parameters of the shape. A precision whose first three steps each take more
   * than twice the best median so far is given no more steps; its median is of those.
   *
   * @param shape the model; not null
   * @param microBatches the micro-batches of one step; not null
   * @param steps timed steps of each precision, 20 in a run; at least 1
   * @return the times
   */
  public static PrecisionProbe run(ModelShape shape, List<TokenBatch> microBatches, int steps) {
    if (steps < 1) {
      throw new IllegalArgumentException("expected at least one step, got " + steps);
    }
    Map<Precision, Double> seconds = new EnumMap<>(Precision.class);
    double best = Double.POSITIVE_INFINITY;
    // The likely winner first, so that the others can be dropped early.
    for (Precision precision :
        List.of(Precision.AUTOCAST, Precision.FLOAT32_BF16_MATMUL, Precision.FLOAT32)) {
      try (Parameters parameters = Parameters.initial(shape, 0);
          TrainStep step = new TrainStep(parameters, precision, AdamWOptions.DEFAULTS)) {
        double[] times = new double[steps];
        int timed = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int i = -WARMUP_STEPS; i < steps; i++) {
          if (timed >= STEPS_BEFORE_DROP && least > FAR_BEHIND * best) {
            break;
          }
          long start = System.nanoTime();
          step.step(microBatches, 1e-4);
          if (i >= 0) {
            times[i] = (System.nanoTime() - start) / 1e9;
            least = Math.min(least, times[i]);
            timed++;
          }
        }
        Arrays.sort(times, 0, timed);
        seconds.put(precision, times[timed / 2]);
        best = Math.min(best, times[timed / 2]);
      }
    }
    Precision fastest = Precision.FLOAT32;
    for (Map.Entry<Precision, Double> entry : seconds.entrySet()) {
      if (entry.getValue() < seconds.get(fastest)) {
        fastest = entry.getKey();
      }
    }
    return new PrecisionProbe(fastest, seconds);
  }
}
