// SPDX-License-Identifier: Apache-2.0
// How often each pretoken occurs, and how often inside a copied string: all that training needs to
// know of a text. Memory grows with the number of different pretokens only.
package io.qwenjet.train.tokenizer;

import io.qwenjet.engine.text.Pretokenizer;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

final class PretokenCounts {
  /** How often one pretoken occurs outside and inside copied strings. */
  static final class Counts {
    long plain;
    long copied;

    long all() {
      return plain + copied;
    }
  }

  private final Map<String, Counts> words = new HashMap<>();

  Map<String, Counts> words() {
    return words;
  }

  void add(String text, List<String> copiedStrings) {
    String normalized = Pretokenizer.normalize(text);
    BitSet copied = CopiedSpans.mark(normalized, copiedStrings);
    char[] chars = normalized.toCharArray();
    for (int pos = 0; pos < chars.length; ) {
      int end = Pretokenizer.next(chars, pos, chars.length);
      Counts counts =
          words.computeIfAbsent(new String(chars, pos, end - pos), word -> new Counts());
      int hit = copied.nextSetBit(pos);
      if (hit >= 0 && hit < end) {
        counts.copied++;
      } else {
        counts.plain++;
      }
      pos = end;
    }
  }
}
