// SPDX-License-Identifier: Apache-2.0
// The one error of this package: whoever wrote the items can mend it.
package io.qwenjet.eval;

import java.io.Serial;

/** A file of items cannot be used; the message names the file, the line and what was expected. */
public final class EvaluationException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1L;

  EvaluationException(String message) {
    super(message);
  }

  EvaluationException(String message, Throwable cause) {
    super(message, cause);
  }
}
