// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.cli;

import io.qwenjet.cli.CommandException;
import io.qwenjet.cli.ProgressBar;
import io.qwenjet.cli.Streams;
import io.qwenjet.corpus.CorpusGenerator;
import io.qwenjet.corpus.Split;
import io.qwenjet.train.data.CorpusLine;
import io.qwenjet.train.data.CorpusSource;
import io.qwenjet.train.data.DataStage;
import io.qwenjet.train.data.NearDuplicates;
import io.qwenjet.train.data.QualityRules;
import io.qwenjet.train.run.RecipeException;
import io.qwenjet.train.run.Section;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "data",
    header = "Generate or take text, filter it, and write the files that training reads.",
    description = {
      "Writes train.jsonl, conversations.jsonl (its lines with messages), validation.jsonl and a report"
          + " of what was dropped.",
      ""
    })
final class DataCommand implements Callable<Integer> {
  private final Streams streams;

  @Parameters(paramLabel = "RECIPE", description = "The YAML file.")
  private Path recipeFile;

  DataCommand(Streams streams) {
    this.streams = streams;
  }

  /**
   * What the recipe says.
   *
   * @param lines generated lines; 0 for none
   * @param inputs files of somebody's own
   * @param validationLines generated held-out lines; without a generator, lines taken off the front
   */
  private record Plan(
      Path out,
      long seed,
      long lines,
      double documentShare,
      List<Path> inputs,
      long validationLines,
      DataStage.Options filters) {
    static Plan read(Path file) throws IOException {
      Section top = Section.ofFile(file);
      Section generate = top.section("generate");
      Plan plan =
          new Plan(
              top.path("out"),
              generate.count("seed", 1L, 0),
              generate.count("lines", 0L, 0),
              generate.number("document_share", 0.15, 0, 1),
              top.texts("inputs").stream().map(Path::of).toList(),
              top.count("validation_lines", 1000L, 0),
              filters(top));
      if (plan.lines == 0 && plan.inputs.isEmpty()) {
        throw top.wrong("inputs", "generate.lines or a file", "neither");
      }
      top.end();
      return plan;
    }

    private static DataStage.Options filters(Section top) {
      Section rules = top.section("rules");
      Map<String, Double> changed = new HashMap<>();
      for (String rule : QualityRules.defaults().keySet()) {
        if (rules.has(rule)) {
          changed.put(rule, rules.number(rule, null, -1, 1e9));
        }
      }
      Section near = top.section("near_duplicates");
      NearDuplicates.Options usual = NearDuplicates.Options.GENERATED;
      NearDuplicates.Options duplicates =
          new NearDuplicates.Options(
              near.number("similarity", usual.similarity(), 0.01, 1),
              near.flag("keep_exact", usual.keepExact()),
              (int) near.count("window", (long) usual.window(), 1));
      boolean isDropped = near.flag("drop", true);
      return new DataStage.Options(QualityRules.with(changed), isDropped ? duplicates : null);
    }
  }

  @Override
  public Integer call() throws IOException {
    try {
      run(Plan.read(recipeFile));
      return 0;
    } catch (RecipeException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  private void run(Plan plan) throws IOException {
    Files.createDirectories(plan.out());
    Path validation = plan.out().resolve("validation.jsonl");
    List<Path> sources = new ArrayList<>();
    if (plan.lines() > 0) {
      Path generated = plan.out().resolve("generated.jsonl");
      CorpusGenerator generator = new CorpusGenerator(plan.seed(), Split.TRAIN, plan.documentShare());
      CorpusFile.write(generated, generator, 0, plan.lines(), streams);
      // The lines after those: of the same kinds, which is what a loss shall be compared on. What the
      // model does with held-out values and forms is for the evaluation.
      CorpusFile.write(validation, generator, plan.lines(), plan.validationLines(), streams);
      sources.add(generated);
    }
    sources.addAll(plan.inputs());
    DataStage.Report report;
    try (ProgressBar bar = new ProgressBar(streams, "filtering")) {
      long all = Math.max(1, plan.lines());
      report =
          DataStage.run(
              CorpusSource.of(sources), plan.filters(), plan.out(), read -> bar.update(Math.min(read, all), all, read + " lines"));
    }
    Path kept = plan.out().resolve("corpus.jsonl");
    Counts counts = write(plan, kept, plan.lines() > 0 ? 0 : plan.validationLines());
    Files.delete(kept);
    Files.deleteIfExists(plan.out().resolve("generated.jsonl"));
    report.dropped().forEach((reason, dropped) -> streams.note(String.format(Locale.ROOT, "dropped %,d lines: %s", dropped.count(), reason)));
    streams.note(
        String.format(
            Locale.ROOT, "wrote %s: %,d lines, %,d of them conversations", plan.out(), counts.lines, counts.conversations));
  }

  private record Counts(long lines, long conversations) {}

  private static Counts write(Plan plan, Path source, long heldOut) throws IOException {
    long lines = 0;
    long conversations = 0;
    Path train = plan.out().resolve("train.jsonl.half");
    Path talks = plan.out().resolve("conversations.jsonl.half");
    Path held = plan.out().resolve("validation.jsonl.half");
    try (BufferedWriter trainOut = Files.newBufferedWriter(train);
        BufferedWriter talksOut = Files.newBufferedWriter(talks);
        BufferedWriter heldOutOut = Files.newBufferedWriter(held)) {
      long number = 0;
      try (BufferedReader reader = Files.newBufferedReader(source)) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          if (number++ < heldOut) {
            put(heldOutOut, line);
            continue;
          }
          lines++;
          put(trainOut, line);
          if (isConversation(line, source, number)) {
            conversations++;
            put(talksOut, line);
          }
        }
      }
    }
    move(train);
    move(talks);
    if (heldOut > 0) {
      move(held);
    } else {
      Files.delete(held);
    }
    return new Counts(lines, conversations);
  }

  private static boolean isConversation(String line, Path file, long number) {
    try {
      return CorpusLine.parse(line).text() == null;
    } catch (CorpusLine.MalformedLineException e) {
      throw new CommandException(file + ", line " + number + ": " + e.getMessage(), e);
    }
  }

  private static void put(BufferedWriter out, String line) throws IOException {
    out.write(line);
    out.write('\n');
  }

  private static void move(Path half) throws IOException {
    String name = half.getFileName().toString();
    Files.move(
        half, half.resolveSibling(name.substring(0, name.length() - 5)), StandardCopyOption.REPLACE_EXISTING);
  }
}
