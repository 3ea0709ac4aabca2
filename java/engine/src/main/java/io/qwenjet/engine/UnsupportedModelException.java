// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import java.io.Serial;

/** The model or the request is valid but this build cannot compute it; the message names what. */
public final class UnsupportedModelException extends InferenceException {
  @Serial private static final long serialVersionUID = 1L;

  /** An error with a message that names what was expected and what came. */
  public UnsupportedModelException(String message) {
    this(message, null, null);
  }

  /** The same from the native library or with a cause; both may be null. */
  public UnsupportedModelException(String message, String nativeMessage, Throwable cause) {
    super(ErrorCode.UNSUPPORTED, message, nativeMessage, cause);
  }
}
