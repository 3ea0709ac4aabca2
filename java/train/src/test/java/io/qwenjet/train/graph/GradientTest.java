// SPDX-License-Identifier: Apache-2.0
// The written-out gradient against central differences of the loss, in double, for every published
// tensor of dense and sparse models.
package io.qwenjet.train.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.train.data.TokenBatch;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

final class GradientTest {
  /** Central differences in double at this step are right to about 1e-9 of the loss. */
  private static final double STEP = 1e-5;

  private static final double TOLERANCE = 2e-6;

  @Test
  void denseTiedModel() {
    check(TinyModels.dense(true));
  }

  @Test
  void denseUntiedModel() {
    check(TinyModels.dense(false));
  }

  @Test
  void sparseModelWithRenormalisedExperts() {
    check(TinyModels.moe(true));
  }

  @Test
  void sparseModelWithPlainProbabilities() {
    check(TinyModels.moe(false));
  }

  private static void check(ModelShape shape) {
    List<TokenBatch> batches =
        List.of(
            TinyModels.packed(3, 11, shape.vocabSize(), 5),
            TinyModels.plain(2, 9, shape.vocabSize(), 6));
    double weight = 0;
    for (TokenBatch batch : batches) {
      for (float w : batch.weights()) {
        weight += w;
      }
    }
    try (Parameters parameters = TinyModels.lively(shape, 3, ScalarType.Double);
        QwenGraph graph = new QwenGraph(parameters, Precision.FLOAT32)) {
      graph.begin();
      LossSums sums = LossSums.NONE;
      for (TokenBatch batch : batches) {
        sums = sums.plus(graph.accumulate(batch, 1 / weight, 0.5));
      }
      graph.end();
      assertEquals(weight, sums.weight(), 1e-5);
      DoublePointer weights = new DoublePointer(parameters.weights().data_ptr());
      DoublePointer gradients = new DoublePointer(parameters.gradients().data_ptr());
      assertEquals(loss(graph, batches, weight), objective(shape, sums, weight), 1e-12);
      Random random = new Random(9);
      double largest = 0;
      for (ParameterLayout.Slot slot : parameters.layout().slots().values()) {
        double norm = 0;
        for (long i = slot.offset(); i < slot.offset() + slot.size(); i++) {
          norm += gradients.get(i) * gradients.get(i);
        }
        assertTrue(norm > 0, slot.name() + ": expected a gradient, got none");
        for (int sample = 0; sample < 2; sample++) {
          long index = slot.offset() + random.nextInt((int) slot.size());
          double value = weights.get(index);
          weights.put(index, value + STEP);
          double above = loss(graph, batches, weight);
          weights.put(index, value - STEP);
          double below = loss(graph, batches, weight);
          weights.put(index, value);
          double expected = (above - below) / (2 * STEP);
          double got = gradients.get(index);
          largest = Math.max(largest, Math.abs(expected));
          assertEquals(
              expected, got, TOLERANCE * Math.max(1, Math.abs(expected)), slot.name() + " at " + index);
        }
      }
      assertTrue(largest > 1e-3, "expected gradients to compare, got at most " + largest);
    }
  }

  private static double loss(QwenGraph graph, List<TokenBatch> batches, double weight) {
    graph.refresh();
    LossSums sums = LossSums.NONE;
    for (TokenBatch batch : batches) {
      sums = sums.plus(graph.evaluate(batch));
    }
    return objective(graph.parameters().shape(), sums, weight);
  }

  private static double objective(ModelShape shape, LossSums sums, double weight) {
    double router = shape.moe().map(MoeShape::routerAuxLossCoef).orElse(0.0);
    return sums.weightedNll() / weight + router * sums.routerLoss() / sums.batches();
  }
}
