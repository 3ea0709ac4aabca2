// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli.quantize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The sequences of a quantisation behind each other.
 *
 * @param ids all tokens
 * @param lengths tokens of each sequence
 * @param numCalibration sequences that methods are fitted to, the first ones
 * @param numEvaluation sequences that results are measured on
 */
public record TokenText(int[] ids, int[] lengths, int numCalibration, int numEvaluation) {
  /** From both lists. */
  public static TokenText of(List<int[]> calibration, List<int[]> evaluation) {
    List<int[]> all = new ArrayList<>(calibration);
    all.addAll(evaluation);
    return new TokenText(
        all.stream().flatMapToInt(Arrays::stream).toArray(),
        all.stream().mapToInt(sequence -> sequence.length).toArray(),
        calibration.size(),
        evaluation.size());
  }
}
