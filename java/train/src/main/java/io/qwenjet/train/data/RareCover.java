// SPDX-License-Identifier: Apache-2.0
// Text cannot hold every entry of a byte-level vocabulary: UTF-8 never uses 13 of the 256 bytes. The
// cover is a few examples made of the entries that are too rare, each said twice, so that what is
// learnt of them is to copy them.
package io.qwenjet.train.data;

import io.qwenjet.train.tokenizer.BpeModel;
import io.qwenjet.train.tokenizer.IntList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Makes examples of entries that are too rare in a corpus. */
public final class RareCover {
  private static final int RUN = 24;

  private RareCover() {}

  /**
   * Returns examples that bring every byte and every merge's entry to a least count. The second half
   * of each is trained, the first is masked.
   *
   * @param model the vocabulary; not null
   * @param counts how often each id occurs without them, as {@link TokenStore#counts} tells; at least
   *     as long as the vocabulary
   * @param minCount the least count
   * @param seed decides the order of the entries
   */
  public static List<EncodedExample> examples(
      BpeModel model, long[] counts, long minCount, long seed) {
    IntList missing = new IntList();
    for (int id = 0; id < model.size() - model.added().size(); id++) {
      for (long have = counts[id]; have < minCount; have += 2) {
        missing.add(id);
      }
    }
    int[] ids = missing.toArray();
    ExampleOrder.shuffle(ids, 0, ids.length, new SplittableRandom(seed));
    int end = model.addedId("<|endoftext|>");
    List<EncodedExample> examples = new ArrayList<>();
    for (int from = 0; from < ids.length; from += RUN) {
      int n = Math.min(RUN, ids.length - from);
      int[] tokens = new int[2 * n + 1];
      System.arraycopy(ids, from, tokens, 0, n);
      System.arraycopy(ids, from, tokens, n, n);
      tokens[2 * n] = end;
      byte[] kinds = new byte[tokens.length];
      // What the second half begins with cannot be told from where the first ends.
      Arrays.fill(kinds, n + 1, kinds.length, EncodedExample.ANSWER);
      examples.add(new EncodedExample(tokens, kinds));
    }
    return examples;
  }
}
