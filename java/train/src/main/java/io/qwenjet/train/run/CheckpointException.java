// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.run;

import java.io.IOException;
import java.io.Serial;

/** A checkpoint cannot be continued from; the message names the file and what is wrong with it. */
public final class CheckpointException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  /** With the whole message. */
  public CheckpointException(String message) {
    super(message);
  }
}
