// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.engine.EmbeddedModel;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Help, versions, exit statuses and what is said where. */
class UsageTest {
  @TempDir private static Path empty;

  /** As in a build without an embedded model. */
  @BeforeAll
  static void takeTheEmbeddedModelAway() {
    System.setProperty(EmbeddedModel.PATH_PROPERTY, empty.toString());
  }

  @AfterAll
  static void bringItBack() {
    System.clearProperty(EmbeddedModel.PATH_PROPERTY);
  }

  @Test
  void theHelpNamesEveryCommand() {
    CommandRun help = CommandRun.of("--help");
    assertEquals(0, help.status());
    assertEquals("", help.err());
    for (String command :
        new String[] {
          "generate",
          "chat",
          "eval",
          "perplexity",
          "inspect",
          "tokenize",
          "conformance",
          "synthesize",
          "quantize",
          "bench"
        }) {
      assertTrue(help.out().contains("\n  " + command), command);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "generate",
        "chat",
        "eval",
        "perplexity",
        "inspect",
        "tokenize",
        "conformance",
        "synthesize",
        "quantize",
        "bench"
      })
  void everyCommandHasHelp(String command) {
    CommandRun help = CommandRun.of(command, "--help");
    assertEquals(0, help.status());
    assertTrue(help.out().contains("Usage: qwenjet " + command), help.out());
    assertFalse(help.out().contains("\u001b"), "colours in a pipe");
  }

  @Test
  void theVersionIsAnAnswer() {
    CommandRun version = CommandRun.of("--version");
    assertEquals(0, version.status());
    assertTrue(version.out().startsWith("qwenjet 0."), version.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                            | expected a command",
        "nonsense                                      | nonsense",
        "generate hello                                | expected --model MODEL, got none",
        "generate hello                                | this build has no embedded model",
        "inspect                                       | expected MODEL, got none",
        "tokenize                                      | expected MODEL, got none",
        "bench                                         | no embedded model",
        "perplexity --text t                           | no embedded model",
        "inspect a --model b                           | expected one of them, got both",
        "chat                                          | synthesize qwen3-0.6b --out DIR",
        "generate -m x --isa sse2                      | avx512-vnni",
        "generate -m x --compute int3                  | expected bfloat16 or float32, got int3",
        "generate -m x --activations int4              | expected auto, int8, int16 or exact, got int4",
        "generate -m x --threads 0                     | --threads: expected 1 or more, got 0",
        "generate -m x --context -4                    | --context: expected 1 or more, got -4",
        "generate -m x --window fixed:0                | at least 1, got 0",
        "generate -m x --top-k many                    | many",
        "synthesize qwen9 --out d                      | expected one of qwen3-0.6b",
        "synthesize qwen3-0.6b                         | --out",
        "synthesize qwen3-0.6b --out d --layers 0      | --layers: expected 1 to 1000, got 0",
        "conformance                                   | CASE_DIR",
        "conformance --page-size 48 d                  | expected a power of two, 16 to 1024, got 48",
        "conformance --chunk 0 d                       | --chunk: expected 1 or more, got 0",
        "conformance --device tpu d                    | --device: expected cpu, got tpu",
        "quantize d --out o                            | --to",
        "quantize d --to int3 --out o                  | --to: expected int4 or int8, got int3",
        "quantize d --to int4 --out o --group-size 7   | expected 32, 64 or 128, got 7",
        "quantize d --to int4 --out o --method awq     | expected --calibration FILE, got none",
        "quantize d --to int4 --out o --embeddings f16 | expected keep or int8, got f16",
        "bench --batch 0 d                             | --batch: expected 1 or more, got 0",
      })
  void wrongUsageIsStatusTwoAndSaysWhatWasExpected(String line, String said) {
    CommandRun run = CommandRun.of(line.isEmpty() ? new String[0] : line.split(" +"));
    assertEquals(2, run.status());
    assertEquals("", run.out());
    assertTrue(run.err().contains(said), run.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "generate -m no-such-folder hello",
        "chat -m no-such-folder",
        "inspect no-such-folder",
        "tokenize no-such-folder",
        "conformance no-such-folder",
        "perplexity no-such-folder --text no-such-file",
        "quantize no-such-folder --to int4 --out never-written"
      })
  void aMissingModelIsOneLineAndStatusOne(String line) {
    CommandRun run = CommandRun.of(line.split(" "));
    assertEquals(1, run.status());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("no-such-folder"), run.err());
  }

  @Test
  void aDefectSaysHowToSeeMore() {
    String text = ErrorText.of(new IllegalStateException("two\n lines"));
    assertEquals(1, text.lines().count());
    assertTrue(text.contains("IllegalStateException: two lines"), text);
    assertTrue(text.contains("--debug"), text);
  }
}
