// SPDX-License-Identifier: Apache-2.0
// Reads the lines of a conversation from a terminal: editing, history, Ctrl-C for the answer alone.
package io.qwenjet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

final class ChatTerminal {
  private static final String PROMPT = "> ";

  private ChatTerminal() {}

  static void run(ChatSession session, Streams streams, String modelName) throws IOException {
    try (Terminal terminal = TerminalBuilder.builder().system(true).build()) {
      terminal.handle(Terminal.Signal.INT, signal -> session.stopAnswer());
      LineReader reader = reader(terminal);
      streams.note(streams.dim(modelName + "; /help lists the commands, Ctrl-D ends"));
      boolean goesOn = true;
      while (goesOn) {
        try {
          goesOn = session.take(reader.readLine(PROMPT));
        } catch (UserInterruptException e) {
          if (e.getPartialLine().isEmpty()) {
            streams.note(streams.dim("Ctrl-D or /quit ends"));
          }
        } catch (EndOfFileException e) {
          goesOn = false;
        }
      }
    }
  }

  private static LineReader reader(Terminal terminal) {
    // A message is text: quotes and backslashes mean nothing.
    DefaultParser plain = new DefaultParser();
    plain.setQuoteChars(new char[0]);
    plain.setEscapeChars(new char[0]);
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .appName("qwenjet")
            .parser(plain)
            .completer(new StringsCompleter("/help", "/system", "/think", "/clear", "/quit"))
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .option(LineReader.Option.HISTORY_TIMESTAMPED, false);
    Path history = historyFile(System.getenv());
    try {
      Files.createDirectories(history.getParent());
      builder.variable(LineReader.HISTORY_FILE, history);
    } catch (IOException e) {
      // Without a place to keep it, the history lasts as long as the session.
      builder.variable(LineReader.HISTORY_SIZE, 500);
    }
    return builder.build();
  }

  /** In the user's folder for state, as the XDG base directories say. */
  static Path historyFile(Map<String, String> environment) {
    String state = environment.get("XDG_STATE_HOME");
    Path folder =
        state != null && !state.isEmpty() && Path.of(state).isAbsolute()
            ? Path.of(state)
            : Path.of(System.getProperty("user.home"), ".local", "state");
    return folder.resolve("qwenjet").resolve("chat_history");
  }
}
