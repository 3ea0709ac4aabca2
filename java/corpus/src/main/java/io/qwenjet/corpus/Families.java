// SPDX-License-Identifier: Apache-2.0
// The list of all families and their shares of the corpus.
package io.qwenjet.corpus;

import io.qwenjet.corpus.office.Classification;
import io.qwenjet.corpus.office.Extraction;
import io.qwenjet.corpus.office.NotInText;
import io.qwenjet.corpus.tools.ToolCalls;
import java.util.List;

/** The families in the order of the evaluation. */
public final class Families {
  /**
   * A family and its share.
   *
   * @param family the family
   * @param weight its share of the conversations, relative to the others
   */
  public record Weighted(Family family, int weight) {}

  private static final List<Weighted> ALL =
      List.of(
          new Weighted(new Extraction(), 24),
          new Weighted(new Classification(), 8),
          new Weighted(new ToolCalls(), 10),
          new Weighted(new NotInText(), 8),
          new Weighted(new ArithmeticFamily(), 14),
          new Weighted(new ListsFamily(), 8),
          new Weighted(new WordProblemsFamily(), 9),
          new Weighted(new DatesUnitsFamily(), 8),
          new Weighted(new FollowUpFamily(), 8),
          new Weighted(new OutOfScopeFamily(), 19),
          new Weighted(new SelfFamily(), 5),
          new Weighted(new FactsFamily(), 6),
          new Weighted(new CodeFamily(), 6),
          new Weighted(new StoriesFamily(), 5));

  private Families() {}

  /** Returns every family with its share. */
  public static List<Weighted> all() {
    return ALL;
  }

  /** Returns the family of a name; IllegalArgumentException when there is none. */
  public static Family named(String name) {
    return ALL.stream()
        .map(Weighted::family)
        .filter(family -> family.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("expected a family, got " + name));
  }
}
