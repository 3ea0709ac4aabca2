// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

import java.io.Serial;

/**
 * Host memory does not suffice. {@link #plan()} has the numbers when the engine refused before it
 * loaded anything.
 */
public final class InsufficientMemoryException extends InferenceException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient MemoryPlan plan;

  /** An error with the plan that does not fit. */
  public InsufficientMemoryException(String message, MemoryPlan plan) {
    this(message, plan, null, null);
  }

  /** The same from the native library or with a cause; all three may be null. */
  public InsufficientMemoryException(
      String message, MemoryPlan plan, String nativeMessage, Throwable cause) {
    super(ErrorCode.OUT_OF_HOST_MEMORY, message, nativeMessage, cause);
    this.plan = plan;
  }

  /** What loading would have taken, or null when memory ran out in a running call. */
  public MemoryPlan plan() {
    return plan;
  }
}
