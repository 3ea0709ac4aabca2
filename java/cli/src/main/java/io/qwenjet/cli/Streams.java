// SPDX-License-Identifier: Apache-2.0
// Where a command reads and writes. Commands never touch System.in and System.out themselves, so that
// tests run them whole and standard output carries only the answer.
package io.qwenjet.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The three standard streams of a command, text in UTF-8.
 *
 * @param in standard input
 * @param out standard output: the answer or the JSON and nothing else
 * @param err standard error: progress, notes, errors
 * @param inIsTerminal whether somebody types into {@code in}
 * @param outIsTerminal whether {@code out} is a terminal
 * @param errIsTerminal whether colours and progress bars make sense on {@code err}
 */
public record Streams(
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean inIsTerminal,
    boolean outIsTerminal,
    boolean errIsTerminal) {
  private static final String DIM = "\u001b[2m";
  private static final String RESET = "\u001b[0m";

  /** The streams of this process. */
  public static Streams ofProcess() {
    return new Streams(
        System.in,
        utf8(FileDescriptor.out),
        utf8(FileDescriptor.err),
        isTerminal(0),
        isTerminal(1),
        isTerminal(2));
  }

  /** A line on standard error. */
  public void note(String line) {
    err.println(line);
  }

  /** Text in a faint colour where standard error is a terminal, as it is elsewhere. */
  public String dim(String text) {
    return errIsTerminal ? DIM + text + RESET : text;
  }

  /** The whole of standard input as text. */
  public String readAll() {
    try {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new CommandException("standard input cannot be read: " + e.getMessage(), e);
    }
  }

  /** The whole of standard input without the line end that shells and editors put last. */
  public String readPrompt() {
    String text = readAll();
    if (!text.endsWith("\n")) {
      return text;
    }
    return text.substring(0, text.length() - (text.endsWith("\r\n") ? 2 : 1));
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /** The JDK tells of all streams at once only, and not the same on every version. */
  private static boolean isTerminal(int descriptor) {
    try {
      Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
      String name = target.toString();
      return name.startsWith("/dev/pts/")
          || name.startsWith("/dev/tty")
          || name.equals("/dev/console");
    } catch (IOException | UnsupportedOperationException e) {
      return System.console() != null;
    }
  }
}
