// SPDX-License-Identifier: Apache-2.0
// How often each pretoken occurs, and how often inside a copied string: all that training needs to
// know of a text. Memory grows with the number of different pretokens only.
package io.qwenjet.train.tokenizer;

import java.util.HashMap;
import java.util.Map;

final class PretokenCounts {
  /** How often one pretoken occurs outside and inside copied strings, and how often it is read. */
  static final class Counts {
    long plain;
    long copied;
    /** Occurrences, of either kind, in what is encoded with dropout. */
    long dropped;

    long all() {
      return plain + copied;
    }
  }

  private final Map<String, Counts> words = new HashMap<>();

  Map<String, Counts> words() {
    return words;
  }

  void add(String pretoken, boolean isCopied, boolean withDropout) {
    Counts counts = words.get(pretoken);
    if (counts == null) {
      counts = new Counts();
      words.put(pretoken, counts);
    }
    if (isCopied) {
      counts.copied++;
    } else {
      counts.plain++;
    }
    counts.dropped += withDropout ? 1 : 0;
  }
}
