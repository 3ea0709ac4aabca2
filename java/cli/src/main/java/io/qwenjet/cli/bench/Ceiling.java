// SPDX-License-Identifier: Apache-2.0
// What the machine can do at most, measured in this process with the same threads, before and after
// the benchmark: the better of both counts, since a shared machine drifts.
package io.qwenjet.cli.bench;

import io.qwenjet.engine.Compute;
import io.qwenjet.engine.runtime.Machine;

/** Best read bandwidth and arithmetic rate so far. */
public final class Ceiling {
  private static final long READ_BYTES = 1L << 30;
  private static final int READ_REPEAT = 5;

  private final int isa;
  private final Compute compute;
  private final boolean withInt8;
  private final int threads;
  private double bytesPerS;
  private double flopPerS;

  /**
   * Nothing measured yet.
   *
   * @param withInt8 whether products may be taken in int8
   */
  public Ceiling(int isa, Compute compute, boolean withInt8, int threads) {
    this.isa = isa;
    this.compute = compute;
    this.withInt8 = withInt8;
    this.threads = threads;
  }

  /** Measures once more; takes some seconds and a gigabyte of memory, which it gives back. */
  public void measure() {
    bytesPerS = Math.max(bytesPerS, Machine.readBandwidth(threads, READ_BYTES, READ_REPEAT));
    flopPerS = Math.max(flopPerS, Machine.rate(isa, compute, threads));
    if (compute == Compute.BFLOAT16) {
      // A path without bfloat16 products multiplies in float32.
      flopPerS = Math.max(flopPerS, Machine.rate(isa, Compute.FLOAT32, threads));
    }
    if (withInt8) {
      flopPerS = Math.max(flopPerS, Machine.int8Rate(isa, threads));
    }
  }

  /** Bytes a second. */
  public double bytesPerS() {
    return bytesPerS;
  }

  /** Operations a second: of floats, or of int8 where that is faster and may be used. */
  public double flopPerS() {
    return flopPerS;
  }
}
