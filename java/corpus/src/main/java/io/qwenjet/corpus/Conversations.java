// SPDX-License-Identifier: Apache-2.0
// Turns exchanges into examples: whether the assistant thinks, a system prompt, earlier exchanges of
// the same conversation. One place decides, so that every family sees the same mixture.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.List;

/** Assembles conversations from exchanges. */
final class Conversations {
  private static final double WITHOUT_THINKING = 0.2;
  private static final double SOFT_SWITCH = 0.08;
  private static final double SYSTEM = 0.2;
  private static final int MAX_EARLIER = 5;

  private Conversations() {}

  /**
   * Makes an example whose last exchange is the family's own.
   *
   * @param family the family that is asked last
   * @param others families for earlier exchanges
   * @param earlier how many exchanges come before, at most five
   * @param draw the random choices
   */
  static Example conversation(Family family, List<Family> others, int earlier, Draw draw) {
    Exchange last = family.draw(draw);
    List<Turn> turns = new ArrayList<>();
    List<String> copied = new ArrayList<>(last.copied());
    if (last.joinable() && last.tools() == null) {
      for (int i = 0; i < Math.min(earlier, MAX_EARLIER); i++) {
        Exchange before = draw.pick(others).draw(draw);
        if (before.joinable() && before.tools() == null) {
          turns.addAll(before.turns());
        }
      }
    }
    turns.addAll(last.turns());
    boolean thinking = !draw.chance(WITHOUT_THINKING);
    boolean soft = thinking && draw.chance(SOFT_SWITCH);
    int asked = lastUser(turns);
    if (soft) {
      Turn turn = turns.get(asked);
      turns.set(asked, Turn.user(turn.content() + " /no_think"));
    }
    List<Turn> result = new ArrayList<>();
    if (draw.chance(SYSTEM)) {
      result.add(Turn.system(Grammar.load("system").phrase("system", draw)));
    }
    for (int i = 0; i < turns.size(); i++) {
      Turn turn = turns.get(i);
      boolean silent = !thinking || soft && i > asked;
      result.add(
          silent && turn.reasoning() != null
              ? new Turn(turn.role(), turn.content(), null, turn.calls())
              : turn);
    }
    return new Example(
        family.name(), last.intent(), last.skeleton(), result, last.tools(), thinking, copied, null);
  }

  private static int lastUser(List<Turn> turns) {
    int at = turns.size() - 1;
    while (!turns.get(at).role().equals("user")) {
      at--;
    }
    return at;
  }
}
