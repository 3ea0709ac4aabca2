// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import java.io.Serial;

/** The prompt, or the prompt with what may follow, does not fit in the context. */
public final class ContextFullException extends InferenceException {
  @Serial private static final long serialVersionUID = 1L;

  /** An error with a message that names what was expected and what came. */
  public ContextFullException(String message) {
    this(message, null, null);
  }

  /** The same from the native library or with a cause; both may be null. */
  public ContextFullException(String message, String nativeMessage, Throwable cause) {
    super(ErrorCode.CONTEXT_FULL, message, nativeMessage, cause);
  }
}
