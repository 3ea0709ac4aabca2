// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.run;

import io.qwenjet.train.data.TokenBatch;
import java.util.List;

/**
 * What each step trains on, as a function of the data position alone: the same position gives the same in every
 * process. Called by one thread at a time, not always the same one.
 */
@FunctionalInterface
public interface StepData {
  /**
   * One step's batch.
   *
   * @param position of the batch among those with rows of this length, from 0 on, in micro-batches
   * @param length tokens a row
   * @param numTokens places of the whole batch, padding included
   */
  Prepared make(long position, int length, int numTokens);

  /**
   * One step's data.
   *
   * @param batches the micro-batches, at least one
   * @param nextPosition where the next batch with rows of this length begins
   */
  record Prepared(List<TokenBatch> batches, long nextPosition) {
    /** Tokens without padding. */
    long numTokens() {
      long sum = 0;
      for (TokenBatch batch : batches) {
        sum += batch.numTokens();
      }
      return sum;
    }
  }
}
