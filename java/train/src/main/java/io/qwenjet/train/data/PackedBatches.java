// SPDX-License-Identifier: Apache-2.0
// Rows of one length filled with whole examples, which see only themselves (arXiv 2402.13991). Best
// fit over a window of open rows: each example goes into the fullest row of the window that holds it,
// and when the window is full its fullest row closes.
package io.qwenjet.train.data;

import io.qwenjet.train.tokenizer.IntList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import java.util.function.IntPredicate;

/** Batches of packed rows. Row i depends on the seed and i alone. */
public final class PackedBatches implements BatchSource {
  /** Open rows of the packing; a curriculum's order is kept within so many rows. */
  private static final int WINDOW = 512;

  private final TokenStore store;
  private final Shape shape;
  private final ExampleOrder order;
  private final long seed;
  private final int[] examples;
  private final int numTooLong;
  private final double firstWaste;
  private final int firstRows;
  private Plan plan;
  private long firstRow;

  /**
   * The shape of batches and the weight of what is only read.
   *
   * @param rows rows a batch
   * @param length tokens a row
   * @param promptLossWeight loss weight of prompt tokens: 1 for pretraining, 0 for fine-tuning
   */
  public record Shape(int rows, int length, float promptLossWeight) {
    /** Checks the ranges. */
    public Shape {
      if (rows < 1 || length < 2 || !(promptLossWeight >= 0)) {
        throw new IllegalArgumentException(
            "expected at least 1 row of 2 tokens and a weight of 0 or more, got "
                + rows + ", " + length + ", " + promptLossWeight);
      }
    }
  }

  /** An epoch's rows: examples of row r are {@code members[starts[r]]} to {@code starts[r + 1]}. */
  private record Plan(long epoch, int[] starts, int[] members) {
    int rows() {
      return starts.length - 1;
    }
  }

  /**
   * Makes a source of a store's examples.
   *
   * @throws IllegalArgumentException if no example fits into a row
   */
  public PackedBatches(TokenStore store, Shape shape, ExampleOrder order, long seed) {
    this(store, shape, order, seed, example -> true);
  }

  /**
   * Makes a source of some of a store's examples: a phase of long rows may take those that a phase of
   * short rows had no room for, and a part of the others.
   *
   * @param wanted which examples, by number; others do not count as too long
   * @throws IllegalArgumentException if no wanted example fits into a row
   */
  public PackedBatches(
      TokenStore store, Shape shape, ExampleOrder order, long seed, IntPredicate wanted) {
    this.store = Objects.requireNonNull(store, "store");
    this.shape = Objects.requireNonNull(shape, "shape");
    this.order = Objects.requireNonNull(order, "order");
    this.seed = seed;
    IntList fitting = new IntList();
    int tooLong = 0;
    for (int i = 0; i < store.size(); i++) {
      if (wanted.test(i)) {
        if (store.length(i) <= shape.length) {
          fitting.add(i);
        } else {
          tooLong++;
        }
      }
    }
    examples = fitting.toArray();
    numTooLong = tooLong;
    if (examples.length == 0) {
      throw new IllegalArgumentException(
          "expected examples of at most " + shape.length + " tokens, got none of " + store.size());
    }
    plan = plan(0);
    firstRows = plan.rows();
    firstWaste = wasteOf(plan);
  }

  @Override
  public TokenBatch batch(long index) {
    if (index < 0) {
      throw new IllegalArgumentException("expected a batch number of 0 or more, got " + index);
    }
    RowWriter out = new RowWriter(store, shape.rows, shape.length, shape.promptLossWeight);
    for (int r = 0; r < shape.rows; r++) {
      int row = seek(index * shape.rows + r);
      for (int m = plan.starts[row]; m < plan.starts[row + 1]; m++) {
        out.add(r, plan.members[m]);
      }
    }
    return out.build();
  }

  @Override
  public long batchesPerEpoch() {
    return (firstRows + shape.rows - 1L) / shape.rows;
  }

  @Override
  public int numTooLong() {
    return numTooLong;
  }

  @Override
  public double waste() {
    return firstWaste;
  }

  private double wasteOf(Plan rows) {
    long tokens = 0;
    for (int example : rows.members) {
      tokens += store.length(example);
    }
    return 1 - (double) tokens / ((double) rows.rows() * shape.length);
  }

  /** Makes the plan of a row's epoch the current one; returns the row's place in it. */
  private int seek(long row) {
    if (row < firstRow) {
      plan = plan(0);
      firstRow = 0;
    }
    while (row >= firstRow + plan.rows()) {
      firstRow += plan.rows();
      plan = plan(plan.epoch + 1);
    }
    return (int) (row - firstRow);
  }

  private Plan plan(long epoch) {
    Packer packer = new Packer(shape.length);
    for (int example : order.of(examples, seed, epoch)) {
      packer.add(example, store.length(example));
    }
    packer.closeAll();
    int[] rows = new int[packer.closed.size()];
    Arrays.setAll(rows, packer.closed::get);
    // Rows close fullest first: shuffled within windows, so that no batch is of one kind.
    int window = order.isShuffled(epoch) ? rows.length : WINDOW;
    for (int from = 0; from < rows.length; from += window) {
      int to = Math.min(rows.length, from + window);
      ExampleOrder.shuffle(rows, from, to, ExampleOrder.random(seed + 1, epoch));
    }
    IntList members = new IntList(examples.length);
    int[] starts = new int[rows.length + 1];
    for (int r = 0; r < rows.length; r++) {
      // A row lists its examples last to first.
      for (int e = packer.head.get(rows[r]); e >= 0; e = packer.next[e]) {
        members.add(packer.example[e]);
      }
      starts[r + 1] = members.size();
    }
    return new Plan(epoch, starts, members.toArray());
  }

  /** Best fit: rows of a window by the room they have left, and each row's examples as a chain. */
  private final class Packer {
    private final IntList closed = new IntList();
    private final IntList head = new IntList();
    private final int[] next = new int[examples.length];
    private final int[] example = new int[examples.length];
    private final IntList[] byRoom;
    private final BitSet rooms = new BitSet();
    private int entries;
    private int open;

    Packer(int length) {
      byRoom = new IntList[length + 1];
      Arrays.setAll(byRoom, room -> new IntList(4));
    }

    void add(int which, int length) {
      int room = rooms.nextSetBit(length);
      int row;
      if (room >= 0) {
        row = take(room);
      } else {
        if (open == WINDOW) {
          closed.add(take(rooms.nextSetBit(0)));
          open--;
        }
        row = head.size();
        room = shape.length;
        head.add(-1);
        open++;
      }
      example[entries] = which;
      next[entries] = head.get(row);
      head.set(row, entries++);
      if (room == length) {
        closed.add(row);
        open--;
      } else {
        byRoom[room - length].add(row);
        rooms.set(room - length);
      }
    }

    private int take(int room) {
      int row = byRoom[room].removeLast();
      if (byRoom[room].size() == 0) {
        rooms.clear(room);
      }
      return row;
    }

    void closeAll() {
      for (int room = rooms.nextSetBit(0); room >= 0; room = rooms.nextSetBit(0)) {
        closed.add(take(room));
      }
    }
  }
}
