// SPDX-License-Identifier: Apache-2.0
// Where ./qwenjet enters: builds the tree of commands and turns what they throw into one line on
// standard error and an exit status. 0: done; 1: it failed; 2: wrong usage, or no model was named.
package io.qwenjet.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The command line's entry. */
public final class Main {
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;

  private static final String LOG_LEVEL = "org.slf4j.simpleLogger.defaultLogLevel";

  private Main() {}

  /** Runs the command line and ends the process with its status. */
  public static void main(String[] args) {
    // Models are opened by threads of the engine that are daemons: nothing keeps the JVM alive.
    System.exit(run(Streams.ofProcess(), args));
  }

  /** Runs the command line; the process goes on. */
  static int run(Streams streams, String... args) {
    QwenjetCommand top = new QwenjetCommand(streams);
    CommandLine line = new CommandLine(top);
    for (Object command : QwenjetCommand.subcommands(streams)) {
      CommandLine added = new CommandLine(command);
      added.getCommandSpec().usageMessage().optionListHeading("%nOptions:%n");
      line.addSubcommand(added);
    }
    line.getCommandSpec().usageMessage().optionListHeading("Options:%n");
    line.setOut(new PrintWriter(streams.out(), true));
    line.setErr(new PrintWriter(streams.err(), true));
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            streams.errIsTerminal() && streams.outIsTerminal()
                ? CommandLine.Help.Ansi.ON
                : CommandLine.Help.Ansi.OFF));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpLongOptionsMaxWidth(30);
    line.setUsageHelpWidth(100);
    line.setExecutionStrategy(
        parsed -> {
          // Before the first logger is made.
          if (top.debug) {
            System.setProperty(LOG_LEVEL, "debug");
          }
          return new CommandLine.RunLast().execute(parsed);
        });
    line.setParameterExceptionHandler((e, given) -> explainUsage(e, streams));
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          streams.out().flush();
          String name = command.getCommandSpec().qualifiedName();
          streams.note(name + ": " + ErrorText.of(e));
          if (top.debug) {
            e.printStackTrace(streams.err());
          }
          return FAILED;
        });
    try {
      return line.execute(args);
    } finally {
      streams.out().flush();
      streams.err().flush();
    }
  }

  private static int explainUsage(ParameterException e, Streams streams) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    streams.note(name + ": " + e.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, command.getErr())) {
      streams.note("try: " + name + " --help");
    }
    return WRONG_USAGE;
  }
}
