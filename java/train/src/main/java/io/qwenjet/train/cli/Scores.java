// SPDX-License-Identifier: Apache-2.0
// Scores an export with the evaluation, through the engine, and keeps the score beside the metrics.
package io.qwenjet.train.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.cli.Streams;
import io.qwenjet.engine.Engine;
import io.qwenjet.engine.EngineOptions;
import io.qwenjet.eval.EvaluationReport;
import io.qwenjet.eval.NanoEvaluation;
import io.qwenjet.train.run.Plot;
import io.qwenjet.train.run.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

final class Scores {
  private static final int MAX_SEQUENCES = 64;

  private Scores() {}

  /** Appends a line to the run's scores. */
  static void add(Path run, Path model, RunState state, int itemsPerFamily, Streams streams)
      throws IOException {
    EvaluationReport report;
    try (Engine engine = Engine.open(model, EngineOptions.defaults().maxSequences(MAX_SEQUENCES))) {
      report = NanoEvaluation.frozen(itemsPerFamily).run(engine, (done, total, correct) -> {});
    }
    ObjectMapper json = new ObjectMapper();
    ObjectNode line = json.createObjectNode();
    line.put("step", state.step()).put("tokens", state.tokens()).put("score", report.overall());
    ObjectNode families = line.putObject("families");
    report.families().forEach((name, count) -> families.put(name, count.share()));
    // A start from an older checkpoint scores the same steps again.
    StringBuilder lines = new StringBuilder();
    Path file = run.resolve(Plot.SCORES);
    for (String earlier : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
      if (json.readTree(earlier).path("step").asLong() < state.step()) {
        lines.append(earlier).append('\n');
      }
    }
    Files.writeString(file, lines.append(line).append('\n'));
    streams.note(
        String.format(Locale.ROOT, "step %d: %.1f %% right of %d items a family", state.step(), 100 * report.overall(), itemsPerFamily));
  }
}
