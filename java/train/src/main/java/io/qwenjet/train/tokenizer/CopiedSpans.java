// SPDX-License-Identifier: Apache-2.0
// Where the strings that an answer repeats stand in a text.
package io.qwenjet.train.tokenizer;

import io.qwenjet.engine.text.Pretokenizer;
import java.util.BitSet;
import java.util.List;

/** Finds copied strings in texts. No argument may be null. */
public final class CopiedSpans {
  private CopiedSpans() {}

  /**
   * Returns the places, by char, of every occurrence of the strings in a text.
   *
   * @param text a text in normalisation form C
   * @param copiedStrings what to look for; blank ones are passed over
   */
  public static BitSet mark(String text, List<String> copiedStrings) {
    BitSet marked = new BitSet();
    for (String raw : copiedStrings) {
      String copied = Pretokenizer.normalize(raw).strip();
      for (int at = copied.isEmpty() ? -1 : text.indexOf(copied);
          at >= 0;
          at = text.indexOf(copied, at + copied.length())) {
        marked.set(at, at + copied.length());
      }
    }
    return marked;
  }
}
