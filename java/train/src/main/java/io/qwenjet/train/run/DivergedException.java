// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.run;

import java.io.IOException;
import java.io.Serial;

/** The loss or the gradient is no finite number any more; what the run has on the disk is from before. */
public final class DivergedException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  /** With the whole message. */
  public DivergedException(String message) {
    super(message);
  }
}
