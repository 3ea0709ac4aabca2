// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is killed ten times without warning ends where one that is left alone ends. */
class KillTest {
  private static final int STEPS = 60;
  private static final int KILLS = 10;

  @TempDir private Path folder;

  @Test
  void tenKilledStartsEndBitEqualToOneRun() throws Exception {
    Path whole = folder.resolve("whole");
    assertEquals(TrainLoop.Ending.FINISHED, ToyRun.run(whole, STEPS, 0));

    Path killed = folder.resolve("killed");
    Random random = new Random(5);
    int halfWritten = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Process child = start(killed);
      // Until it has come further than the start before, then a while more: somewhere in a write,
      // for nearly all of a start's time is spent there.
      long before = newest(killed);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (newest(killed) <= before && child.isAlive() && System.nanoTime() < deadline) {
        Thread.sleep(2);
      }
      assertTrue(newest(killed) > before, "the start made no checkpoint");
      Thread.sleep(random.nextInt(60));
      child.destroyForcibly();
      assertTrue(child.waitFor(10, TimeUnit.SECONDS));
      halfWritten += hasHalf(killed) ? 1 : 0;
      if (kill == 4) {
        spoil(checkpoints(killed).get(0));
      }
    }
    assertTrue(halfWritten > 0, "no kill met a write");
    assertTrue(newest(killed) < STEPS, "the last start was not killed on its way");

    assertEquals(TrainLoop.Ending.FINISHED, ToyRun.run(killed, STEPS, 0));
    Path expected = checkpoints(whole).get(0);
    Path got = checkpoints(killed).get(0);
    for (String piece : List.of("weights", "moments")) {
      assertArrayEquals(CheckpointStore.piece(expected, piece), CheckpointStore.piece(got, piece));
    }
    RunState wholeRun = CheckpointStore.header(expected).run();
    RunState killedRun = CheckpointStore.header(got).run();
    assertEquals(wholeRun.position(), killedRun.position());
    assertEquals(wholeRun.tokens(), killedRun.tokens());
    assertEquals(lossesOf(whole), lossesOf(killed), "every step stands in the metrics once");
    assertEquals(2, checkpoints(killed).size());
    assertFalse(hasHalf(killed), "the last write cleans up after the killed ones");
  }

  private Process start(Path out) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            ToyRun.class.getName(), out.toString(), Integer.toString(STEPS), "15")
        .redirectErrorStream(true)
        .redirectOutput(new File(folder.toFile(), "child.log"))
        .start();
  }

  private static List<Path> checkpoints(Path out) throws Exception {
    if (!Files.isDirectory(out)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(out)) {
      return files
          .filter(file -> file.getFileName().toString().matches("checkpoint-\\d+"))
          .sorted((a, b) -> b.compareTo(a))
          .toList();
    }
  }

  private static long newest(Path out) throws Exception {
    List<Path> files = checkpoints(out);
    return files.isEmpty() ? 0 : Long.parseLong(files.get(0).getFileName().toString().substring(11));
  }

  private static boolean hasHalf(Path out) throws Exception {
    try (Stream<Path> files = Files.list(out)) {
      return files.anyMatch(file -> file.toString().endsWith(".half"));
    }
  }

  private static void spoil(Path checkpoint) throws Exception {
    byte[] bytes = Files.readAllBytes(checkpoint);
    bytes[bytes.length / 2] ^= 1;
    Files.write(checkpoint, bytes);
  }

  private static List<String> lossesOf(Path out) throws Exception {
    return Metrics.read(out.resolve(Metrics.FILE_NAME)).stream()
        .map((JsonNode line) -> line.get("step") + " " + line.get("tokens") + " " + line.get("loss"))
        .toList();
  }
}
