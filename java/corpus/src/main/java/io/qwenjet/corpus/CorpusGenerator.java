// SPDX-License-Identifier: Apache-2.0
// The corpus as a function of (seed, index): any line can be made alone and in any order.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.List;

/** Makes the lines of a corpus; safe for many threads. */
public final class CorpusGenerator {
  private final long seed;
  private final Split split;
  private final double documentShare;
  private final List<Family> tickets = new ArrayList<>();
  private final List<Family> families = new ArrayList<>();
  private final List<Document> documents;

  /**
   * Makes a generator of all families.
   *
   * @param seed the corpus's seed
   * @param split the part of the space to stay in; not null
   * @param documentShare the share of bare documents among the lines, from 0 to 1
   */
  public CorpusGenerator(long seed, Split split, double documentShare) {
    this.seed = seed;
    this.split = split;
    this.documentShare = documentShare;
    this.documents = Documents.all();
    for (Families.Weighted each : Families.all()) {
      families.add(each.family());
      for (int i = 0; i < each.weight(); i++) {
        tickets.add(each.family());
      }
    }
  }

  /**
   * Makes one line.
   *
   * @param index which one
   * @return the line; not null
   */
  public Example example(long index) {
    Draw draw = new Draw(seed, index, split);
    if (!documents.isEmpty() && draw.chance(documentShare)) {
      return draw.pick(documents).draw(draw);
    }
    int earlier = draw.chance(0.8) ? 0 : draw.between(1, 5);
    return Conversations.conversation(draw.pick(tickets), families, earlier, draw);
  }
}
