// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.cli.conformance.RunResult.Status;
import io.qwenjet.engine.Compute;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is said of runs that are reported. */
class RowAgreementTest {
  private static RunResult result(Status status, RowAgreement agreement) {
    return new RunResult(
        "case", Compute.BFLOAT16, "len1", 0, Double.NaN, Double.NaN, 1, 1, agreement, status, "");
  }

  @Test
  void equalRowsHaveNoDivergence() {
    float[] rows = {1, 2, 3, 4, 9, 2, 1, 0};
    RowAgreement same = RowAgreement.of(rows, rows, 4);
    assertEquals(2, same.rows());
    assertEquals(2, same.top1Equal());
    assertEquals(2, same.clearRows());
    assertEquals(2, same.clearEqual());
    assertEquals(0, same.meanKl(), 1e-15);
  }

  @Test
  void theDivergenceIsThatOfTheFormula() {
    // p = (1/2, 1/2), q = (1/4, 3/4): 1/2 ln 2 + 1/2 ln(2/3).
    float[] expected = {5, 5};
    float[] got = {0, (float) Math.log(3)};
    double kl = RowAgreement.of(got, expected, 2).meanKl();
    assertEquals(0.5 * Math.log(2) + 0.5 * Math.log(2.0 / 3), kl, 1e-7);
  }

  @Test
  void aRowIsClearWhereItsMarginIsAboveATenthOfItsSpread() {
    // Standard deviation 1: margins of 0.2 and 0.02.
    float[] clear = {1.2f, 1, -1, -1};
    float[] close = {1.02f, 1, -1, -1};
    float[] other = {0, 9, 0, 0};
    assertEquals(new RowAgreement(1, 0, 0, 1, 0), withoutKl(RowAgreement.of(other, clear, 4)));
    assertEquals(new RowAgreement(1, 0, 0, 0, 0), withoutKl(RowAgreement.of(other, close, 4)));
  }

  @Test
  void onlyReportedRunsCountAndThreeInAHundredMayDiffer() {
    RowAgreement all = new RowAgreement(100, 0, 100, 100, 100);
    RowAgreement none = new RowAgreement(3, 0, 0, 3, 0);
    List<RunResult> results =
        List.of(
            result(Status.REPORTED, new RowAgreement(97, 0, 97, 97, 97)),
            result(Status.REPORTED, none),
            result(Status.PASSED, none),
            result(Status.FAILED, all));
    assertEquals(new RowAgreement(100, 0, 97, 100, 97), RunResult.reported(results));
    assertTrue(RunResult.isEnough(RunResult.reported(results)));
    assertFalse(RunResult.isEnough(new RowAgreement(100, 0, 96, 100, 96)));
    assertTrue(RunResult.isEnough(RowAgreement.NONE));
  }

  @Test
  void notANumberIsNoAgreement() {
    float[] expected = {0, 9, 0, 0};
    float nan = Float.NaN;
    RowAgreement broken = RowAgreement.of(new float[] {nan, nan, nan, nan}, expected, 4);
    assertEquals(0, broken.clearEqual());
    assertTrue(Double.isNaN(broken.meanKl()));
  }

  private static RowAgreement withoutKl(RowAgreement a) {
    return new RowAgreement(a.rows(), 0, a.top1Equal(), a.clearRows(), a.clearEqual());
  }
}
