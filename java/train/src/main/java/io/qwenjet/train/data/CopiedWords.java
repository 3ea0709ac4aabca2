// SPDX-License-Identifier: Apache-2.0
// The words of one example that its answer repeats. BPE-dropout gives each one segmentation, which the
// answer repeats with the word: a model learns to copy pieces one by one, whatever they are, only if
// what it copies has the pieces of what it reads.
package io.qwenjet.train.data;

import io.qwenjet.train.tokenizer.BpeEncoder;
import io.qwenjet.train.tokenizer.IntList;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** The segmentations of one example's copied words. */
final class CopiedWords {
  private final BpeEncoder encoder;
  private final double dropout;
  private final SplittableRandom random;
  private final Map<String, int[]> pieces = new HashMap<>();

  /** Starts an example; a dropout of 0 keeps every word canonical. */
  CopiedWords(BpeEncoder encoder, double dropout, SplittableRandom random) {
    this.encoder = encoder;
    this.dropout = dropout;
    this.random = random;
  }

  /**
   * Appends the ids of a pretoken of a copied string.
   *
   * @param isRead whether the model reads it: then a new word gets its segmentation here
   */
  void encode(char[] text, int from, int to, boolean isRead, IntList out) {
    int start = from;
    // The split keeps one space, quote or bracket with the word after it.
    if (to - from > 1 && !Character.isLetterOrDigit(text[from]) && Character.isLetter(text[from + 1])) {
      start++;
    }
    String word = new String(text, start, to - start);
    int[] known = pieces.get(word);
    if (known == null && isRead && dropout > 0) {
      IntList fresh = new IntList(word.length());
      encoder.encodePretoken(text, start, to, dropout, random, fresh);
      known = fresh.toArray();
      pieces.put(word, known);
    }
    if (known == null) {
      encoder.encodePretoken(text, from, to, 0, null, out);
      return;
    }
    if (start > from) {
      encoder.encodePretoken(text, from, start, 0, null, out);
    }
    out.addAll(known);
  }
}
