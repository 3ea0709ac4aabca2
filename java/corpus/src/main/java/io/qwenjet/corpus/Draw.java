// SPDX-License-Identifier: Apache-2.0
// The random choices of one example. They depend on (seed, index) alone, so that any example can be
// made again without the ones before it.
package io.qwenjet.corpus;

import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The random choices behind one example; for one thread. */
public final class Draw {
  private static final int MAX_TRIES = 10_000;

  private final Split split;
  private long state;

  /**
   * Starts the choices of one example.
   *
   * @param seed the corpus's seed
   * @param index which example
   * @param split the part of the space to stay in; not null
   */
  public Draw(long seed, long index, Split split) {
    this.split = java.util.Objects.requireNonNull(split, "split");
    this.state = mix(mix(seed) + index);
  }

  /** The part of the space that this example stays in. */
  public Split split() {
    return split;
  }

  /** Returns 64 random bits (SplitMix64). */
  public long bits() {
    state += 0x9e3779b97f4a7c15L;
    return mix(state);
  }

  /** Returns a number in [0, bound). */
  public int below(int bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("expected a bound above 0, got " + bound);
    }
    return (int) Math.multiplyHigh(bits() >>> 1, (long) bound << 1);
  }

  /** Returns a number in [low, high], both included. */
  public int between(int low, int high) {
    return low + below(high - low + 1);
  }

  /** Returns true with this probability. */
  public boolean chance(double probability) {
    return (bits() >>> 11) * 0x1.0p-53 < probability;
  }

  /** Returns one of these. */
  public <T> T pick(List<T> from) {
    return from.get(below(from.size()));
  }

  /** Returns one of these. */
  @SafeVarargs
  @SuppressWarnings("varargs")
  public final <T> T pick(T... from) {
    return from[below(from.length)];
  }

  /** Returns a copy in random order. */
  public <T> List<T> shuffled(List<T> from) {
    java.util.ArrayList<T> result = new java.util.ArrayList<>(from);
    for (int i = result.size() - 1; i > 0; i--) {
      java.util.Collections.swap(result, i, below(i + 1));
    }
    return result;
  }

  /** Returns {@code count} different ones in random order. */
  public <T> List<T> some(List<T> from, int count) {
    return shuffled(from).subList(0, count);
  }

  /**
   * Draws until a value satisfies a condition.
   *
   * @throws IllegalStateException when ten thousand draws did not
   */
  public <T> T until(Supplier<T> draw, Predicate<? super T> condition) {
    for (int i = 0; i < MAX_TRIES; i++) {
      T value = draw.get();
      if (condition.test(value)) {
        return value;
      }
    }
    throw new IllegalStateException("expected a value that " + split + " may use, got none in " + MAX_TRIES + " draws");
  }

  /** Draws a text until the split may use it as a value. */
  public String value(Supplier<String> draw) {
    return until(draw, split::takesValue);
  }

  static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
