// SPDX-License-Identifier: Apache-2.0
// Scores a model with the frozen items, or with somebody's own.
package io.qwenjet.cli;

import io.qwenjet.engine.Engine;
import io.qwenjet.eval.EvaluationReport;
import io.qwenjet.eval.NanoEvaluation;
import io.qwenjet.eval.Scored;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "eval",
    header = "Score a model with an evaluation.",
    description = {
      "nano asks the items that this program's own small model is measured with: fourteen families,"
          + " whose mean is the score, and figures beside them. Every item runs as generate runs a"
          + " prompt without options, and the whole answer after the thinking is judged.",
      ""
    })
final class EvalCommand implements Callable<Integer> {
  /** Small models decode many answers at the price of one; more wins nothing and takes memory. */
  private static final int MAX_SEQUENCES = 64;

  private static final String NANO = "nano";

  private final Streams streams;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SUBJECT", description = "Which evaluation: nano.")
  private String subject;

  @Mixin private ModelSource source;
  @Mixin private ModelOptions options;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Ask the first N items of each family; the default is all.")
  private Integer limit;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description = "Ask these items instead: JSON lines of {\"messages\", \"tools\", \"check\"}.")
  private Path prompts;

  @Option(
      names = "--failures",
      paramLabel = "FILE",
      description = "Write each wrong item with the answer given, as JSON lines.")
  private Path failures;

  @Option(
      names = "--json",
      description = "Print one JSON object: families, overall (0 to 1), beside.")
  private boolean json;

  EvalCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    if (!subject.equals(NANO)) {
      throw new ParameterException(
          spec.commandLine(), "expected the evaluation nano, got " + subject);
    }
    if (limit != null && limit < 1) {
      throw new ParameterException(
          spec.commandLine(), "--limit: expected 1 or more, got " + limit);
    }
    int perFamily = limit == null ? 0 : limit;
    NanoEvaluation evaluation =
        prompts == null ? NanoEvaluation.frozen(perFamily) : NanoEvaluation.of(prompts, perFamily);
    EvaluationReport report;
    try (Engine engine =
        EngineLoader.open(
            source.location(), options.engineOptions().maxSequences(MAX_SEQUENCES), streams)) {
      if (!engine.hasChatTemplate()) {
        throw new CommandException("expected a model with a chat template, got one without");
      }
      try (ProgressBar bar = new ProgressBar(streams, "asking")) {
        report =
            evaluation.run(
                engine,
                (done, total, correct) ->
                    bar.update(
                        done,
                        total,
                        String.format(
                            Locale.ROOT, "%d of %d, %d right", done, total, correct)));
      }
    }
    if (failures != null) {
      write(report);
    }
    if (json) {
      streams.out().println(report.toJson());
    } else {
      streams.out().print(report.toTable());
      streams.note(
          String.format(
              Locale.ROOT,
              "%d tokens in %.1f s, %.0f tokens/s",
              report.completionTokens(),
              report.seconds(),
              report.completionTokens() / report.seconds()));
    }
    return 0;
  }

  private void write(EvaluationReport report) throws IOException {
    try (BufferedWriter writer = Files.newBufferedWriter(failures)) {
      for (Scored each : report.failures()) {
        writer.write(each.toJson());
        writer.write('\n');
      }
    }
  }
}
