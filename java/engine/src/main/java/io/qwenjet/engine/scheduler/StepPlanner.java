// SPDX-License-Identifier: Apache-2.0
// Fills a step: one token of every sequence that generates, then as much of the prompts as fits, in
// the order of arrival. Policies of continuous batching will stand here.
package io.qwenjet.engine.scheduler;

import io.qwenjet.engine.runtime.StepBatch;
import io.qwenjet.engine.runtime.StepRunner;
import java.util.ArrayList;
import java.util.List;

final class StepPlanner {
  /** What a sequence has in the step. row is -1 for a piece of a prompt that does not end it. */
  static final class Part {
    Sequence sequence;
    int numTokens;
    int row;
  }

  private final StepBatch batch;
  private final StepRunner runner;
  private final PagePool pool;
  private final int pageSize;
  private final List<Part> spare = new ArrayList<>();
  private final List<Part> parts = new ArrayList<>();

  StepPlanner(StepBatch batch, StepRunner runner, PagePool pool, int pageSize) {
    this.batch = batch;
    this.runner = runner;
    this.pool = pool;
    this.pageSize = pageSize;
  }

  /** The parts of the step that was planned last. */
  List<Part> parts() {
    return parts;
  }

  /** Plans a step over the groups that run; an empty one if all of them pause. */
  void plan(List<SequenceGroup> groups) {
    batch.clear();
    for (int i = 0; i < parts.size(); i++) {
      // A request that has ended must not be kept from being collected.
      parts.get(i).sequence = null;
      spare.add(parts.get(i));
    }
    parts.clear();
    for (int g = 0; g < groups.size(); g++) {
      SequenceGroup group = groups.get(g);
      if (group.promptIsDone() && group.listener.ready()) {
        for (int s = 0; s < group.sequences.size(); s++) {
          Sequence sequence = group.sequences.get(s);
          if (!sequence.finished) {
            add(sequence, sequence.nextToken, 0, 1, true);
          }
        }
      }
    }
    for (int g = 0; g < groups.size() && batch.tokensLeft() > 0; g++) {
      SequenceGroup group = groups.get(g);
      if (!group.promptIsDone()) {
        Sequence sequence = group.sequences.get(0);
        int left = group.prompt.length - sequence.kvLen;
        int count = Math.min(left, batch.tokensLeft());
        add(sequence, group.prompt, sequence.kvLen, count, count == left);
      }
    }
  }

  private void add(Sequence sequence, int[] tokens, int from, int count, boolean wantsRow) {
    SequenceGroup group = sequence.group;
    sequence.reserve(count, pageSize, pool, runner);
    int first =
        batch.addSequence(
            tokens,
            from,
            count,
            sequence.kvLen + count,
            group.ropeLen,
            group.windows,
            sequence.blockTable,
            sequence.numBlocks);
    Part part = spare.isEmpty() ? new Part() : spare.remove(spare.size() - 1);
    part.sequence = sequence;
    part.numTokens = count;
    part.row = wantsRow ? sequence.sampler.addRow(batch, first + count - 1) : -1;
    parts.add(part);
  }
}
