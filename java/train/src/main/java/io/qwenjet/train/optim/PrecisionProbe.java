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

  /** Copies the map. */
  public PrecisionProbe {
    medianSeconds = Map.copyOf(medianSeconds);
  }

  /**
   * Trains throw-away parameters of the shape.
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
    for (Precision precision : Precision.values()) {
      try (Parameters parameters = Parameters.initial(shape, 0);
          TrainStep step = new TrainStep(parameters, precision, AdamWOptions.DEFAULTS)) {
        double[] times = new double[steps];
        for (int i = -WARMUP_STEPS; i < steps; i++) {
          long start = System.nanoTime();
          step.step(microBatches, 1e-4);
          if (i >= 0) {
            times[i] = (System.nanoTime() - start) / 1e9;
          }
        }
        Arrays.sort(times);
        seconds.put(precision, times[steps / 2]);
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
