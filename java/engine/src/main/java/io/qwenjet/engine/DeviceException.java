// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import java.io.Serial;

/** The device refused an operation or no longer answers; the code tells which. */
public class DeviceException extends InferenceException {
  @Serial private static final long serialVersionUID = 1L;

  /** An error with a message that names what was expected and what came. */
  public DeviceException(String message) {
    this(message, null, null);
  }

  /** The same from the native library or with a cause; both may be null. */
  public DeviceException(String message, String nativeMessage, Throwable cause) {
    super(ErrorCode.DEVICE_ERROR, message, nativeMessage, cause);
  }

  /** The same with another code of the family. */
  public DeviceException(ErrorCode code, String message, String nativeMessage, Throwable cause) {
    super(code, message, nativeMessage, cause);
  }
}
