// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.cli;

import io.qwenjet.cli.Streams;
import io.qwenjet.train.run.Plot;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "train",
    synopsisSubcommandLabel = "STAGE",
    header = "Make training data, a tokenizer and a model; java/train/README.md explains recipes.",
    description = "")
final class TrainCommand implements Runnable {
  private final Streams streams;

  @Spec private CommandSpec spec;

  TrainCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a stage, got none");
  }

  @Command(name = "plot", description = "Draw a run's metrics as DIR/plot.svg.")
  int plot(@Parameters(paramLabel = "DIR", description = "A run's folder.") Path folder)
      throws IOException {
    streams.out().println(Plot.write(folder));
    return 0;
  }
}
