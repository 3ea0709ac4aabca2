// SPDX-License-Identifier: Apache-2.0
// One sequence in the KV cache of a model that is driven by hand.
package io.qwenjet.cli.steps;

import io.qwenjet.engine.WindowPolicy;
import io.qwenjet.engine.runtime.LayerWindows;
import io.qwenjet.engine.runtime.ModelRuntime;
import io.qwenjet.engine.runtime.StepBatch;

/** How much of a sequence is in the cache, and on which pages. */
public final class SequenceRun {
  private final LayerWindows windows;
  private final int[] pages;
  private final int pageSize;
  private final int ropeLength;
  private int length;

  /**
   * An empty sequence with the window policy of the model's configuration.
   *
   * @param pages ids of the pages that it may use, in order of its positions
   * @param ropeLength tokens that it will have in the end
   */
  public SequenceRun(ModelRuntime model, int[] pages, int ropeLength) {
    this.windows = new LayerWindows(WindowPolicy.model(), model.config());
    this.pages = pages;
    this.pageSize = model.options().pageSize();
    this.ropeLength = ropeLength;
  }

  /** Adds its next tokens to a step; returns the index of the first in the step. */
  public int addTo(StepBatch batch, int[] ids, int from, int count) {
    length += count;
    return batch.addSequence(
        ids,
        from,
        count,
        length,
        ropeLength,
        windows,
        pages,
        StepModel.pagesFor(length, pageSize));
  }

  /** Tokens in the cache. */
  public int length() {
    return length;
  }

  /** Goes on from an earlier length; later positions are written again. */
  public void rewind(int to) {
    length = to;
  }

  /** The page that holds a position. */
  public int page(int idx) {
    return pages[idx];
  }
}
