// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli.conformance;

import io.qwenjet.engine.Compute;
import java.util.List;
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
 * @param agreement of the rows of logits
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
    RowAgreement agreement,
    Status status,
    String message) {
  private static final String UNSUPPORTED = "not supported";

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
        RowAgreement.NONE,
        Status.FAILED,
        message);
  }

  /** A case whose kind of model is not supported. */
  static RunResult unsupported(ConformanceCase golden, Compute compute, String message) {
    return failed(
        golden.name(), compute, "-", UNSUPPORTED + " (" + golden.architecture() + "): " + message);
  }

  /** Whether the kind of model is not supported. */
  public boolean isUnsupported() {
    return message.startsWith(UNSUPPORTED);
  }

  /** All runs that are reported and not judged by themselves, together. */
  public static RowAgreement reported(List<RunResult> results) {
    return results.stream()
        .filter(r -> r.status() == Status.REPORTED)
        .map(RunResult::agreement)
        .reduce(RowAgreement.NONE, RowAgreement::plus);
  }

  /** Whether enough of the clear rows of what is reported have the reference's best token. */
  public static boolean isEnough(RowAgreement reported) {
    return reported.clearRows() == 0 || reported.clearShare() >= Rules.CLEAR_SHARE;
  }
}
