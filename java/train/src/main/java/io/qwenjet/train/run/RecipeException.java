// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.run;

import java.io.Serial;

/** A recipe says what cannot be done; the message names the key, what was expected and what came. */
public final class RecipeException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1L;

  /** With the whole message. */
  public RecipeException(String message) {
    super(message);
  }
}
