// SPDX-License-Identifier: Apache-2.0
// The answers to what the model cannot do: one sentence says so, one names something that works and
// how to load a larger model. They hold no number, so that none of them can be a wrong result.
package io.qwenjet.corpus;

/** Makes the answers to requests that have to be declined. */
final class Refusals {
  private Refusals() {}

  /**
   * Makes a refusal.
   *
   * @param kind why: "know", "task", "write", "act", "live", "advice", "language", "gibberish", "sum",
   *     "long_list", "list", "date", "unit" or "code"
   * @param draw the random choices
   */
  static String answer(String kind, Draw draw) {
    Grammar grammar = Grammar.load("refusal");
    return grammar.phrase(kind, draw) + " " + grammar.phrase("can", draw);
  }
}
