// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import java.io.Serial;

/**
 * A native call returned a code other than {@link StatusCode#OK}. The engine turns it into the
 * public exception types; it never reaches a user.
 */
public final class NativeException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final StatusCode code;
  private final int number;

  /** An error of the Java side of the boundary, in the words of the native side's codes. */
  public NativeException(StatusCode code, String message) {
    this(code, message, null);
  }

  /** The same with a cause, which may be null. */
  public NativeException(StatusCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.number = code.number();
  }

  NativeException(int number, String message) {
    super(message);
    this.code = StatusCode.of(number);
    this.number = number;
  }

  /** The code; {@link StatusCode#INTERNAL} when the library returned a number not in the list. */
  public StatusCode code() {
    return code;
  }

  /** The number as the library returned it. */
  public int number() {
    return number;
  }
}
