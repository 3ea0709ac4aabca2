// SPDX-License-Identifier: Apache-2.0
// Memory of this process as Linux counts it.
package io.qwenjet.cli.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Files;
import java.nio.file.Path;

/** High-water marks of this process. */
public final class ProcessMemory {
  /** Tells the kernel to begin a new high-water mark of resident memory (proc(5), clear_refs). */
  private static final String RESET_PEAK = "5";

  private static final Path PROC = Path.of("/proc/self");
  private static final String PEAK = "VmHWM:";

  private ProcessMemory() {}

  /** Forgets the peak so far, so that what was measured before does not count. */
  public static void resetPeak() {
    try {
      Files.writeString(PROC.resolve("clear_refs"), RESET_PEAK);
    } catch (IOException e) {
      // Then the peak is that of the whole process: too high, never too low.
      return;
    }
  }

  /** The most memory that was resident, in bytes; -1 where the system does not say. */
  public static long peakRssBytes() {
    try {
      for (String line : Files.readAllLines(PROC.resolve("status"))) {
        if (line.startsWith(PEAK)) {
          String kilobytes = line.substring(PEAK.length()).replace("kB", "").strip();
          return Long.parseLong(kilobytes) << 10;
        }
      }
    } catch (IOException e) {
      return -1;
    }
    return -1;
  }

  /**
   * The JVM's own heap, metaspace and compiled code as far as they were ever used. What is committed
   * beyond that was never touched, so it is not part of the resident memory that this is taken from.
   */
  public static long jvmBytes() {
    long sum = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      sum += Math.min(pool.getUsage().getCommitted(), pool.getPeakUsage().getUsed());
    }
    return sum;
  }
}
