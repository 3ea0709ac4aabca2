// SPDX-License-Identifier: Apache-2.0
// One choice of a request: its place in the KV cache and its sampling state.
package io.qwenjet.engine.scheduler;

import io.qwenjet.engine.runtime.StepRunner;
import io.qwenjet.engine.sampling.ChoiceSampler;
import java.util.Arrays;

final class Sequence {
  private static final int FREED = -1;

  final SequenceGroup group;
  final int choice;
  final ChoiceSampler sampler;
  /** Tokens whose KV is in the cache. */
  int kvLen;
  /** The token that was sampled last; its KV is not in the cache yet. */
  final int[] nextToken = new int[1];
  int numGenerated;
  boolean finished;
  int[] blockTable = new int[8];
  int numBlocks;
  private int numBehindWindow;

  Sequence(SequenceGroup group, int choice, ChoiceSampler sampler) {
    this.group = group;
    this.choice = choice;
    this.sampler = sampler;
  }

  /** A sequence with the same cache contents, held together until one of both writes. */
  Sequence fork(int toChoice, ChoiceSampler toSampler, PagePool pool) {
    Sequence copy = new Sequence(group, toChoice, toSampler);
    copy.kvLen = kvLen;
    copy.blockTable = blockTable.clone();
    copy.numBlocks = numBlocks;
    copy.numBehindWindow = numBehindWindow;
    for (int i = 0; i < numBlocks; i++) {
      if (blockTable[i] != FREED) {
        pool.share(blockTable[i]);
      }
    }
    return copy;
  }

  /** Makes room for the next tokens: new pages, and an own copy of a shared page they go into. */
  void reserve(int numTokens, int pageSize, PagePool pool, StepRunner runner) {
    int firstBlock = kvLen / pageSize;
    if (firstBlock < numBlocks && pool.isShared(blockTable[firstBlock])) {
      int own = pool.take();
      runner.copyPage(blockTable[firstBlock], own);
      pool.release(blockTable[firstBlock]);
      blockTable[firstBlock] = own;
    }
    int needed = (kvLen + numTokens + pageSize - 1) / pageSize;
    if (needed > blockTable.length) {
      blockTable = Arrays.copyOf(blockTable, Math.max(needed, 2 * blockTable.length));
    }
    while (numBlocks < needed) {
      blockTable[numBlocks++] = pool.take();
    }
  }

  /** Frees the pages that neither the sinks nor the window of any later query reach. */
  void freeBehindWindow(int pageSize, PagePool pool) {
    int end = Math.min(group.windows.firstVisible(kvLen) / pageSize, numBlocks);
    for (; numBehindWindow < end; numBehindWindow++) {
      int block = numBehindWindow;
      if ((long) block * pageSize >= group.windows.sinkLen() && blockTable[block] != FREED) {
        pool.release(blockTable[block]);
        blockTable[block] = FREED;
      }
    }
  }

  void freeAll(PagePool pool) {
    for (int i = 0; i < numBlocks; i++) {
      if (blockTable[i] != FREED) {
        pool.release(blockTable[i]);
      }
    }
    numBlocks = 0;
  }
}
