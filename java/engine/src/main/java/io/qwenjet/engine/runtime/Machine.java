// SPDX-License-Identifier: Apache-2.0
// What this machine can run, and its measured limits.
package io.qwenjet.engine.runtime;

import io.qwenjet.bindings.NativeLibrary;
import io.qwenjet.bindings.Processor;
import io.qwenjet.engine.Compute;
import io.qwenjet.engine.InvalidRequestException;
import io.qwenjet.engine.Isa;

/** The processor: paths that it supports and rates that benchmarks divide by. From any thread. */
public final class Machine {
  private Machine() {}

  /**
   * Returns the version of the native library.
   *
   * @return for example "0.1.0"
   */
  public static String nativeVersion() {
    return NativeStatus.call(NativeLibrary::version);
  }

  /**
   * Returns the name of a path.
   *
   * @param isa its number
   * @return for example "avx512-bf16"
   */
  public static String isaName(int isa) {
    return NativeStatus.call(() -> Processor.isaName(isa));
  }

  /**
   * Says whether this machine and its system can run a path.
   *
   * @param isa its number
   * @return true if so
   */
  public static boolean isaSupported(int isa) {
    return NativeStatus.call(() -> Processor.isaSupported(isa));
  }

  /**
   * Passes on a path that this machine can run.
   *
   * @param isa a path or AUTO; not null
   * @return the same
   * @throws InvalidRequestException naming the path if the machine lacks it
   */
  public static Isa requireIsa(Isa isa) {
    if (isa != Isa.AUTO && !isaSupported(isa.code())) {
      throw new InvalidRequestException(
          "isa: expected a path that this machine has, such as "
              + isaName(bestIsa())
              + ", got "
              + isa.label());
    }
    return isa;
  }

  /**
   * Returns the fastest path that is supported, which AUTO stands for.
   *
   * @return its number
   */
  public static int bestIsa() {
    return NativeStatus.call(Processor::bestIsa);
  }

  /**
   * Measures the read bandwidth over memory in huge pages.
   *
   * @param numThreads at least 1
   * @param bytes how much is read
   * @param repeat sweeps, of which the best counts
   * @return bytes a second
   */
  public static double readBandwidth(int numThreads, long bytes, int repeat) {
    return NativeStatus.call(() -> Processor.measureReadBandwidth(numThreads, bytes, repeat));
  }

  /**
   * Measures the arithmetic rate of a path's matrix instruction.
   *
   * @param isa the path's number
   * @param compute the number type
   * @param numThreads at least 1
   * @return FLOP a second
   */
  public static double rate(int isa, Compute compute, int numThreads) {
    int dtype = RuntimeOptions.dtypeCode(compute);
    return NativeStatus.call(() -> Processor.measureRate(isa, dtype, numThreads));
  }

  /**
   * Measures the integer rate of a path's matrix instruction on int8.
   *
   * @param isa the path's number
   * @param numThreads at least 1
   * @return operations a second, a multiplication and an addition counted as two
   */
  public static double int8Rate(int isa, int numThreads) {
    return NativeStatus.call(() -> Processor.measureRate(isa, Processor.INT8, numThreads));
  }
}
