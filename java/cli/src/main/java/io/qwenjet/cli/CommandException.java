// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import java.io.Serial;

/** A command cannot go on for a reason that its one line of message explains: exit status 1. */
final class CommandException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  CommandException(String message) {
    super(message);
  }

  CommandException(String message, Throwable cause) {
    super(message, cause);
  }
}
