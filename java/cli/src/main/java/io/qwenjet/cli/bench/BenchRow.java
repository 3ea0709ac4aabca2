// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli.bench;

import java.util.Arrays;

/**
 * Samples of one measurement.
 *
 * @param kind "prefill" or "decode"
 * @param tokens prompt tokens, or generated tokens of each sequence
 * @param depth tokens in the KV cache before
 * @param batch sequences at once
 * @param seconds of each sample
 * @param nativeSeconds of them inside native calls
 * @param bytes that a sample has to read: weights and KV
 * @param flop that a sample has to compute
 */
public record BenchRow(
    String kind,
    int tokens,
    int depth,
    int batch,
    double[] seconds,
    double[] nativeSeconds,
    double bytes,
    double flop) {
  /** Tokens a second in the middle sample. */
  public double tokensPerS() {
    return tokens * (double) batch / medianS();
  }

  /** Tokens a second of the slowest sample. */
  public double min() {
    return tokens * (double) batch / Arrays.stream(seconds).max().orElseThrow();
  }

  /** Tokens a second of the fastest sample. */
  public double max() {
    return tokens * (double) batch / Arrays.stream(seconds).min().orElseThrow();
  }

  /** Share of the bandwidth that reading once what must be read takes. */
  public double bandwidthShare(Ceiling ceiling) {
    return bytes / medianS() / ceiling.bytesPerS();
  }

  /** Share of the arithmetic rate. */
  public double rateShare(Ceiling ceiling) {
    return flop / medianS() / ceiling.flopPerS();
  }

  /** Share of the time outside native calls. */
  public double javaShare() {
    double all = Arrays.stream(seconds).sum();
    return (all - Arrays.stream(nativeSeconds).sum()) / all;
  }

  /** The middle sample, or the mean of the two in the middle. */
  public double medianS() {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
  }
}
