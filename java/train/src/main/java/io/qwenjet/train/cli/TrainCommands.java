// SPDX-License-Identifier: Apache-2.0
// What java/train adds to the command line; named in META-INF/services.
package io.qwenjet.train.cli;

import io.qwenjet.cli.CommandProvider;
import io.qwenjet.cli.Streams;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Adds {@code train} with its stages. */
public final class TrainCommands implements CommandProvider {
  /** For ServiceLoader. */
  public TrainCommands() {}

  @Override
  public List<Object> commands(Streams streams) {
    CommandSpec train = CommandSpec.forAnnotatedObject(new TrainCommand());
    List<Object> stages =
        List.of(
            new DataCommand(streams),
            new TokenizerCommand(streams),
            new RunCommand.Pretrain(streams),
            new RunCommand.Sft(streams),
            new ExportCommand(streams),
            new BenchCommand(streams),
            new PlotCommand(streams));
    for (Object stage : stages) {
      CommandLine line = new CommandLine(stage);
      line.getCommandSpec().usageMessage().optionListHeading("%nOptions:%n");
      train.addSubcommand(line.getCommandName(), line);
    }
    train.usageMessage().commandListHeading("%nStages:%n");
    return List.of(train);
  }
}
