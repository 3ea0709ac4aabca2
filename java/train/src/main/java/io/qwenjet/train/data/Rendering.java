// SPDX-License-Identifier: Apache-2.0
// A line as the text that the model reads, cut into runs by the part they play in training.
package io.qwenjet.train.data;

import io.qwenjet.engine.text.Pretokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * A rendered line in normalisation form C.
 *
 * @param text all of it
 * @param runs its parts in order; they cover the text
 */
record Rendering(String text, List<Run> runs) {
  /** The part that a stretch of text plays. */
  enum Kind {
    /** What the template writes. */
    FIXED,
    /** What users, systems and tools say: read, and with BPE-dropout. */
    PROMPT,
    /** An earlier answer as history shows it, which the model never writes in this form. */
    HISTORY,
    /** What the template puts before an answer in the model's place. */
    PREFILL,
    /** What the model shall write. */
    ANSWER
  }

  record Run(Kind kind, int end) {}

  /** Collects runs; neighbours of one kind become one. */
  static final class Builder {
    private final StringBuilder text = new StringBuilder(512);
    private final List<Run> runs = new ArrayList<>();

    Builder add(Kind kind, String part) {
      if (!part.isEmpty()) {
        text.append(Pretokenizer.normalize(part));
        int last = runs.size() - 1;
        // Two answers, or two turns of history, never touch: the template stands between them.
        if (last >= 0 && runs.get(last).kind == kind) {
          runs.remove(last);
        }
        runs.add(new Run(kind, text.length()));
      }
      return this;
    }

    Rendering build() {
      return new Rendering(text.toString(), List.copyOf(runs));
    }
  }
}
