// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import java.io.Serial;

/** The caller cancelled the work. */
public final class CancelledException extends InferenceException {
  @Serial private static final long serialVersionUID = 1L;

  /** An error with a message that names what was expected and what came. */
  public CancelledException(String message) {
    this(message, null, null);
  }

  /** The same from the native library or with a cause; both may be null. */
  public CancelledException(String message, String nativeMessage, Throwable cause) {
    super(ErrorCode.CANCELLED, message, nativeMessage, cause);
  }
}
