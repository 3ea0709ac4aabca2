// SPDX-License-Identifier: Apache-2.0
// What a model sees too seldom it does not learn: how often the entries of the vocabulary occur in the
// tokens of a run, dropout and cover included.
package io.qwenjet.train.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.qwenjet.train.tokenizer.BpeModel;
import io.qwenjet.train.tokenizer.BpeReport.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Counts of a vocabulary's entries in the tokens of a training run.
 *
 * @param tokens all tokens
 * @param entries bytes and merges
 * @param rarest the rarest of them, rarest first; never empty
 * @param added tokens of the template and the like, rarest first; those that the text never uses are 0
 */
public record EntryReport(long tokens, int entries, List<Entry> rarest, List<Entry> added) {
  private static final int NUM_RAREST = 20;

  /**
   * Counts the entries of a store.
   *
   * @param model the vocabulary that the store was encoded with; not null
   * @param store the tokens; not null
   */
  public static EntryReport of(BpeModel model, TokenStore store) {
    long[] counts = store.counts(model.size());
    int entries = model.size() - model.added().size();
    List<Entry> learnt = new ArrayList<>();
    for (int id = 0; id < entries; id++) {
      learnt.add(new Entry(id, model.text(id), counts[id]));
    }
    List<Entry> added = new ArrayList<>();
    for (BpeModel.AddedToken token : model.added()) {
      int id = model.addedId(token.text());
      added.add(new Entry(id, token.text(), counts[id]));
    }
    Comparator<Entry> byCount = Comparator.comparingLong(Entry::count).thenComparingInt(Entry::id);
    learnt.sort(byCount);
    added.sort(byCount);
    return new EntryReport(
        store.numTokens(), entries, List.copyOf(learnt.subList(0, Math.min(NUM_RAREST, entries))), List.copyOf(added));
  }

  /** Writes this as JSON. */
  public void write(Path file) throws IOException {
    new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), this);
  }
}
