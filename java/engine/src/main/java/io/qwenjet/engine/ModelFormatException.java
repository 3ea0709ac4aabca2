// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import java.io.Serial;

/** A model, tokenizer or template file is missing, cut off, contradicts itself or its format. */
public final class ModelFormatException extends InferenceException {
  @Serial private static final long serialVersionUID = 1L;

  /** An error with a message that names what was expected and what came. */
  public ModelFormatException(String message) {
    this(message, null, null);
  }

  /** The same from the native library or with a cause; both may be null. */
  public ModelFormatException(String message, String nativeMessage, Throwable cause) {
    super(ErrorCode.CORRUPT_MODEL, message, nativeMessage, cause);
  }

  /** The same with another code of the family. */
  public ModelFormatException(ErrorCode code, String message, String nativeMessage, Throwable cause) {
    super(code, message, nativeMessage, cause);
  }
}
