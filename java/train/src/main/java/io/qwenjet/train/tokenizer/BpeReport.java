// SPDX-License-Identifier: Apache-2.0
// How often the entries of a vocabulary occur: the rarest first.
package io.qwenjet.train.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How often the entries of a vocabulary occur in training.
 *
 * @param size entries, added tokens included
 * @param numMerges entries that merges make
 * @param numJoins how many of them are a whole word with its space
 * @param rounds how often merges were learnt
 * @param banned how many candidates turned out too rare
 * @param rarest the merges' rarest entries, rarest first
 * @param tooRare merges' entries below the least count that could not be replaced
 * @param bytesTooRare single bytes below the least count, which the text cannot change; see the
 *     byte cover of the data
 */
public record BpeReport(
    int size,
    int numMerges,
    int numJoins,
    int rounds,
    int banned,
    List<Entry> rarest,
    List<Entry> tooRare,
    List<Entry> bytesTooRare) {
  private static final int NUM_RAREST = 20;

  /**
   * An entry and its count.
   *
   * @param id its id
   * @param text its text in the byte alphabet
   * @param count how often it occurs
   */
  public record Entry(int id, String text, long count) {}

  static BpeReport of(
      BpeModel model, double[] counts, long minCount, int numJoins, int rounds, int banned) {
    List<Entry> merges = new ArrayList<>();
    List<Entry> bytes = new ArrayList<>();
    for (int id = 0; id < counts.length; id++) {
      Entry entry = new Entry(id, model.text(id), (long) counts[id]);
      (id < BpeModel.NUM_BYTES ? bytes : merges).add(entry);
    }
    Comparator<Entry> byCount = Comparator.comparingLong(Entry::count);
    merges.sort(byCount.thenComparingInt(Entry::id));
    bytes.sort(byCount.thenComparingInt(Entry::id));
    return new BpeReport(
        model.size(),
        model.numMerges(),
        numJoins,
        rounds,
        banned,
        merges.subList(0, Math.min(NUM_RAREST, merges.size())),
        merges.stream().filter(entry -> entry.count < minCount).toList(),
        bytes.stream().filter(entry -> entry.count < minCount).toList());
  }
}
