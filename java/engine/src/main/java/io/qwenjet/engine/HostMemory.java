// SPDX-License-Identifier: Apache-2.0
// How much memory this process may still take: what the machine has available, and what the control
// groups of a container (versions 1 and 2) leave. Page cache that the kernel can take back counts as
// free in both.
package io.qwenjet.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

final class HostMemory {
  private final Path root;

  /** Reads below a root; "/" but in tests. */
  HostMemory(Path root) {
    this.root = root;
  }

  static long availableBytes() {
    return new HostMemory(Path.of("/")).available();
  }

  /** The least of all limits; the largest long where nothing is known. */
  long available() {
    long available = Long.MAX_VALUE;
    for (String line : lines(root.resolve("proc/meminfo"))) {
      if (line.startsWith("MemAvailable:")) {
        available = Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] fields = line.split(":", 3);
      if (fields.length == 3 && fields[1].isEmpty()) {
        available = Math.min(available, alongPath("sys/fs/cgroup", fields[2], true));
      } else if (fields.length == 3 && List.of(fields[1].split(",")).contains("memory")) {
        available = Math.min(available, alongPath("sys/fs/cgroup/memory", fields[2], false));
      }
    }
    return Math.max(available, 0);
  }

  /** Limits of a group and of all groups above it; inside a container only the mount may be seen. */
  private long alongPath(String mount, String group, boolean unified) {
    Path top = root.resolve(mount);
    Path folder = top.resolve(group.replaceFirst("^/+", "")).normalize();
    long available = Long.MAX_VALUE;
    while (folder.startsWith(top)) {
      available = Math.min(available, unified ? leftUnified(folder) : leftVersion1(folder));
      if (folder.equals(top)) {
        break;
      }
      folder = folder.getParent();
    }
    return available;
  }

  private static long leftUnified(Path folder) {
    return left(
        number(folder.resolve("memory.max")),
        number(folder.resolve("memory.current")),
        cache(folder.resolve("memory.stat"), Set.of("inactive_file", "active_file")));
  }

  private static long leftVersion1(Path folder) {
    return left(
        number(folder.resolve("memory.limit_in_bytes")),
        number(folder.resolve("memory.usage_in_bytes")),
        cache(
            folder.resolve("memory.stat"), Set.of("total_inactive_file", "total_active_file")));
  }

  private static long left(long limit, long used, long cache) {
    return limit < 0 ? Long.MAX_VALUE : limit - Math.max(0, Math.max(used, 0) - cache);
  }

  private static long cache(Path stat, Set<String> keys) {
    long bytes = 0;
    for (String line : lines(stat)) {
      String[] fields = line.split(" ");
      if (fields.length == 2 && keys.contains(fields[0])) {
        bytes += Long.parseLong(fields[1]);
      }
    }
    return bytes;
  }

  /** The number in a file; -1 for no file or no limit ("max"). */
  private static long number(Path file) {
    List<String> lines = lines(file);
    if (lines.isEmpty() || !lines.get(0).strip().matches("[0-9]{1,18}")) {
      return -1;
    }
    return Long.parseLong(lines.get(0).strip());
  }

  private static List<String> lines(Path file) {
    try {
      return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      return List.of();
    }
  }
}
