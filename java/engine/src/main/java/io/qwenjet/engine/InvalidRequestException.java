// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import java.io.Serial;

/** A value of the request or of the options is outside its contract; the message names both. */
public final class InvalidRequestException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1L;

  /** An error with a message that names the value, what was expected and what came. */
  public InvalidRequestException(String message) {
    this(message, null);
  }

  /** The same with a cause, which may be null. */
  public InvalidRequestException(String message, Throwable cause) {
    super(message, cause);
  }

  /** {@link ErrorCode#INVALID_ARGUMENT}. */
  public ErrorCode code() {
    return ErrorCode.INVALID_ARGUMENT;
  }
}
