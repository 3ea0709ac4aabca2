// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import java.io.Serial;

/**
 * Something failed that the call's own values do not explain. {@link #code()} says what; the types
 * below this one are those that a caller may want to catch by themselves. Two kinds of mistake have
 * types of the JDK's families instead: {@link InvalidRequestException} and {@link
 * EngineClosedException}.
 */
public class InferenceException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final String nativeMessage;

  /**
   * An error of the given code; none of the values is null but {@code nativeMessage} and {@code
   * cause} may be.
   */
  public InferenceException(
      ErrorCode code, String message, String nativeMessage, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.nativeMessage = nativeMessage;
  }

  /** The same without a native side. */
  public InferenceException(ErrorCode code, String message) {
    this(code, message, null, null);
  }

  /** Why it failed; never null. */
  public final ErrorCode code() {
    return code;
  }

  /** What the native library said, or null when the failure was not its. */
  public final String nativeMessage() {
    return nativeMessage;
  }
}
