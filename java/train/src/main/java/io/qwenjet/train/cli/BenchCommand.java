// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.cli.CommandException;
import io.qwenjet.cli.Streams;
import io.qwenjet.train.run.LoopBench;
import io.qwenjet.train.run.Recipe;
import io.qwenjet.train.run.RecipeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "bench",
    header = "Time a recipe's steps: the whole loop beside the bare model on the same batches.",
    description = {"Prints one JSON object. Nothing of the recipe's own run is touched.", ""})
final class BenchCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Streams streams;

  @Parameters(paramLabel = "RECIPE", description = "The run's YAML file.")
  private Path recipeFile;

  @Option(names = "--steps", paramLabel = "N", defaultValue = "30", description = "Steps a round; default ${DEFAULT-VALUE}.")
  private int steps;

  @Option(names = "--rounds", paramLabel = "N", defaultValue = "3", description = "Rounds of each side; default ${DEFAULT-VALUE}.")
  private int rounds;

  BenchCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    if (steps < 2 || rounds < 1) {
      throw new CommandException("expected at least 2 steps and 1 round, got " + steps + " and " + rounds);
    }
    Path folder = Files.createTempDirectory("qwenjet-bench");
    try {
      Recipe recipe = Recipe.read(recipeFile, folder);
      TokenizedData data = TokenizedData.open(recipe, streams, recipe.identity());
      try (ModelMachine machine = ModelMachine.begun(recipe, data, streams)) {
        LoopBench.Result result = new LoopBench(recipe, machine, data.training()).run(steps, rounds);
        ObjectNode line =
            JSON.createObjectNode()
                .put("parameters", machine.numParameters())
                .put("precision", result.precision())
                .put("bare_tokens_per_s", Math.round(result.bare()))
                .put("loop_tokens_per_s", Math.round(result.loop()))
                .put("ratio", Double.parseDouble(String.format(Locale.ROOT, "%.3f", result.ratio())))
                .put("steps", steps)
                .put("rounds", rounds);
        streams.out().println(line);
      }
    } catch (RecipeException e) {
      throw new CommandException(e.getMessage(), e);
    } finally {
      remove(folder);
    }
    return 0;
  }

  private static void remove(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
