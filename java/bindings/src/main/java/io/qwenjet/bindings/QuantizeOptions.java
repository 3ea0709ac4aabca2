// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

/**
 * How a checkpoint is quantised; the fields of the C API's {@code qj_quantize_options}, whose ranges
 * hold.
 *
 * @param bits 4 or 8
 * @param groupSize columns that share a scale: 32, 64 or 128
 * @param asymmetric a zero point a group
 * @param methods which are tried: a sum of {@link #RTN}, {@link #AWQ}, {@link #GPTQ} and {@link
 *     #AWQ_GPTQ}
 * @param quantizeEmbeddings the embedding and an untied head in 8 bits, a scale a row
 * @param isa a number of {@link Processor}, or {@link Processor#ISA_AUTO}
 * @param numThreads at least 1
 * @param numCalibration sequences that methods are fitted to; 0 for none
 * @param numEvaluation sequences behind them that results are measured on
 * @param maxShardBytes of one file
 */
public record QuantizeOptions(
    int bits,
    int groupSize,
    boolean asymmetric,
    int methods,
    boolean quantizeEmbeddings,
    int isa,
    int numThreads,
    int numCalibration,
    int numEvaluation,
    long maxShardBytes) {
  /** Round to nearest, scales by search. */
  public static final int RTN = 1;

  /** The same after activation-aware scaling. */
  public static final int AWQ = 2;

  /** Errors of a column are made up for in later ones. */
  public static final int GPTQ = 4;

  /** Both of them. */
  public static final int AWQ_GPTQ = 8;
}
