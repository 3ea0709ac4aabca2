// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.qwenjet.cli.CommandException;
import io.qwenjet.cli.ProgressBar;
import io.qwenjet.cli.Streams;
import io.qwenjet.train.data.CorpusLine;
import io.qwenjet.train.run.RecipeException;
import io.qwenjet.train.run.Section;
import io.qwenjet.train.tokenizer.BpeOptions;
import io.qwenjet.train.tokenizer.BpeReport;
import io.qwenjet.train.tokenizer.BpeTrainer;
import io.qwenjet.train.tokenizer.TokenizerFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "tokenizer",
    header = "Learn a byte-level BPE vocabulary and write it in the published format.",
    description = "")
final class TokenizerCommand implements Callable<Integer> {
  private final Streams streams;

  @Parameters(paramLabel = "RECIPE", description = "The YAML file.")
  private Path recipeFile;

  TokenizerCommand(Streams streams) {
    this.streams = streams;
  }

  /** What the recipe says. */
  private record Plan(
      List<Path> data, Path out, int vocabSize, long minCount, long every, int maxLength) {
    static Plan read(Path file) throws IOException {
      Section top = Section.ofFile(file);
      List<Path> data = top.texts("data").stream().map(Path::of).toList();
      if (data.isEmpty()) {
        throw top.wrong("data", "one file or more", "none");
      }
      Plan plan =
          new Plan(
              data,
              top.path("out"),
              (int) top.count("vocab_size", null, 300),
              top.count("min_count", 200L, 0),
              top.count("every", 1L, 1),
              (int) top.count("max_length", 1024L, 2));
      top.end();
      return plan;
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
    BpeTrainer trainer = new BpeTrainer(BpeOptions.small(plan.vocabSize()).withMinCount(plan.minCount()).withTrainingScale(plan.every()));
    TrainerText text = new TrainerText();
    long bytes = 0;
    for (Path file : plan.data()) {
      bytes += Files.size(file);
    }
    long done = 0;
    long lines = 0;
    try (ProgressBar bar = new ProgressBar(streams, "counting")) {
      for (Path file : plan.data()) {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
          for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            done += line.length() + 1;
            if (!line.isBlank() && lines++ % plan.every() == 0) {
              add(text, trainer, line, file, lines);
            }
            bar.update(Math.min(done, bytes), bytes, lines + " lines");
          }
        }
      }
    }
    streams.note("learning merges");
    BpeTrainer.Result result = trainer.train();
    TokenizerFiles.write(result.model(), plan.out(), plan.maxLength());
    BpeReport report = result.report();
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(plan.out().resolve("tokenizer_report.json").toFile(), report);
    String rarest = report.rarest().isEmpty()
        ? "no merges"
        : String.format(Locale.ROOT, "the rarest merge is %s, %,d times", report.rarest().get(0).text(), report.rarest().get(0).count());
    streams.note(
        String.format(
            Locale.ROOT,
            "wrote %s: %d entries from %,d lines; %s; %d merges and %d bytes occur fewer than %d times",
            plan.out(), report.size(), lines, rarest, report.tooRare().size(), report.bytesTooRare().size(), plan.minCount()));
  }

  private static void add(TrainerText text, BpeTrainer trainer, String line, Path file, long number) {
    try {
      CorpusLine parsed = CorpusLine.parse(line);
      for (String part : text.parts(parsed)) {
        trainer.add(part, parsed.copied());
      }
    } catch (CorpusLine.MalformedLineException e) {
      throw new CommandException(file + ", line " + number + ": " + e.getMessage(), e);
    }
  }
}
