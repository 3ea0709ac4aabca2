// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.cli.conformance.Rules.Agreement;
import io.qwenjet.engine.Activations;
import io.qwenjet.engine.Compute;
import org.junit.jupiter.api.Test;

/** The arithmetic of the limits; what must fail does fail. */
class RulesTest {
  private static GoldenRun run(double referenceErr, double std, int[] generated, float... margin) {
    return new GoldenRun(
        "len1", "text", new int[] {3}, new float[1], 1, generated, margin, null, referenceErr, std);
  }

  @Test
  void limitsAreThoseOfTheCases() {
    GoldenRun run = run(0.01, 2, new int[0]);
    assertEquals(1e-4, Rules.limit(Compute.FLOAT32, Activations.AUTO, run), 0);
    assertEquals(1.5 * 0.01 + 0.002, Rules.limit(Compute.BFLOAT16, Activations.AUTO, run), 1e-15);
    assertEquals(1e-3, Rules.marginLimit(Compute.FLOAT32, run, 0.5), 0);
    assertEquals(10 * 0.004 * 2, Rules.marginLimit(Compute.BFLOAT16, run, 0.004), 1e-15);
  }

  @Test
  void withoutAReferenceErrorBfloat16IsNotJudged() {
    GoldenRun run = run(Double.NaN, Double.NaN, new int[0]);
    assertTrue(Double.isNaN(Rules.limit(Compute.BFLOAT16, Activations.AUTO, run)));
    assertEquals(1e-4, Rules.limit(Compute.FLOAT32, Activations.AUTO, run), 0);
  }

  @Test
  void float32IsJudgedWhereInputsAreExact() {
    GoldenRun run = run(0.01, 2, new int[0]);
    assertEquals(1e-4, Rules.limit(Compute.FLOAT32, Activations.EXACT, run), 0);
    assertTrue(Double.isNaN(Rules.limit(Compute.FLOAT32, Activations.INT8, run)));
    assertTrue(Double.isNaN(Rules.limit(Compute.FLOAT32, Activations.INT16, run)));
  }

  @Test
  void theErrorIsThatOfTheWholeTensor() {
    assertEquals(0, Rules.relativeError(new float[] {3, 4}, new float[] {3, 4}), 0);
    assertEquals(0.2, Rules.relativeError(new float[] {3, 5}, new float[] {3, 4}), 1e-15);
    double withNan = Rules.relativeError(new float[] {3, Float.NaN}, new float[] {3, 4});
    assertFalse(withNan <= Rules.FLOAT32_LIMIT, "NaN passes");
  }

  @Test
  void equalTokensAgree() {
    GoldenRun run = run(0.01, 1, new int[] {5, 6}, 0.5f, 0.5f);
    assertEquals(new Agreement(2, 2, true), Rules.agreement(new int[] {5, 6}, run, 1e-3));
  }

  @Test
  void aTokenMayDifferWhereTheMarginIsSmallAndNowhereElse() {
    GoldenRun run = run(0.01, 1, new int[] {5, 6, 7}, 0.5f, 0.0005f, 0.5f);
    assertEquals(new Agreement(1, 3, true), Rules.agreement(new int[] {5, 9, 9}, run, 1e-3));
    assertEquals(new Agreement(0, 3, false), Rules.agreement(new int[] {9, 6, 7}, run, 1e-3));
    // An error that is no number excuses nothing.
    double margin = Rules.marginLimit(Compute.BFLOAT16, run, Double.NaN);
    assertFalse(Rules.agreement(new int[] {5, 9, 9}, run, margin).isAccepted());
  }
}
