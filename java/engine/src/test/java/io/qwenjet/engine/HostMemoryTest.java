// SPDX-License-Identifier: Apache-2.0
// Memory limits of containers, laid out as the kernel does.
package io.qwenjet.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostMemoryTest {
  @TempDir Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private long available() {
    return new HostMemory(root).available();
  }

  @Test
  void withoutLimitsTheMachineCounts() throws IOException {
    assertEquals(Long.MAX_VALUE, available());
    write("proc/meminfo", "MemTotal:  2000 kB\nMemAvailable:    1000 kB\n");
    assertEquals(1000 * 1024, available());
    write("proc/self/cgroup", "0::/\n");
    write("sys/fs/cgroup/memory.max", "max\n");
    assertEquals(1000 * 1024, available());
  }

  @Test
  void unifiedGroupsLimitAlongTheirPathAndCacheIsFree() throws IOException {
    write("proc/meminfo", "MemAvailable:    1000 kB\n");
    write("proc/self/cgroup", "0::/a/b\n");
    write("sys/fs/cgroup/a/memory.max", "500000\n");
    write("sys/fs/cgroup/a/memory.current", "400000\n");
    write("sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 250000\nactive_file 50000\n");
    write("sys/fs/cgroup/a/b/memory.max", "max\n");
    assertEquals(400_000, available());
    write("sys/fs/cgroup/a/b/memory.max", "300000\n");
    write("sys/fs/cgroup/a/b/memory.current", "100000\n");
    assertEquals(200_000, available());
  }

  @Test
  void insideAContainerTheMountIsTheGroup() throws IOException {
    write("proc/self/cgroup", "0::/not/visible/here\n");
    write("sys/fs/cgroup/memory.max", "700000\n");
    write("sys/fs/cgroup/memory.current", "100000\n");
    assertEquals(600_000, available());
  }

  @Test
  void version1GroupsLimitToo() throws IOException {
    write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/x\n");
    write("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "900000\n");
    write("sys/fs/cgroup/memory/x/memory.usage_in_bytes", "500000\n");
    write("sys/fs/cgroup/memory/x/memory.stat", "total_inactive_file 100000\n");
    assertEquals(500_000, available());
  }

  @Test
  void thisMachineHasSomeMemory() {
    assertTrue(HostMemory.availableBytes() > 1 << 20);
  }
}
