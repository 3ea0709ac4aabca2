// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import io.qwenjet.bindings.capi.QwenjetC;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands the native library's log messages to SLF4J, as logger {@code io.qwenjet.native}. */
public final class NativeLog {
  private static final int CAPACITY = 4096;
  private static final Logger logger = LoggerFactory.getLogger("io.qwenjet.native");

  private NativeLog() {}

  /**
   * Passes on every message that waits, oldest first. Cheap when there is none; safe from any
   * thread. Opening, planning and closing drain by themselves.
   */
  public static void drain() {
    NativeLibrary.load();
    int[] level = new int[1];
    byte[] text = new byte[CAPACITY];
    while (QwenjetC.qj_log_next(level, text, CAPACITY) == 1) {
      write(level[0], message(text));
    }
  }

  private static String message(byte[] text) {
    int end = 0;
    while (end < text.length && text[end] != 0) {
      end++;
    }
    return new String(text, 0, end, StandardCharsets.UTF_8);
  }

  private static void write(int level, String message) {
    switch (level) {
      case 0 -> logger.debug("{}", message);
      case 1 -> logger.info("{}", message);
      case 2 -> logger.warn("{}", message);
      default -> logger.error("{}", message);
    }
  }
}
