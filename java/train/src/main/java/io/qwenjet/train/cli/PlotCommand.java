// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.cli;

import io.qwenjet.cli.CommandException;
import io.qwenjet.cli.Streams;
import io.qwenjet.train.run.Plot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "plot", header = "Draw loss, learning rate and score of a run as DIR/plot.svg.", description = "")
final class PlotCommand implements Callable<Integer> {
  private final Streams streams;

  @Parameters(paramLabel = "DIR", description = "The run's folder.")
  private Path folder;

  PlotCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    if (!Files.exists(folder.resolve("metrics.jsonl"))) {
      throw new CommandException(folder + ": expected a run's folder with metrics.jsonl, got none");
    }
    streams.out().println(Plot.write(folder));
    return 0;
  }
}
