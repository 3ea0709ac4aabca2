// SPDX-License-Identifier: Apache-2.0
// The top of the command line. Every subcommand is one class in the list below, or
// comes from a module above through CommandProvider.
package io.qwenjet.cli;

import io.qwenjet.engine.runtime.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

@Command(
    name = "qwenjet",
    synopsisSubcommandLabel = "COMMAND",
    header = {"Runs language models on this machine.", ""},
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "./qwenjet train builds the trainer at its first use and then lists its own commands.",
      "A MODEL is a checkpoint folder as published (config.json, *.safetensors) or a .gguf file.",
      "Without one the small model that comes with the program is used.",
      "Exit status: 0 done, 1 failed, 2 wrong usage or no model to be had."
    })
final class QwenjetCommand implements Callable<Integer> {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help and end.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      description = "Show versions and end.")
  private boolean version;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Say more on standard error, and where an error came from.")
  boolean debug;

  @Spec private CommandSpec spec;

  private final Streams streams;

  QwenjetCommand(Streams streams) {
    this.streams = streams;
  }

  /** The commands in the order of the help. */
  static List<Object> subcommands(Streams streams) {
    List<Object> commands = new ArrayList<>();
    commands.add(new GenerateCommand(streams));
    commands.add(new ChatCommand(streams));
    commands.add(new EvalCommand(streams));
    commands.add(new PerplexityCommand(streams));
    commands.add(new InspectCommand(streams));
    commands.add(new TokenizeCommand(streams));
    commands.add(new ConformanceCommand(streams));
    commands.add(new SynthesizeCommand(streams));
    commands.add(new QuantizeCommand(streams));
    commands.add(new BenchCommand(streams));
    for (CommandProvider provider : ServiceLoader.load(CommandProvider.class)) {
      commands.addAll(provider.commands(streams));
    }
    return commands;
  }

  @Override
  public Integer call() {
    if (!version) {
      throw new ParameterException(spec.commandLine(), "expected a command, got none");
    }
    streams.out().println("qwenjet " + Machine.nativeVersion());
    streams.out().println("fastest path here: " + Machine.isaName(Machine.bestIsa()));
    streams.out().println("Java " + System.getProperty("java.version"));
    return 0;
  }
}
