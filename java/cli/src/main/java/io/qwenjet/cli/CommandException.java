// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import java.io.Serial;

/** A command cannot go on for a reason that its one line of message explains: exit status 1. */
public final class CommandException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /** With the line that the user reads. */
  public CommandException(String message) {
    super(message);
  }

  /** With the line that the user reads and what {@code --debug} shows beside it. */
  public CommandException(String message, Throwable cause) {
    super(message, cause);
  }
}
