// SPDX-License-Identifier: Apache-2.0
// Takes what a group of sequences generates. Called by the engine thread; must not block. What it
// throws fails its group and no other.
package io.qwenjet.engine.scheduler;

import io.qwenjet.engine.FinishReason;
import io.qwenjet.engine.Timings;
import io.qwenjet.engine.TokenLogprob;

/** Takes the tokens of one request. */
public interface GroupListener {
  /**
   * Says whether more tokens can be taken; otherwise the group pauses until the scheduler is woken.
   *
   * @return false to pause
   */
  boolean ready();

  /**
   * Takes a token.
   *
   * @param choice the choice's index
   * @param token the token
   * @param logprob null if not asked for
   * @param isStopToken the token ends the choice
   * @param mayStop false while fewer tokens than min_tokens are there
   * @return true if the text ends the choice
   */
  boolean onToken(
      int choice, int token, TokenLogprob logprob, boolean isStopToken, boolean mayStop);

  /**
   * Takes the end of a choice.
   *
   * @param choice the choice's index
   * @param reason why it ended
   */
  void onFinished(int choice, FinishReason reason);

  /**
   * Takes the end of the last choice; the last call.
   *
   * @param timings where the time went
   */
  void onDone(Timings timings);

  /**
   * Takes a failure; the last call.
   *
   * @param e what happened
   */
  void onFailed(RuntimeException e);
}
