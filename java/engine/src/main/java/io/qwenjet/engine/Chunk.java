// SPDX-License-Identifier: Apache-2.0
// One piece of a streamed answer.
package io.qwenjet.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A piece of a streamed answer: what became certain since the chunk before. Text never ends inside a
 * character or inside what may become a stop string. Pieces of one kind, put together, equal the
 * part of that kind in the {@link Completion}.
 *
 * @param choice the index of the choice that it belongs to
 * @param text new answer text; empty if none, so that printing every chunk's text prints the answer
 * @param reasoning new reasoning text; empty if none
 * @param toolCalls tool calls that became complete; empty if none
 * @param ids tokens generated since the chunk before
 * @param logprobs one entry for each of these tokens if the request asked for them
 * @param finishReason why the choice ended, in its last chunk; null in the others
 */
public record Chunk(
    int choice,
    String text,
    String reasoning,
    List<ToolCall> toolCalls,
    int[] ids,
    List<TokenLogprob> logprobs,
    FinishReason finishReason) {
  /** Copies lists; the array is handed over. */
  public Chunk {
    toolCalls = List.copyOf(toolCalls);
    logprobs = List.copyOf(logprobs);
  }

  /**
   * Says whether this is the last chunk of its choice.
   *
   * @return true in the last
   */
  public boolean isLast() {
    return finishReason != null;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Chunk that
        && choice == that.choice
        && text.equals(that.text)
        && reasoning.equals(that.reasoning)
        && toolCalls.equals(that.toolCalls)
        && Arrays.equals(ids, that.ids)
        && logprobs.equals(that.logprobs)
        && finishReason == that.finishReason;
  }

  @Override
  public int hashCode() {
    return Objects.hash(choice, text, reasoning, Arrays.hashCode(ids), finishReason);
  }
}
