// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine.runtime;

import io.qwenjet.bindings.QuantizeOptions;

/** How codes are chosen for weights. */
public enum QuantizeMethod {
  /** Round to nearest, each group's scale by search. */
  RTN("rtn", QuantizeOptions.RTN),
  /** Columns that meet large activations are scaled up before rounding. */
  AWQ("awq", QuantizeOptions.AWQ),
  /** Errors of a column are made up for in later columns. */
  GPTQ("gptq", QuantizeOptions.GPTQ),
  /** Scaling, then making up for errors. */
  AWQ_GPTQ("awq-gptq", QuantizeOptions.AWQ_GPTQ);

  private final String label;
  private final int bit;

  QuantizeMethod(String label, int bit) {
    this.label = label;
    this.bit = bit;
  }

  /**
   * Returns the name that options, folders and reports use.
   *
   * @return for example "awq-gptq"
   */
  public String label() {
    return label;
  }

  /**
   * Says whether the method is fitted to a text.
   *
   * @return false for RTN alone
   */
  public boolean needsCalibration() {
    return this != RTN;
  }

  int bit() {
    return bit;
  }
}
