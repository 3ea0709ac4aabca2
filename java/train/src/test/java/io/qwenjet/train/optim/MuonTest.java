// SPDX-License-Identifier: Apache-2.0
// Muon against its formula in double, and the direction it takes: singular values near 1.
package io.qwenjet.train.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.train.graph.Parameters;
import io.qwenjet.train.graph.Scope;
import io.qwenjet.train.graph.TinyModels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // A scope acts by being open.
final class MuonTest {
  private static final AdamWOptions MUON = new AdamWOptions(0.9, 0.95, 1e-8, 0.1, 0.5, true);

  /** Float32 against double over 15 products of small matrices, a few steps. */
  private static final double TOLERANCE = 2e-5;

  @Test
  void matricesOfLayersTakeItsStepsAndAllElseThoseOfAdamW() {
    try (Parameters parameters = TinyModels.lively(TinyModels.dense(false), 2);
        Parameters plain = TinyModels.lively(TinyModels.dense(false), 2);
        AdamW muon = new AdamW(parameters, MUON);
        AdamW adam = new AdamW(plain, new AdamWOptions(0.9, 0.95, 1e-8, 0.1, 0.5, false))) {
      List<String> matrices = parameters.layerMatrices();
      Map<String, double[]> weights = new HashMap<>();
      Map<String, double[]> momentum = new HashMap<>();
      for (String name : matrices) {
        weights.put(name, doubles(parameters.read(name)));
        momentum.put(name, new double[weights.get(name).length]);
      }
      Random random = new Random(11);
      float[] gradient = new float[(int) parameters.size()];
      for (int step = 1; step <= 3; step++) {
        double rate = 0.02 / step;
        double squares = 0;
        for (int i = 0; i < gradient.length; i++) {
          gradient[i] = (float) (random.nextGaussian() * 0.1);
          squares += (double) gradient[i] * gradient[i];
        }
        double clip = Math.min(1, 0.5 / Math.sqrt(squares));
        put(parameters, gradient);
        put(plain, gradient);
        for (String name : matrices) {
          double[] g = gradient(parameters, name);
          expectedStep(weights.get(name), momentum.get(name), g, clip, rate, parameters.dimensions(name));
        }
        muon.step(rate);
        adam.step(rate);
      }
      for (String name : parameters.names()) {
        if (matrices.contains(name)) {
          assertArrayEquals(weights.get(name), doubles(parameters.read(name)), TOLERANCE, name);
        } else {
          assertArrayEquals(plain.read(name), parameters.read(name), name);
        }
      }
      assertTrue(matrices.stream().noneMatch(name -> name.contains("embed") || name.contains("norm")));
    }
  }

  @Test
  void singularValuesComeNearOne() {
    for (long[] shape : List.of(new long[] {3, 24, 24}, new long[] {2, 16, 40}, new long[] {2, 40, 16})) {
      try (Scope scope = new Scope()) {
        torch.manual_seed(5);
        Tensor random = torch.randn(shape);
        Tensor values = torch.linalg_svdvals(Muon.orthogonalized(random, ScalarType.Float));
        // A square matrix of noise has singular values near 0, which five steps leave below 1.
        double least = shape[1] == shape[2] ? 0.0 : 0.6;
        assertTrue(values.min().item_double() > least, values.min().item_double() + " of " + shape[1]);
        assertTrue(values.max().item_double() < 1.3, values.max().item_double() + " of " + shape[1]);
      }
    }
  }

  private static void expectedStep(
      double[] weight, double[] momentum, double[] gradient, double clip, double rate, long[] shape) {
    int rows = (int) shape[0];
    int cols = (int) shape[1];
    double[][] x = new double[rows][cols];
    double norm = 0;
    for (int i = 0; i < weight.length; i++) {
      double g = gradient[i] * clip;
      momentum[i] = 0.95 * momentum[i] + 0.05 * g;
      x[i / cols][i % cols] = 0.05 * g + 0.95 * momentum[i];
      norm += x[i / cols][i % cols] * x[i / cols][i % cols];
    }
    for (double[] row : x) {
      for (int c = 0; c < cols; c++) {
        row[c] /= Math.sqrt(norm);
      }
    }
    for (int i = 0; i < 5; i++) {
      double[][] a = times(x, transposed(x));
      double[][] square = times(a, a);
      double[][] polynomial = new double[rows][rows];
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < rows; c++) {
          polynomial[r][c] = -4.7750 * a[r][c] + 2.0315 * square[r][c] + (r == c ? 3.4445 : 0);
        }
      }
      x = times(polynomial, x);
    }
    for (int i = 0; i < weight.length; i++) {
      weight[i] *= 1 - rate * 0.1;
      weight[i] -= rate * 0.2 * Math.sqrt(Math.max(rows, cols)) * x[i / cols][i % cols];
    }
  }

  private static double[][] times(double[][] a, double[][] b) {
    double[][] product = new double[a.length][b[0].length];
    for (int r = 0; r < a.length; r++) {
      for (int k = 0; k < b.length; k++) {
        for (int c = 0; c < b[0].length; c++) {
          product[r][c] += a[r][k] * b[k][c];
        }
      }
    }
    return product;
  }

  private static double[][] transposed(double[][] a) {
    double[][] turned = new double[a[0].length][a.length];
    for (int r = 0; r < a.length; r++) {
      for (int c = 0; c < a[0].length; c++) {
        turned[c][r] = a[r][c];
      }
    }
    return turned;
  }

  private static void put(Parameters parameters, float[] gradient) {
    try (Scope scope = new Scope()) {
      new FloatPointer(parameters.gradients().data_ptr()).put(gradient);
    }
  }

  private static double[] gradient(Parameters parameters, String name) {
    try (Scope scope = new Scope()) {
      Tensor view = parameters.view(parameters.gradients(), name);
      float[] values = new float[(int) view.numel()];
      new FloatPointer(view.data_ptr()).get(values);
      return doubles(values);
    }
  }

  private static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
