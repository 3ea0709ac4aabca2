// SPDX-License-Identifier: Apache-2.0
// The other way to fill batches: one example a row, rows of about one length together.
package io.qwenjet.train.data;

import io.qwenjet.train.tokenizer.IntList;
import java.util.Arrays;
import java.util.Objects;

/**
 * Batches of one example a row, padded to the longest of its bucket; short buckets have more rows, so
 * that a batch has about as many places as any other. Batch i depends on the seed and i alone.
 */
public final class BucketedBatches implements BatchSource {
  private static final int GRAIN = 4;
  /** Examples whose order is free for the sake of even lengths; a curriculum is kept beyond. */
  private static final int WINDOW = 1 << 14;

  private final TokenStore store;
  private final PackedBatches.Shape shape;
  private final ExampleOrder order;
  private final long seed;
  private final int[] examples;
  private final int numTooLong;
  private final long firstBatches;
  private final double firstWaste;
  private Plan plan;
  private long firstBatch;

  private record Plan(long epoch, int[] starts, int[] members) {
    int batches() {
      return starts.length - 1;
    }
  }

  /**
   * Makes a source of a store's examples.
   *
   * @param shape rows x length is the number of places of a batch; length is the longest example
   * @throws IllegalArgumentException if no example fits
   */
  public BucketedBatches(
      TokenStore store, PackedBatches.Shape shape, ExampleOrder order, long seed) {
    this.store = Objects.requireNonNull(store, "store");
    this.shape = Objects.requireNonNull(shape, "shape");
    this.order = Objects.requireNonNull(order, "order");
    this.seed = seed;
    IntList fitting = new IntList();
    for (int i = 0; i < store.size(); i++) {
      if (store.length(i) <= shape.length()) {
        fitting.add(i);
      }
    }
    examples = fitting.toArray();
    numTooLong = store.size() - examples.length;
    if (examples.length == 0) {
      throw new IllegalArgumentException(
          "expected examples of at most " + shape.length() + " tokens, got none of " + store.size());
    }
    plan = plan(0);
    firstBatches = plan.batches();
    long tokens = 0;
    long places = 0;
    for (int b = 0; b < plan.batches(); b++) {
      int rows = plan.starts[b + 1] - plan.starts[b];
      for (int m = plan.starts[b]; m < plan.starts[b + 1]; m++) {
        tokens += store.length(plan.members[m]);
      }
      places += (long) rows * width(plan, b);
    }
    firstWaste = 1 - (double) tokens / places;
  }

  @Override
  public TokenBatch batch(long index) {
    if (index < 0) {
      throw new IllegalArgumentException("expected a batch number of 0 or more, got " + index);
    }
    if (index < firstBatch) {
      plan = plan(0);
      firstBatch = 0;
    }
    while (index >= firstBatch + plan.batches()) {
      firstBatch += plan.batches();
      plan = plan(plan.epoch + 1);
    }
    int b = (int) (index - firstBatch);
    int from = plan.starts[b];
    int rows = plan.starts[b + 1] - from;
    RowWriter out = new RowWriter(store, rows, width(plan, b), shape.promptLossWeight());
    for (int r = 0; r < rows; r++) {
      out.add(r, plan.members[from + r]);
    }
    return out.build();
  }

  @Override
  public long batchesPerEpoch() {
    return firstBatches;
  }

  @Override
  public int numTooLong() {
    return numTooLong;
  }

  @Override
  public double waste() {
    return firstWaste;
  }

  private int width(Plan of, int b) {
    int longest = 1;
    for (int m = of.starts[b]; m < of.starts[b + 1]; m++) {
      longest = Math.max(longest, store.length(of.members[m]));
    }
    return longest;
  }

  private Plan plan(long epoch) {
    int[] sequence = order.of(examples, seed, epoch);
    IntList members = new IntList(sequence.length);
    IntList starts = new IntList();
    starts.add(0);
    for (int from = 0; from < sequence.length; from += WINDOW) {
      int to = Math.min(sequence.length, from + WINDOW);
      addWindow(sequence, from, to, epoch, members, starts);
    }
    return new Plan(epoch, starts.toArray(), members.toArray());
  }

  private void addWindow(
      int[] sequence, int from, int to, long epoch, IntList members, IntList starts) {
    long[] byLength = new long[to - from];
    for (int i = from; i < to; i++) {
      byLength[i - from] = (long) (store.length(sequence[i]) / GRAIN) << 32 | i;
    }
    Arrays.sort(byLength);
    IntList ends = new IntList();
    for (int i = 0; i < byLength.length; ) {
      int longest = 0;
      int n = 0;
      while (i + n < byLength.length) {
        int length = Math.max(longest, store.length(sequence[(int) byLength[i + n]]));
        if (n > 0 && (n + 1L) * length > (long) shape.rows() * shape.length()) {
          break;
        }
        longest = length;
        n++;
      }
      i += n;
      ends.add(i);
    }
    int[] batches = new int[ends.size()];
    Arrays.setAll(batches, b -> b);
    ExampleOrder.shuffle(batches, 0, batches.length, ExampleOrder.random(seed + 1 + from, epoch));
    for (int b : batches) {
      for (int i = b == 0 ? 0 : ends.get(b - 1); i < ends.get(b); i++) {
        members.add(sequence[(int) byLength[i]]);
      }
      starts.add(members.size());
    }
  }
}
