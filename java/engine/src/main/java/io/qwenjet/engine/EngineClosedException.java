// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import java.io.Serial;

/** The engine or a stream of it was closed before or during the call. */
public final class EngineClosedException extends IllegalStateException {
  @Serial private static final long serialVersionUID = 1L;

  /** An error with a message that names what was closed. */
  public EngineClosedException(String message) {
    this(message, null);
  }

  /** The same with a cause, which may be null. */
  public EngineClosedException(String message, Throwable cause) {
    super(message, cause);
  }

  /** {@link ErrorCode#CLOSED}. */
  public ErrorCode code() {
    return ErrorCode.CLOSED;
  }
}
