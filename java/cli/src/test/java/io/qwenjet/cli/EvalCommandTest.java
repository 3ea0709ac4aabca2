// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.cli.synthesize.CheckpointWriter;
import io.qwenjet.cli.synthesize.ModelShape;
import io.qwenjet.engine.EmbeddedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The eval command: somebody's items on random weights, the frozen ones on the embedded model. */
class EvalCommandTest {
  private static final int LIMIT = 20;

  @TempDir private Path folder;

  private Path items(String... lines) throws IOException {
    return Files.write(folder.resolve("items.jsonl"), List.of(lines));
  }

  @Test
  void somebodysItemsAreScoredByFamily() throws IOException {
    Path model = folder.resolve("model");
    new CheckpointWriter(ModelShape.of("tiny"), 1, 2).write(model, null, (done, total) -> {});
    Path items =
        items(
            "{\"messages\":[\"2+2\"],\"check\":{\"kind\":\"number\",\"answer\":4}}",
            "{\"messages\":[\"3+3\"],\"check\":{\"kind\":\"number\",\"answer\":6}}",
            "{\"family\":\"long\",\"messages\":[\"" + "so ".repeat(200) + "\"],"
                + "\"check\":{\"kind\":\"json\",\"fields\":{\"a\":1}}}");
    Path failures = folder.resolve("failures.jsonl");
    CommandRun run =
        CommandRun.of(
            "eval", "nano", "--json", "--model", model.toString(), "--context", "64",
            "--prompts", items.toString(), "--failures", failures.toString());
    assertEquals(0, run.status(), run.err());
    JsonNode report = new ObjectMapper().readTree(run.out());
    assertEquals(2, report.at("/families/prompts/n").asInt());
    assertEquals(1, report.at("/families/long/n").asInt());
    assertEquals(0, report.at("/families/long/correct").asInt());
    assertEquals(1, report.at("/beside/fields/number/n").asInt());
    long wrong = 3 - report.at("/families/prompts/correct").asInt();
    assertEquals(wrong, Files.readAllLines(failures).size());
    assertTrue(Files.readString(failures).contains("expected a prompt that fits"));
  }

  @Test
  void aBrokenItemIsNamedWithItsLine() throws IOException {
    Path items = items("{\"messages\":[\"2+2\"]}");
    CommandRun run = CommandRun.of("eval", "nano", "--prompts", items.toString());
    assertEquals(1, run.status());
    assertTrue(run.err().contains("items.jsonl:1: expected a \"check\""), run.err());
  }

  @Test
  void otherSubjectsAndLimitsAreWrongUsage() {
    assertEquals(2, CommandRun.of("eval", "mmlu").status());
    assertEquals(2, CommandRun.of("eval").status());
    assertEquals(2, CommandRun.of("eval", "nano", "--limit", "0").status());
  }

  @Test
  void theEmbeddedModelAnswersTwentyItemsOfEachFamily() throws IOException {
    CommandRun run = CommandRun.of("eval", "nano", "--json", "--limit", "" + LIMIT);
    if (!EmbeddedModel.isPresent()) {
      assertEquals(2, run.status(), run.err());
      assertTrue(run.err().contains("--model"), run.err());
      return;
    }
    assertEquals(0, run.status(), run.err());
    JsonNode report = new ObjectMapper().readTree(run.out());
    assertEquals(14, report.path("families").size());
    for (JsonNode family : report.path("families")) {
      assertEquals(LIMIT, family.path("n").asInt());
    }
    // Far above what random weights or a broken kernel reach, and far below the model's own score.
    assertTrue(report.path("overall").asDouble() > 0.3, run.out());
  }
}
