// SPDX-License-Identifier: Apache-2.0
// A growing array of ints.
package io.qwenjet.train.tokenizer;

import java.util.Arrays;

/** A growing array of ints. Not safe for use by several threads at once. */
public final class IntList {
  private int[] values;
  private int size;

  /** Makes an empty list. */
  public IntList() {
    this(16);
  }

  /** Makes an empty list with room for some values. */
  public IntList(int capacity) {
    values = new int[Math.max(capacity, 4)];
  }

  /** Appends a value. */
  public void add(int value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size + (size >> 1) + 8);
    }
    values[size++] = value;
  }

  /** Appends all values of an array; not null. */
  public void addAll(int[] more) {
    if (size + more.length > values.length) {
      values = Arrays.copyOf(values, Math.max(size + more.length, size + (size >> 1) + 8));
    }
    System.arraycopy(more, 0, values, size, more.length);
    size += more.length;
  }

  /** Returns the value at an index below {@link #size()}. */
  public int get(int index) {
    return values[index];
  }

  /** Replaces the value at an index below {@link #size()}. */
  public void set(int index, int value) {
    values[index] = value;
  }

  /** Removes and returns the last value; the list must not be empty. */
  public int removeLast() {
    return values[--size];
  }

  /** Returns how many values there are. */
  public int size() {
    return size;
  }

  /** Removes all values. */
  public void clear() {
    size = 0;
  }

  /** Returns the values from an index on, in a new array. */
  public int[] toArray(int from) {
    return Arrays.copyOfRange(values, from, size);
  }

  /** Returns all values in a new array. */
  public int[] toArray() {
    return Arrays.copyOf(values, size);
  }
}
