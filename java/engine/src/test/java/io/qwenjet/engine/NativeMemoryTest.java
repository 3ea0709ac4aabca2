// SPDX-License-Identifier: Apache-2.0
// What opening and closing engines leaves behind: nothing. Measured in a process of its own whose
// heap is whole in memory from the start, so that what grows is native.
package io.qwenjet.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class NativeMemoryTest {
  private static final int ROUNDS = 40;
  private static final int SETTLED = 10;

  // An engine that is not given back keeps 0.9 MB (weights, the pages and activations of a prompt):
  // 26 MB in the rounds that count. What the JVM itself still adds by then is 1 to 3 MB.
  private static final long MAY_GROW_BYTES = 12L << 20;

  @Test
  void openingAndClosingManyTimesKeepsNoMemory() throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-Xms48m",
                    "-Xmx48m",
                    "-XX:+AlwaysPreTouch",
                    "-XX:TieredStopAtLevel=1",
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Program.class.getName()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(10, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), out);
    long grown = Long.parseLong(out.strip());
    assertTrue(grown <= MAY_GROW_BYTES, "grew by " + grown + " bytes");
  }

  /** Opens and closes engines and prints by how many bytes the process grew. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) throws IOException {
      Path model = NativeModels.path("qwen3-dense");
      GenerationRequest request = NativeModels.Golden.of("qwen3-dense", "len130").request();
      long settled = 0;
      for (int round = 0; round < ROUNDS; round++) {
        try (Engine engine = Engine.open(model, NativeModels.float32().contextLength(1024))) {
          engine.generate(request);
        }
        if (round == SETTLED) {
          settled = residentBytes();
        }
      }
      System.out.println(residentBytes() - settled);
    }

    private static long residentBytes() throws IOException {
      System.gc();
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
      throw new IOException("no VmRSS in /proc/self/status");
    }
  }
}
