// SPDX-License-Identifier: Apache-2.0
// The flat optimiser against AdamW written out in double, tensor by tensor: moments, bias correction,
// decoupled decay of matrices only, clipping by the global norm.
package io.qwenjet.train.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.train.graph.Parameters;
import io.qwenjet.train.graph.TinyModels;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;

final class AdamWTest {
  /** A few roundings of float32 a step, over a few steps. */
  private static final double RELATIVE = 2e-6;

  @Test
  void stepsEqualTheFormula() {
    stepsEqualTheFormula(new AdamWOptions(0.9, 0.95, 1e-8, 0.1, 0, false));
    stepsEqualTheFormula(new AdamWOptions(0.8, 0.99, 1e-6, 0, 0.5, false));
    stepsEqualTheFormula(AdamWOptions.DEFAULTS);
  }

  private static void stepsEqualTheFormula(AdamWOptions options) {
    try (Parameters parameters = TinyModels.lively(TinyModels.dense(false), 2);
        AdamW adam = new AdamW(parameters, options)) {
      int size = (int) parameters.size();
      double[] weights = new double[size];
      double[] first = new double[size];
      double[] second = new double[size];
      boolean[] decays = new boolean[size];
      Map<String, Integer> offsets = new HashMap<>();
      int at = 0;
      for (String name : parameters.names()) {
        offsets.put(name, at);
        for (float value : parameters.read(name)) {
          decays[at] = !name.contains("norm");
          weights[at++] = value;
        }
      }
      Random random = new Random(7);
      float[] gradient = new float[size];
      for (int step = 1; step <= 4; step++) {
        double rate = 0.01 / step;
        double squares = 0;
        for (int i = 0; i < size; i++) {
          gradient[i] = (float) (random.nextGaussian() * 0.1);
          squares += (double) gradient[i] * gradient[i];
        }
        double norm = Math.sqrt(squares);
        double clip = options.maxGradientNorm() > 0 ? Math.min(1, options.maxGradientNorm() / norm) : 1;
        for (int i = 0; i < size; i++) {
          double g = gradient[i] * clip;
          first[i] = options.beta1() * first[i] + (1 - options.beta1()) * g;
          second[i] = options.beta2() * second[i] + (1 - options.beta2()) * g * g;
          double m = first[i] / (1 - Math.pow(options.beta1(), step));
          double v = second[i] / (1 - Math.pow(options.beta2(), step));
          double decay = decays[i] ? options.weightDecay() : 0;
          weights[i] -= rate * decay * weights[i] + rate * m / (Math.sqrt(v) + options.epsilon());
        }
        new FloatPointer(parameters.gradients().data_ptr()).put(gradient);
        assertEquals(norm, adam.step(rate), 1e-6 * norm);
        assertEquals(step, adam.steps());
      }
      for (String name : parameters.names()) {
        float[] got = parameters.read(name);
        for (int i = 0; i < got.length; i++) {
          double expected = weights[offsets.get(name) + i];
          assertEquals(expected, got[i], RELATIVE * Math.max(0.1, Math.abs(expected)), name);
        }
      }
    }
  }

  @Test
  void gradientsThatAreNotFiniteChangeNothing() {
    try (Parameters parameters = TinyModels.lively(TinyModels.dense(true), 2);
        AdamW adam = new AdamW(parameters, AdamWOptions.DEFAULTS)) {
      float[] before = parameters.read("model.norm.weight");
      new FloatPointer(parameters.gradients().data_ptr()).put(0, Float.NaN);
      assertFalse(Double.isFinite(adam.step(0.1)));
      assertEquals(0, adam.steps());
      assertArrayEquals(before, parameters.read("model.norm.weight"));
    }
  }

  @Test
  void betasOutsideTheirRangeAreRefused() {
    IllegalArgumentException thrown =
        assertThrows(IllegalArgumentException.class, () -> new AdamWOptions(1, 0.95, 1e-8, 0, 1, false));
    assertTrue(thrown.getMessage().contains("1.0, 0.95"), thrown.getMessage());
  }
}
