// SPDX-License-Identifier: Apache-2.0
// A byte-level BPE vocabulary: 256 bytes in the order of the published byte alphabet, one entry a
// merge, then the added tokens.
package io.qwenjet.train.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A byte-level BPE vocabulary. Immutable and safe for many threads. */
public final class BpeModel {
  /**
   * A token that is matched in the text before anything else.
   *
   * @param text its text; not null
   * @param special whether decoding may skip it
   */
  public record AddedToken(String text, boolean special) {}

  /** The added tokens of Qwen3's chat format, flagged as published. */
  public static final List<AddedToken> QWEN3_TOKENS =
      List.of(
          new AddedToken("<|endoftext|>", true),
          new AddedToken("<|im_start|>", true),
          new AddedToken("<|im_end|>", true),
          new AddedToken("<tool_call>", false),
          new AddedToken("</tool_call>", false),
          new AddedToken("<tool_response>", false),
          new AddedToken("</tool_response>", false),
          new AddedToken("<think>", false),
          new AddedToken("</think>", false));

  static final int NUM_BYTES = 256;
  private static final char[] ALPHABET = new char[NUM_BYTES];
  private static final int[] BYTE_IDS = new int[NUM_BYTES];
  private static final byte[] BYTE_OF_ID = new byte[NUM_BYTES];

  static {
    int id = 0;
    int shifted = 0;
    for (int pass = 0; pass < 2; pass++) {
      for (int b = 0; b < NUM_BYTES; b++) {
        boolean printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
        if (printable == (pass == 0)) {
          ALPHABET[b] = (char) (printable ? b : 256 + shifted++);
          BYTE_OF_ID[id] = (byte) b;
          BYTE_IDS[b] = id++;
        }
      }
    }
  }

  private final byte[][] tokens;
  private final int[] left;
  private final int[] right;
  private final List<AddedToken> added;

  /**
   * Makes a vocabulary from its merges.
   *
   * @param left first parts of the merges in order of rank, as ids; entry {@code 256 + k} is merge k
   * @param right second parts
   * @param added added tokens, whose ids follow the merges
   * @throws IllegalArgumentException if a merge uses an entry that no earlier merge made
   */
  public BpeModel(int[] left, int[] right, List<AddedToken> added) {
    this.left = left.clone();
    this.right = right.clone();
    this.added = List.copyOf(added);
    tokens = new byte[NUM_BYTES + left.length][];
    for (int id = 0; id < NUM_BYTES; id++) {
      tokens[id] = new byte[] {BYTE_OF_ID[id]};
    }
    for (int k = 0; k < left.length; k++) {
      int id = NUM_BYTES + k;
      if (left[k] < 0 || left[k] >= id || right[k] < 0 || right[k] >= id) {
        throw new IllegalArgumentException(
            "expected parts below " + id + " in merge " + k + ", got " + left[k] + ", " + right[k]);
      }
      tokens[id] = concat(tokens[left[k]], tokens[right[k]]);
    }
  }

  /** Returns the number of entries, added tokens included. */
  public int size() {
    return tokens.length + added.size();
  }

  /** Returns the number of merges. */
  public int numMerges() {
    return left.length;
  }

  /** Returns the added tokens in the order of their ids, which follow the merges'. */
  public List<AddedToken> added() {
    return added;
  }

  /**
   * Returns the id of an added token.
   *
   * @throws IllegalArgumentException if there is none of this text
   */
  public int addedId(String text) {
    for (int i = 0; i < added.size(); i++) {
      if (added.get(i).text().equals(text)) {
        return tokens.length + i;
      }
    }
    throw new IllegalArgumentException("expected an added token of the vocabulary, got " + text);
  }

  /** Returns the bytes of an entry; for an added token its text in UTF-8. */
  public byte[] bytes(int id) {
    return id < tokens.length
        ? tokens[id].clone()
        : added.get(id - tokens.length).text().getBytes(StandardCharsets.UTF_8);
  }

  /** Returns the first part of merge k as an id. */
  public int left(int k) {
    return left[k];
  }

  /** Returns the second part of merge k as an id. */
  public int right(int k) {
    return right[k];
  }

  /** Returns an entry's text in the byte alphabet, as tokenizer.json writes it. */
  public String text(int id) {
    return id < tokens.length ? text(tokens[id]) : added.get(id - tokens.length).text();
  }

  /** Returns the id of a single byte. */
  public static int byteId(int value) {
    return BYTE_IDS[value & 0xFF];
  }

  static String text(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      text.append(ALPHABET[b & 0xFF]);
    }
    return text.toString();
  }

  static Map<String, Integer> byteIdsByText() {
    Map<String, Integer> ids = new HashMap<>();
    for (int b = 0; b < NUM_BYTES; b++) {
      ids.put(String.valueOf(ALPHABET[b]), BYTE_IDS[b]);
    }
    return ids;
  }

  static byte[] concat(byte[] first, byte[] second) {
    byte[] both = java.util.Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** Returns the merges in the form of tokenizer.json, as pairs of texts. */
  List<List<String>> mergeTexts() {
    List<List<String>> pairs = new ArrayList<>(left.length);
    for (int k = 0; k < left.length; k++) {
      pairs.add(List.of(text(left[k]), text(right[k])));
    }
    return pairs;
  }
}
