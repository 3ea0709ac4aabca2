// SPDX-License-Identifier: Apache-2.0
// Gives lines to a vocabulary trainer as the model will read them, template text included.
package io.qwenjet.train.data;

import io.qwenjet.train.data.Rendering.Kind;
import io.qwenjet.train.tokenizer.BpeModel;
import io.qwenjet.train.tokenizer.BpeTrainer;
import io.qwenjet.train.tokenizer.CopiedSpans;
import java.util.BitSet;

/** Gives lines to a vocabulary trainer. Not safe for use by several threads at once. */
public final class WordFeeder {
  private final BpeTrainer trainer;
  private final LineWalker walker;

  /** Makes a feeder of a trainer for lines rendered by a chat template; neither is null. */
  public WordFeeder(BpeTrainer trainer, String chatTemplate) {
    this.trainer = trainer;
    walker = new LineWalker(chatTemplate, BpeModel.QWEN3_TOKENS);
  }

  /** Counts the words of a line; not null. */
  public void add(CorpusLine line) {
    Rendering rendering = walker.render(line);
    BitSet copied = CopiedSpans.mark(rendering.text(), line.copied());
    walker.walk(
        rendering,
        new LineWalker.Sink() {
          @Override
          public void pretoken(char[] text, int from, int to, Kind kind) {
            int hit = copied.nextSetBit(from);
            trainer.count(new String(text, from, to - from), hit >= 0 && hit < to, kind == Kind.PROMPT);
          }

          @Override
          public void added(int index, Kind kind) {}
        });
  }
}
