// SPDX-License-Identifier: Apache-2.0
// The top of the command line. Every subcommand is one class in the list below.
package io.qwenjet.cli;

import io.qwenjet.engine.runtime.Machine;
import java.util.List;
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
      "A MODEL is a checkpoint folder as published (config.json, *.safetensors) or a .gguf file.",
      "Exit status: 0 done, 1 failed, 2 wrong usage or no model named."
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
    return List.of(
        new GenerateCommand(streams),
        new ChatCommand(streams),
        new EvalCommand(streams),
        new PerplexityCommand(streams),
        new InspectCommand(streams),
        new TokenizeCommand(streams),
        new ConformanceCommand(streams),
        new SynthesizeCommand(streams),
        new BenchCommand(streams));
  }

  @Override
  public Integer call() {
    if (!version) {
      throw new ParameterException(spec.commandLine(), "expected a command, got none");
    }
    streams.out().println("qwenjet " + Machine.nativeVersion());
    streams.out().println("widest path here: " + Machine.isaName(Machine.bestIsa()));
    streams.out().println("Java " + System.getProperty("java.version"));
    return 0;
  }
}
