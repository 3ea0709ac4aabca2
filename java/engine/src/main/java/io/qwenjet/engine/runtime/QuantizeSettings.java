// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine.runtime;

import io.qwenjet.bindings.QuantizeOptions;
import io.qwenjet.engine.Isa;
import java.util.Set;

/**
 * How a checkpoint is quantised.
 *
 * @param bits 4 or 8
 * @param groupSize columns that share a scale: 32, 64 or 128
 * @param asymmetric a zero point a group
 * @param methods which are tried, at least one; those that need it only with calibration text
 * @param quantizeEmbeddings the embedding and an untied head in 8 bits, a scale a row
 * @param isa the instruction-set path; not null
 * @param threads at least 1
 * @param numCalibration sequences that methods are fitted to
 * @param numEvaluation sequences behind them that results are measured on
 * @param maxShardBytes of one file
 */
public record QuantizeSettings(
    int bits,
    int groupSize,
    boolean asymmetric,
    Set<QuantizeMethod> methods,
    boolean quantizeEmbeddings,
    Isa isa,
    int threads,
    int numCalibration,
    int numEvaluation,
    long maxShardBytes) {
  /** Copies. */
  public QuantizeSettings {
    methods = Set.copyOf(methods);
  }

  QuantizeOptions toNative() {
    return new QuantizeOptions(
        bits,
        groupSize,
        asymmetric,
        methods.stream().mapToInt(QuantizeMethod::bit).sum(),
        quantizeEmbeddings,
        isa.code(),
        threads,
        numCalibration,
        numEvaluation,
        maxShardBytes);
  }
}
