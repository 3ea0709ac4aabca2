// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import io.qwenjet.bindings.capi.QwenjetC;
import java.util.ArrayList;
import java.util.List;

/** What this machine's processor can run, and how fast. Safe from any thread. */
public final class Processor {
  /** Chooses the fastest path that the machine has. */
  public static final int ISA_AUTO = -1;

  /** For {@link #measureRate}: integer products of int8. */
  public static final int INT8 = 2;

  private Processor() {}

  /** Names of the instruction-set paths, such as {@code avx512-bf16}; a path's number is its index. */
  public static List<String> isaNames() {
    NativeLibrary.load();
    List<String> names = new ArrayList<>();
    for (int isa = 0; isaName(isa) != null; isa++) {
      names.add(isaName(isa));
    }
    return List.copyOf(names);
  }

  /** The name of a path; null for a number outside the list. */
  public static String isaName(int isa) {
    NativeLibrary.load();
    return NativeLibrary.text(QwenjetC.qj_isa_name(isa));
  }

  /** True when this machine and its system can run the path. */
  public static boolean isaSupported(int isa) {
    NativeLibrary.load();
    return QwenjetC.qj_isa_supported(isa) == 1;
  }

  /** The number of the fastest path that is supported. */
  public static int bestIsa() {
    NativeLibrary.load();
    return QwenjetC.qj_isa_best();
  }

  /** Best read rate of {@code repeat} sweeps over {@code bytes} of memory, in bytes per second. */
  public static double measureReadBandwidth(int numThreads, long bytes, int repeat) {
    NativeLibrary.load();
    double[] result = new double[1];
    NativeLibrary.check(
        QwenjetC.qj_measure_read_bandwidth(numThreads, bytes, repeat, result));
    return result[0];
  }

  /**
   * Arithmetic rate of a path's matrix instruction for a dtype of {@link ModelOptions}, FLOP/s, or for
   * {@link #INT8}, integer operations a second.
   */
  public static double measureRate(int isa, int dtype, int numThreads) {
    NativeLibrary.load();
    double[] result = new double[1];
    NativeLibrary.check(QwenjetC.qj_measure_rate(isa, dtype, numThreads, result));
    return result[0];
  }
}
