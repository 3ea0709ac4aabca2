// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import java.io.Serial;

/** The work did not end in the time it was given. */
public final class RequestTimeoutException extends InferenceException {
  @Serial private static final long serialVersionUID = 1L;

  /** An error with a message that names what was expected and what came. */
  public RequestTimeoutException(String message) {
    this(message, null, null);
  }

  /** The same from the native library or with a cause; both may be null. */
  public RequestTimeoutException(String message, String nativeMessage, Throwable cause) {
    super(ErrorCode.TIMEOUT, message, nativeMessage, cause);
  }
}
