// SPDX-License-Identifier: Apache-2.0
// Chooses the tokens of one sequence: asks for what it needs of a row, and decides when the step is
// done. The order of operations is that of the specification: mask, bad words, min_tokens, bias,
// repetition, frequency, presence, temperature (all native, as changes), min_p, top_k, top_p, draw.
package io.qwenjet.engine.sampling;

import io.qwenjet.engine.ErrorCode;
import io.qwenjet.engine.InferenceException;
import io.qwenjet.engine.InvalidRequestException;
import io.qwenjet.engine.TokenLogprob;
import io.qwenjet.engine.runtime.StepBatch;
import java.util.ArrayList;
import java.util.List;

/** The sampling state of one choice of a request. For the engine thread. */
public final class ChoiceSampler {
  private final SamplingPlan plan;
  private final int choice;
  private final WholeRows rows;
  private final Distribution distribution = new Distribution();
  private final LogitChanges changes;
  private final float[] logits;
  private int numGenerated;
  private TokenLogprob logprob;

  /**
   * Makes the state of a choice that has generated nothing.
   *
   * @param plan how tokens are chosen
   * @param choice the choice's index
   * @param prompt the prompt's tokens
   * @param rows whole rows of the engine thread
   */
  public ChoiceSampler(SamplingPlan plan, int choice, int[] prompt, WholeRows rows) {
    this.plan = plan;
    this.choice = choice;
    this.rows = rows;
    this.changes = new LogitChanges(plan, prompt);
    this.logits = new float[plan.numCandidates()];
  }

  /**
   * Adds the row of logits that the next token is chosen from. Choices that have generated nothing
   * share one row.
   *
   * @param batch the step
   * @param tokenIndex the last token of the sequence in it
   * @return the row's index
   */
  public int addRow(StepBatch batch, int tokenIndex) {
    int numRawTop =
        plan.wantsLogprobs() ? Math.min(StepBatch.MAX_RAW_TOP, plan.vocabSize) : 0;
    int row = batch.addRow(tokenIndex, plan.temperature, plan.numCandidates(), numRawTop);
    if (!changes.isEmpty()) {
      changes.writeTo(batch);
    }
    if (plan.allowedMask != null) {
      batch.setMask(plan.allowedMask);
    }
    return row;
  }

  /**
   * Chooses the next token and takes it into account.
   *
   * @param batch the finished step
   * @param row the row that addRow gave
   * @return the token
   * @throws InferenceException if the row holds no usable logits
   * @throws InvalidRequestException if the request's own limits allow no token
   */
  public int sample(StepBatch batch, int row) {
    double lseRaw = batch.lseRaw(row);
    double lse = batch.lseProcessed(row);
    int count = batch.numCandidates(row);
    if (!Double.isFinite(lseRaw) || Double.isNaN(lse) || lse == Double.POSITIVE_INFINITY) {
      throw new InferenceException(
          ErrorCode.INTERNAL,
          "logits: expected finite numbers, got a row whose log-sum-exp is " + lseRaw);
    }
    if (count == 0) {
      throw new InvalidRequestException(
          "sampling: expected at least one allowed token, got none: allowed tokens, bad words and"
              + " biases exclude the whole vocabulary");
    }
    int index = 0;
    if (!plan.greedy) {
      for (int i = 0; i < count; i++) {
        logits[i] = batch.candidateProcessed(row, i);
      }
      boolean complete = count < batch.candidatesAsked(row) || count == plan.vocabSize;
      double u = Philox.uniform(plan.seed, choice, numGenerated);
      index = distribution.draw(logits, count, complete, lse, plan, u);
      if (index == Distribution.UNDECIDED) {
        rows.fetch(row, true);
        int all = rows.sort();
        index = distribution.draw(rows.sortedLogits, all, true, lse, plan, u);
        int token = rows.sortedIds[index];
        return accept(batch, row, token, Float.NaN);
      }
    }
    return accept(batch, row, batch.candidateId(row, index), batch.candidateRaw(row, index));
  }

  /**
   * Returns the log probability of the token that was chosen last.
   *
   * @return null if the request did not ask for it
   */
  public TokenLogprob logprob() {
    return logprob;
  }

  private int accept(StepBatch batch, int row, int token, float raw) {
    if (plan.wantsLogprobs()) {
      logprob = logprobOf(batch, row, token, raw);
    }
    changes.generated(token);
    numGenerated++;
    return token;
  }

  private TokenLogprob logprobOf(StepBatch batch, int row, int token, float raw) {
    double lse = batch.lseRaw(row);
    int numTop = Math.min(StepBatch.MAX_RAW_TOP, plan.vocabSize);
    boolean topSuffices = plan.logprobs <= numTop;
    boolean ranked = !Float.isNaN(raw) && raw >= batch.rawTopLogit(row, numTop - 1);
    if (topSuffices && ranked) {
      int rank = 1;
      while (rank <= numTop && batch.rawTopLogit(row, rank - 1) > raw) {
        rank++;
      }
      return new TokenLogprob(token, (float) (raw - lse), rank, top(batch, row, lse));
    }
    float[] whole = rows.fetch(row, false);
    int rank = 1;
    for (float logit : whole) {
      if (logit > whole[token]) {
        rank++;
      }
    }
    float logprobOfToken = (float) (whole[token] - lse);
    if (topSuffices) {
      return new TokenLogprob(token, logprobOfToken, rank, top(batch, row, lse));
    }
    int all = Math.min(rows.sort(), plan.logprobs);
    List<TokenLogprob.Alternative> alternatives = new ArrayList<>(all);
    for (int i = 0; i < all; i++) {
      float logit = rows.sortedLogits[i];
      alternatives.add(new TokenLogprob.Alternative(rows.sortedIds[i], (float) (logit - lse)));
    }
    return new TokenLogprob(token, logprobOfToken, rank, alternatives);
  }

  private List<TokenLogprob.Alternative> top(StepBatch batch, int row, double lse) {
    List<TokenLogprob.Alternative> alternatives = new ArrayList<>(plan.logprobs);
    for (int i = 0; i < plan.logprobs; i++) {
      float logit = batch.rawTopLogit(row, i);
      if (logit != Float.NEGATIVE_INFINITY) {
        alternatives.add(
            new TokenLogprob.Alternative(batch.rawTopId(row, i), (float) (logit - lse)));
      }
    }
    return alternatives;
  }
}
