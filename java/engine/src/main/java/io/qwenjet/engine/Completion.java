// SPDX-License-Identifier: Apache-2.0
// The finished result of a request: n choices over one prompt, with shortcuts to the first.
package io.qwenjet.engine;

import java.util.List;

/** What a request came to: its choices, its prompt as tokens, counts and timings. Immutable. */
public final class Completion {
  private final int[] promptIds;
  private final List<Choice> choices;
  private final Usage usage;
  private final Timings timings;

  Completion(int[] promptIds, List<Choice> choices, Usage usage, Timings timings) {
    this.promptIds = promptIds;
    this.choices = List.copyOf(choices);
    this.usage = usage;
    this.timings = timings;
  }

  /**
   * Returns the answers, n of them, in order of their index.
   *
   * @return at least one choice
   */
  public List<Choice> choices() {
    return choices;
  }

  /**
   * Returns the text of the first choice.
   *
   * @return the answer without reasoning and tool calls
   */
  public String text() {
    return choices.get(0).text();
  }

  /**
   * Returns the reasoning of the first choice.
   *
   * @return empty if there is none
   */
  public String reasoning() {
    return choices.get(0).reasoning();
  }

  /**
   * Returns the tool calls of the first choice.
   *
   * @return empty if there are none
   */
  public List<ToolCall> toolCalls() {
    return choices.get(0).toolCalls();
  }

  /**
   * Returns why the first choice ended.
   *
   * @return the reason
   */
  public FinishReason finishReason() {
    return choices.get(0).finishReason();
  }

  /**
   * Returns the generated tokens of the first choice.
   *
   * @return a copy
   */
  public int[] ids() {
    return choices.get(0).ids();
  }

  /**
   * Returns the log probabilities of the first choice.
   *
   * @return empty if the request did not ask for them
   */
  public List<TokenLogprob> logprobs() {
    return choices.get(0).logprobs();
  }

  /**
   * Returns the tokens of the prompt.
   *
   * @return a copy
   */
  public int[] promptIds() {
    return promptIds.clone();
  }

  /**
   * Returns the token counts.
   *
   * @return counts over all choices
   */
  public Usage usage() {
    return usage;
  }

  /**
   * Returns where the time went.
   *
   * @return the timings
   */
  public Timings timings() {
    return timings;
  }

  @Override
  public String toString() {
    return "Completion" + choices;
  }
}
