// SPDX-License-Identifier: Apache-2.0
// All examples of a training run as one array: an int a token, its kind in the two top bits. Sixty
// million tokens are 240 MB; a file of it saves the encoding when a run goes on.
package io.qwenjet.train.data;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;

/** Encoded examples in memory. Immutable and safe for many threads once built. */
public final class TokenStore {
  private static final int KIND_SHIFT = 30;
  private static final int TOKEN_MASK = (1 << KIND_SHIFT) - 1;
  private static final int MAGIC = 0x514A5431;
  private static final int CHUNK_INTS = 1 << 14;

  private final int[] values;
  private final int[] starts;

  private TokenStore(int[] values, int[] starts) {
    this.values = values;
    this.starts = starts;
  }

  /** Collects examples. Not safe for use by several threads at once. */
  public static final class Builder {
    private int[] values = new int[1 << 16];
    private int[] starts = new int[1 << 10];
    private int count;

    /**
     * Appends an example.
     *
     * @throws IllegalStateException if the store would hold more than two thousand million tokens
     */
    public Builder add(EncodedExample example) {
      long size = (long) starts[count] + example.length();
      if (size > Integer.MAX_VALUE - 16) {
        throw new IllegalStateException("expected at most 2^31 tokens in a store, got " + size);
      }
      if (size > values.length) {
        values = Arrays.copyOf(values, (int) Math.min(size + size / 2, Integer.MAX_VALUE - 16));
      }
      if (count + 2 > starts.length) {
        starts = Arrays.copyOf(starts, starts.length * 2);
      }
      int at = starts[count];
      for (int i = 0; i < example.length(); i++) {
        values[at + i] = example.tokens()[i] | example.kinds()[i] << KIND_SHIFT;
      }
      starts[++count] = (int) size;
      return this;
    }

    /** Returns the number of tokens so far. */
    public long numTokens() {
      return starts[count];
    }

    /** Returns the examples so far. */
    public TokenStore build() {
      return new TokenStore(
          Arrays.copyOf(values, starts[count]), Arrays.copyOf(starts, count + 1));
    }
  }

  /** Returns the number of examples. */
  public int size() {
    return starts.length - 1;
  }

  /** Returns the number of tokens of all examples. */
  public long numTokens() {
    return values.length;
  }

  /** Returns the number of tokens of an example. */
  public int length(int example) {
    return starts[example + 1] - starts[example];
  }

  /** Returns a token of an example. */
  public int token(int example, int at) {
    return values[starts[example] + at] & TOKEN_MASK;
  }

  /** Returns the kind of a token of an example, as {@link EncodedExample} names them. */
  public byte kind(int example, int at) {
    return (byte) (values[starts[example] + at] >>> KIND_SHIFT);
  }

  /** Returns an example. */
  public EncodedExample example(int example) {
    int[] tokens = new int[length(example)];
    byte[] kinds = new byte[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = token(example, i);
      kinds[i] = kind(example, i);
    }
    return new EncodedExample(tokens, kinds);
  }

  /** Returns how often each of {@code vocabSize} ids occurs. */
  public long[] counts(int vocabSize) {
    long[] counts = new long[vocabSize];
    for (int value : values) {
      counts[value & TOKEN_MASK]++;
    }
    return counts;
  }

  /**
   * Writes the examples into a file, in one step.
   *
   * @param key what the examples were made from; {@link #read} asks for the same
   * @throws IOException if the file cannot be written
   */
  public void write(Path file, long key) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(part), 1 << 16))) {
      out.writeInt(MAGIC);
      out.writeLong(key);
      out.writeInt(starts.length);
      out.writeInt(values.length);
      writeInts(out, starts);
      writeInts(out, values);
    }
    try {
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /**
   * Returns what {@link #write} wrote, or null if there is no such file or it was made from
   * something else.
   *
   * @throws IOException if the file is not whole
   */
  public static TokenStore read(Path file, long key) throws IOException {
    if (!Files.exists(file)) {
      return null;
    }
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      if (in.readInt() != MAGIC || in.readLong() != key) {
        return null;
      }
      int numStarts = in.readInt();
      int numValues = in.readInt();
      if (Files.size(file) != 20 + 4L * (numStarts + (long) numValues)) {
        throw new IOException(
            "expected " + numStarts + " + " + numValues + " numbers in " + file + ", got "
                + Files.size(file) + " bytes");
      }
      int[] starts = readInts(in, numStarts);
      return new TokenStore(readInts(in, numValues), starts);
    }
  }

  private static void writeInts(DataOutputStream out, int[] values) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(4 * CHUNK_INTS);
    for (int from = 0; from < values.length; from += CHUNK_INTS) {
      int n = Math.min(CHUNK_INTS, values.length - from);
      buffer.asIntBuffer().put(values, from, n);
      out.write(buffer.array(), 0, 4 * n);
    }
  }

  private static int[] readInts(DataInputStream in, int count) throws IOException {
    int[] values = new int[count];
    byte[] bytes = new byte[4 * CHUNK_INTS];
    for (int from = 0; from < count; from += CHUNK_INTS) {
      int n = Math.min(CHUNK_INTS, count - from);
      in.readFully(bytes, 0, 4 * n);
      ByteBuffer.wrap(bytes).asIntBuffer().get(values, from, n);
    }
    return values;
  }
}
