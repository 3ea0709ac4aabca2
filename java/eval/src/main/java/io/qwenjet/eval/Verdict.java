// SPDX-License-Identifier: Apache-2.0
// What a checker says about an answer.
package io.qwenjet.eval;

import java.util.List;

/**
 * Whether an answer is right.
 *
 * @param correct whether all of it is
 * @param reason what was expected and what came, for a wrong answer; null for a right one
 * @param fields each value of a structured answer by itself; empty for other answers
 */
public record Verdict(boolean correct, String reason, List<Field> fields) {
  /**
   * One value of a structured answer.
   *
   * @param kind what sort of value it is, such as "accented name" or "number"; not null
   * @param origin where a name, thing or code comes from, as {@link io.qwenjet.corpus.Names#kindOf}
   *     tells; null for other values
   * @param correct whether it came out right
   */
  public record Field(String kind, String origin, boolean correct) {}

  /** Copies. */
  public Verdict {
    fields = List.copyOf(fields);
  }

  static Verdict right() {
    return new Verdict(true, null, List.of());
  }

  static Verdict wrong(String reason) {
    return new Verdict(false, reason, List.of());
  }

  static Verdict of(boolean correct, String reason) {
    return correct ? right() : wrong(reason);
  }
}
