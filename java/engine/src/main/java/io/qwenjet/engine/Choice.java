// SPDX-License-Identifier: Apache-2.0
// One answer of a request.
package io.qwenjet.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * One finished answer, its parts typed. Arrays are handed out as copies.
 *
 * @param index 0 to n - 1
 * @param text the answer without reasoning and tool calls; empty if the engine has no tokenizer
 * @param reasoning what the model thought before it answered; empty if it did not
 * @param toolCalls the tools it calls, in order; empty if none
 * @param finishReason why it ended
 * @param stop the stop string or the stop token id, as text, that ended it; null for anything else
 * @param ids the generated tokens, a stop token included
 * @param logprobs one entry a token if the request asked for them, else empty
 */
public record Choice(
    int index,
    String text,
    String reasoning,
    List<ToolCall> toolCalls,
    FinishReason finishReason,
    String stop,
    int[] ids,
    List<TokenLogprob> logprobs) {
  /** Copies lists and the array. */
  public Choice {
    toolCalls = List.copyOf(toolCalls);
    ids = ids.clone();
    logprobs = List.copyOf(logprobs);
  }

  @Override
  public int[] ids() {
    return ids.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Choice that
        && index == that.index
        && text.equals(that.text)
        && reasoning.equals(that.reasoning)
        && toolCalls.equals(that.toolCalls)
        && finishReason == that.finishReason
        && Objects.equals(stop, that.stop)
        && Arrays.equals(ids, that.ids)
        && logprobs.equals(that.logprobs);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(ids) + text.hashCode();
  }

  @Override
  public String toString() {
    return "Choice[" + index + ", " + finishReason + ", " + ids.length + " tokens, " + text + "]";
  }
}
