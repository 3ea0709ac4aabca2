// SPDX-License-Identifier: Apache-2.0
// How far rows of logits are from the reference's as distributions: what is said of modes that are
// reported and not judged run by run.
package io.qwenjet.cli.conformance;

/**
 * Rows of logits beside the reference's. A row is clear where the reference's best logit is more than
 * {@link Rules#CLEAR_MARGIN} of the row's standard deviation above its second.
 *
 * @param rows how many
 * @param klSum sum of the rows' KL divergences of the computed distribution from the reference's
 * @param top1Equal rows whose best token is the reference's
 * @param clearRows rows that are clear
 * @param clearEqual clear rows whose best token is the reference's
 */
public record RowAgreement(int rows, double klSum, int top1Equal, int clearRows, int clearEqual) {
  /** Of no rows. */
  public static final RowAgreement NONE = new RowAgreement(0, 0, 0, 0, 0);

  /** Compares rows, row-major. */
  static RowAgreement of(float[] got, float[] expected, int vocabSize) {
    RowAgreement all = NONE;
    for (int at = 0; at < expected.length; at += vocabSize) {
      int best = best(expected, at, vocabSize);
      boolean equal = best(got, at, vocabSize) == best;
      boolean clear =
          margin(expected, at, vocabSize, best)
              > Rules.CLEAR_MARGIN * std(expected, at, vocabSize);
      all =
          all.plus(
              new RowAgreement(
                  1,
                  divergence(got, expected, at, vocabSize),
                  equal ? 1 : 0,
                  clear ? 1 : 0,
                  equal && clear ? 1 : 0));
    }
    return all;
  }

  /** Both together. */
  public RowAgreement plus(RowAgreement other) {
    return new RowAgreement(
        rows + other.rows,
        klSum + other.klSum,
        top1Equal + other.top1Equal,
        clearRows + other.clearRows,
        clearEqual + other.clearEqual);
  }

  /** KL divergence of a row in the mean; NaN of no rows. */
  public double meanKl() {
    return klSum / rows;
  }

  /** Share of the clear rows whose best token is the reference's; NaN where none is clear. */
  public double clearShare() {
    return (double) clearEqual / clearRows;
  }

  private static int best(float[] logits, int at, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      if (logits[at + i] > logits[at + best]) {
        best = i;
      }
    }
    return best;
  }

  private static double margin(float[] logits, int at, int count, int best) {
    double second = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      if (i != best) {
        second = Math.max(second, logits[at + i]);
      }
    }
    return logits[at + best] - second;
  }

  private static double std(float[] logits, int at, int count) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < count; i++) {
      sum += logits[at + i];
      squares += (double) logits[at + i] * logits[at + i];
    }
    return Math.sqrt(squares / count - sum / count * (sum / count));
  }

  /** Sum of p (log p - log q) over the row, p the reference's distribution. */
  private static double divergence(float[] got, float[] expected, int at, int count) {
    double gotLse = logSumExp(got, at, count);
    double expectedLse = logSumExp(expected, at, count);
    double sum = 0;
    for (int i = 0; i < count; i++) {
      double logP = expected[at + i] - expectedLse;
      sum += Math.exp(logP) * (logP - (got[at + i] - gotLse));
    }
    return sum;
  }

  private static double logSumExp(float[] logits, int at, int count) {
    double max = logits[at + best(logits, at, count)];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.exp(logits[at + i] - max);
    }
    return max + Math.log(sum);
  }
}
