// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli.conformance;

import io.qwenjet.engine.Compute;
import java.util.Locale;

/**
 * What came of one run in one number type.
 *
 * @param caseName the case
 * @param compute the number type
 * @param run the run; "-" where the case could not be run at all
 * @param relErr relative error of the logits; NaN where there is none
 * @param limit what relErr may be; NaN where it is not judged
 * @param hiddenRelErr relative error of the final-norm output; NaN where none was recorded
 * @param tokensEqual greedy tokens that agree before the first that differs
 * @param tokens greedy tokens of the reference
 * @param status the verdict
 * @param message what is to be said; empty for nothing
 */
public record RunResult(
    String caseName,
    Compute compute,
    String run,
    double relErr,
    double limit,
    double hiddenRelErr,
    int tokensEqual,
    int tokens,
    Status status,
    String message) {
  /** A verdict. */
  public enum Status {
    /** Within the limits. */
    PASSED,
    /** Not within the limits, or it could not be run. */
    FAILED,
    /** Run, but there is no limit for it. */
    REPORTED;

    /** As tables and JSON write it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A run that could not be made. */
  public static RunResult failed(String caseName, Compute compute, String run, String message) {
    return new RunResult(
        caseName,
        compute,
        run,
        Double.NaN,
        Double.NaN,
        Double.NaN,
        0,
        0,
        Status.FAILED,
        message);
  }
}
