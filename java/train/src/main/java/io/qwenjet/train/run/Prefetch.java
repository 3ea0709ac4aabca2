// SPDX-License-Identifier: Apache-2.0
// Makes the next step's batch while the model works at this one. What it makes depends on the data
// position and the point of the run alone, so being one ahead changes nothing.
package io.qwenjet.train.run;

import java.io.InterruptedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

final class Prefetch implements AutoCloseable {
  private final Recipe recipe;
  private final StepData source;
  private final long end;
  private final ExecutorService maker =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "qwenjet-batches");
            thread.setDaemon(true);
            return thread;
          });
  private long position;
  private long done;
  private Future<StepData.Prepared> next;

  /** Begins at a point of the run whose length is {@code end} units. */
  Prefetch(Recipe recipe, StepData source, long position, long done, long end) {
    this.recipe = recipe;
    this.source = source;
    this.end = end;
    this.position = position;
    this.done = done;
    begin();
  }

  /** This step's batch; the one after it begins to be made. */
  StepData.Prepared take() throws InterruptedIOException {
    StepData.Prepared taken;
    try {
      taken = next.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the next batch was made");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new IllegalStateException(e.getCause());
    }
    long before = done;
    done += recipe.unit() == Recipe.Unit.STEPS ? 1 : taken.numTokens();
    position = recipe.positionAfter(before, done, end, position);
    if (done < end) {
      begin();
    }
    return taken;
  }

  private void begin() {
    Recipe.Turn turn = recipe.turn(done, end, position);
    next = maker.submit(() -> source.make(turn.position(), turn.length(), recipe.batchTokens()));
  }

  @Override
  public void close() {
    maker.shutdownNow();
  }
}
