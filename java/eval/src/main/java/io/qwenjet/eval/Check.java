// SPDX-License-Identifier: Apache-2.0
// How an answer is judged: lenient in wording, strict in content. Each kind is a record of its own
// file; Checks reads them from JSON.
package io.qwenjet.eval;

/** Judges answers. Implementations are immutable and safe from any thread. */
public sealed interface Check
    permits AnyCheck,
        AllCheck,
        ChoiceCheck,
        CodeCheck,
        ContainsCheck,
        ExactCheck,
        JsonCheck,
        ListCheck,
        NotInTextCheck,
        NumberCheck,
        RefusalCheck,
        ToolCallCheck {
  /**
   * Judges an answer.
   *
   * @param answer the answer; not null
   * @return the verdict; not null
   */
  Verdict judge(Answer answer);

  /** Says whether the right answer is that the request cannot be fulfilled. */
  default boolean expectsRefusal() {
    return false;
  }

  /** Says whether a refusal is a right answer, be it one of several. */
  default boolean takesRefusal() {
    return expectsRefusal();
  }
}
