// SPDX-License-Identifier: Apache-2.0
// Encodes text with a vocabulary, with BPE-dropout where asked: each possible merge is left out with
// probability p at every step (Provilkov et al., arXiv 1910.13267, algorithm 1). At p = 0 it gives
// the engine's ids.
package io.qwenjet.train.tokenizer;

import io.qwenjet.engine.text.Pretokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Encodes pretokens and texts. Not safe for use by several threads at once: it keeps a cache. */
public final class BpeEncoder {
  private static final int CACHE_SLOTS = 1 << 16;
  private static final int MAX_CACHED_CHARS = 24;

  private final BpeModel model;
  private final PairMap ranks;
  private final String[] cachedText = new String[CACHE_SLOTS];
  private final int[][] cachedIds = new int[CACHE_SLOTS][];
  private int[] symbols = new int[64];
  private int[] merges = new int[64];

  /** Makes an encoder of a vocabulary; not null. */
  public BpeEncoder(BpeModel model) {
    this.model = model;
    ranks = new PairMap(model.numMerges());
    for (int k = model.numMerges() - 1; k >= 0; k--) {
      ranks.put(model.left(k), model.right(k), k);
    }
  }

  /** Returns the vocabulary. */
  public BpeModel model() {
    return model;
  }

  /** Returns the canonical ids of a text without added tokens: NFC, split, merges. */
  public int[] encode(String text) {
    char[] chars = Pretokenizer.normalize(text).toCharArray();
    IntList out = new IntList(chars.length / 2 + 4);
    for (int pos = 0; pos < chars.length; ) {
      int end = Pretokenizer.next(chars, pos, chars.length);
      encodePretoken(chars, pos, end, 0, null, out);
      pos = end;
    }
    return out.toArray();
  }

  /**
   * Appends the ids of one pretoken.
   *
   * @param dropout probability of leaving a merge out; 0 for the canonical ids
   * @param random what decides; may be null when dropout is 0
   * @param out receives the ids; not null
   */
  public void encodePretoken(
      char[] text, int from, int to, double dropout, SplittableRandom random, IntList out) {
    if (dropout > 0) {
      encodeBytes(utf8(text, from, to), dropout, random, out);
      return;
    }
    if (to - from > MAX_CACHED_CHARS) {
      encodeBytes(utf8(text, from, to), 0, null, out);
      return;
    }
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    int slot = (hash * 0x9E3779B9) >>> 16;
    String known = cachedText[slot];
    if (known == null || !equals(known, text, from, to)) {
      int before = out.size();
      encodeBytes(utf8(text, from, to), 0, null, out);
      cachedText[slot] = new String(text, from, to - from);
      cachedIds[slot] = out.toArray(before);
    } else {
      out.addAll(cachedIds[slot]);
    }
  }

  /** Appends the ids of a pretoken given as UTF-8; see {@link #encodePretoken}. */
  public void encodeBytes(byte[] bytes, double dropout, SplittableRandom random, IntList out) {
    int n = bytes.length;
    if (symbols.length < n) {
      symbols = new int[n * 2];
      merges = new int[n * 2];
    }
    for (int i = 0; i < n; i++) {
      symbols[i] = BpeModel.byteId(bytes[i]);
    }
    for (int i = 0; i + 1 < n; i++) {
      merges[i] = ranks.get(symbols[i], symbols[i + 1]);
    }
    while (n > 1) {
      int at = -1;
      int best = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < n; i++) {
        int rank = merges[i];
        if (rank >= 0 && rank < best && !(dropout > 0 && random.nextDouble() < dropout)) {
          best = rank;
          at = i;
        }
      }
      if (at < 0) {
        break;
      }
      symbols[at] = BpeModel.NUM_BYTES + best;
      System.arraycopy(symbols, at + 2, symbols, at + 1, n - at - 2);
      System.arraycopy(merges, Math.min(at + 2, n - 1), merges, at + 1, Math.max(0, n - at - 3));
      n--;
      if (at > 0) {
        merges[at - 1] = ranks.get(symbols[at - 1], symbols[at]);
      }
      if (at + 1 < n) {
        merges[at] = ranks.get(symbols[at], symbols[at + 1]);
      }
    }
    for (int i = 0; i < n; i++) {
      out.add(symbols[i]);
    }
  }

  private static boolean equals(String known, char[] text, int from, int to) {
    if (known.length() != to - from) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (known.charAt(i - from) != text[i]) {
        return false;
      }
    }
    return true;
  }

  /** UTF-8 of a part of a text; a surrogate without its partner is U+FFFD, as the engine has it. */
  static byte[] utf8(char[] text, int from, int to) {
    byte[] ascii = new byte[to - from];
    for (int i = from; i < to; i++) {
      char c = text[i];
      if (c >= 0x80) {
        return wide(text, from, to);
      }
      ascii[i - from] = (byte) c;
    }
    return ascii;
  }

  private static byte[] wide(char[] text, int from, int to) {
    char[] part = Arrays.copyOfRange(text, from, to);
    for (int i = 0; i < part.length; i++) {
      if (Character.isHighSurrogate(part[i])
          && i + 1 < part.length
          && Character.isLowSurrogate(part[i + 1])) {
        i++;
      } else if (Character.isSurrogate(part[i])) {
        part[i] = '\uFFFD';
      }
    }
    return new String(part).getBytes(StandardCharsets.UTF_8);
  }
}
