// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.cli;

import io.qwenjet.cli.CommandException;
import io.qwenjet.cli.Streams;
import io.qwenjet.train.graph.ModelShape;
import io.qwenjet.train.graph.Parameters;
import io.qwenjet.train.run.CheckpointStore;
import io.qwenjet.train.run.RunState;
import io.qwenjet.train.run.StepMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "export",
    header = "Write the newest checkpoint of a run as a model in the published layout.",
    description = {"The run may be going on: its checkpoints are only read.", ""})
final class ExportCommand implements Callable<Integer> {
  private final Streams streams;

  @CommandLine.Parameters(paramLabel = "DIR", description = "The run's folder.")
  private Path run;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of the model.")
  private Path out;

  ExportCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    Path checkpoint = new CheckpointStore(run).newest(streams::note);
    if (checkpoint == null) {
      throw new CommandException(run + ": expected a run's folder with a whole checkpoint, got none");
    }
    ModelShape shape = ModelShape.read(run.resolve("config.json"));
    try (Parameters weights = Parameters.empty(shape)) {
      List<StepMachine.State> state = new ArrayList<>();
      ModelMachine.add(state, "weights", weights.weights());
      RunState where = CheckpointStore.read(checkpoint, state).run();
      ModelMachine.export(weights, out, run, where);
      streams.note(String.format(Locale.ROOT, "wrote %s from step %d, %,d tokens", out, where.step(), where.tokens()));
    }
    return 0;
  }
}
