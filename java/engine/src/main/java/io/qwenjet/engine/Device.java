// SPDX-License-Identifier: Apache-2.0
// Where a model runs. A class with factories, not an enum: devices get an index once there are
// several of a kind.
package io.qwenjet.engine;

/**
 * A place to run a model.
 *
 * @param kind what it is; not null
 */
public record Device(Kind kind) {
  /** The kinds of device. */
  public enum Kind {
    /** The best device that is there. */
    AUTO,
    /** The processor. */
    CPU
  }

  /**
   * Returns the choice of the best device that the machine has; today that is the processor.
   *
   * @return the automatic choice
   */
  public static Device auto() {
    return new Device(Kind.AUTO);
  }

  /**
   * Returns the processor.
   *
   * @return the processor
   */
  public static Device cpu() {
    return new Device(Kind.CPU);
  }
}
