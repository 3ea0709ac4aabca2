// SPDX-License-Identifier: Apache-2.0
// A family is one kind of task with its own score in the evaluation.
package io.qwenjet.corpus;

/** Makes exchanges of one kind of task. Implementations are immutable and safe for many threads. */
public interface Family {
  /** The family's name as the evaluation prints it, such as "arithmetic". */
  String name();

  /**
   * Makes one exchange with its right answer.
   *
   * @param draw the random choices; every value and skeleton used must be one that its split takes
   * @return the exchange; not null
   */
  Exchange draw(Draw draw);
}
