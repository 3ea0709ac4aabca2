// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import java.io.Serial;

/** Device memory ran out; lower the context or choose a smaller model. */
public final class DeviceMemoryException extends DeviceException {
  @Serial private static final long serialVersionUID = 1L;

  /** An error with a message that names what was asked for and what was free. */
  public DeviceMemoryException(String message) {
    this(message, null, null);
  }

  /** The same from the native library or with a cause; both may be null. */
  public DeviceMemoryException(String message, String nativeMessage, Throwable cause) {
    super(ErrorCode.OUT_OF_DEVICE_MEMORY, message, nativeMessage, cause);
  }
}
