// SPDX-License-Identifier: Apache-2.0
// Arithmetic and word problems.
package io.qwenjet.eval;

import io.qwenjet.corpus.Draw;
import java.util.List;

final class SumItems {
  private static final List<List<String>> ASKED =
      List.of(
          List.of(
              "how much do I get for {a} + {b}", "{a} + {b} makes what?", "I have to add {b} to {a}. Result?",
              "Put {a} and {b} together, what number comes out?", "{a} and {b} in total?",
              "Tell me the total of {a} plus {b}.", "Could you do {a} + {b} for me?", "hm, {a}+{b} is?",
              "{a} euros and then {b} euros more, how many euros is that?", "Solve this sum: {a} + {b}.",
              "We scored {a} and then {b} points. Points in all?", "Result of {a}+{b}, please"),
          List.of(
              "how much do I get for {a} - {b}", "{a} - {b} leaves what?", "Take {b} off {a} for me.",
              "From {a} I remove {b}. What remains?", "{a} less {b}, how many?",
              "Tell me the outcome of {a} minus {b}.", "Could you do {a} - {b} for me?", "hm, {a}-{b} is?",
              "I had {a} euros and paid {b}. How many euros are left?", "Solve this: {a} - {b}.",
              "How far is it from {b} up to {a}?", "Result of {a}-{b}, please"),
          List.of(
              "how much do I get for {a} x {b}", "{a} * {b} makes what?", "I need {a} times {b}, nothing more",
              "{a} rows with {b} seats in each, how many seats?", "Tell me the product of {a} times {b}.",
              "Could you do {a} * {b} for me?", "hm, {a}x{b} is?", "Solve this: {a} * {b}.",
              "{b} boxes at {a} euros each, how many euros altogether?", "Result of {a}*{b}, please",
              "Take the number {a}, {b} times over. What is it?"),
          List.of(
              "how much do I get for {a} / {b}", "{a} / {b} makes what?", "I need {a} over {b}, nothing more",
              "Split {a} evenly by {b}, what is one part?", "Tell me the quotient of {a} by {b}.",
              "Could you do {a} / {b} for me?", "hm, {a}/{b} is?", "Solve this: {a} / {b}.",
              "{a} euros shared by {b} people, how many euros each?", "Result of {a}/{b}, please",
              "How many times does {b} fit into {a}?"));

  private static final List<List<String>> TOLD =
      List.of(
          List.of(
              "{name} had {a} {things} and bought {b} more. How many {things} does {name} have now?",
              "There are {a} {things} in one box and {b} in another. How many {things} are there together?",
              "On Monday {name} sold {a} {things}, on Tuesday {b}. How many {things} is that in both days?",
              "{name} counts {a} {things} and {name2} counts {b}. What is their total?",
              "how many {things} does {name} own, if there were {a} before and {b} came as a gift?"),
          List.of(
              "{name} had {a} {things} and lost {b} of them. How many {things} are left?",
              "A shop has {a} {things}. It sells {b}. How many remain in the shop?",
              "{name} owns {a} {things}, {name2} owns {b}. How many more {things} does {name} own?",
              "Out of {a} {things}, {b} are broken. How many still work?",
              "how many {things} does {name} keep after giving {b} of {a} to {name2}?"),
          List.of(
              "{name} packs {a} bags. Each bag holds {b} {things}. How many {things} is that?",
              "One shelf carries {b} {things}. How many {things} do {a} shelves carry?",
              "Every day {name} makes {b} {things}. How many {things} after {a} days?",
              "There are {a} rooms with {b} {things} in each room. How many {things} are there?",
              "how many {things} are in {a} packs of {b}? asks {name}"),
          List.of(
              "{name} shares {a} {things} equally among {b} friends. How many {things} does each friend get?",
              "{a} {things} go into {b} crates, the same number in each. How many {things} are in a crate?",
              "{name} puts {a} {things} in {b} equal piles. How big is one pile?",
              "{b} children split {a} {things} fairly. How many {things} per child?",
              "how many {things} per day if {name} uses {a} {things} in {b} days, always the same?"));

  private SumItems() {}

  /** Sums of all four kinds, evenly over the lengths of their operands. */
  static MadeItem arithmetic(Draw draw, int index) {
    int kind = index % 4;
    int turn = index / 4;
    int[] pair = pair(draw, kind, turn);
    Draft draft = Draft.of(draw.pick(ASKED.get(kind)), "a", pair[0], "b", pair[1]);
    return Lines.plain(draw, draft, Lines.number(result(kind, pair)));
  }

  /** The same sums in little stories. */
  static MadeItem wordProblem(Draw draw, int index) {
    int kind = index % 4;
    int[] pair =
        switch (kind) {
          case 0 -> Pools.operands(draw, '+', 3, index % 3 == 0 ? 500 : 90, 3, 90);
          case 1 -> descending(draw, 2, index % 3 == 0 ? 3 : 2);
          case 2 -> Pools.operands(draw, 'x', 3, 30, 2, 9);
          default -> dividing(draw, 2);
        };
    String things = plural(draw.pick(Pools.NOUNS));
    String name = Pools.firstName(draw);
    String other = draw.until(() -> Pools.firstName(draw), each -> !each.equals(name));
    Draft draft =
        Draft.of(
            draw.pick(TOLD.get(kind)),
            "a", pair[0], "b", pair[1], "things", things, "name2", other, "name", name);
    return Lines.plain(draw, draft, Lines.number(result(kind, pair)));
  }

  static String plural(String noun) {
    if (noun.matches(".*(s|x|ch|sh|z)")) {
      return noun + "es";
    }
    if (noun.matches(".*[^aeiou]y")) {
      return noun.substring(0, noun.length() - 1) + "ies";
    }
    return noun + "s";
  }

  static long result(int kind, int[] pair) {
    return switch (kind) {
      case 0 -> pair[0] + pair[1];
      case 1 -> pair[0] - pair[1];
      case 2 -> (long) pair[0] * pair[1];
      default -> pair[0] / pair[1];
    };
  }

  private static int[] pair(Draw draw, int kind, int turn) {
    int longer = 1 + turn % 4;
    switch (kind) {
      case 0:
        int other = 1 + turn / 4 % 4;
        return Pools.operands(
            draw, '+', Pools.low(longer), Pools.high(longer), Pools.low(other), Pools.high(other));
      case 1:
        return descending(draw, 1 + turn / 4 % longer, longer);
      case 2:
        int[][] lengths = {{1, 1}, {2, 1}, {3, 1}, {2, 2}};
        int[] each = lengths[turn % 4];
        return Pools.operands(
            draw, 'x', Pools.low(each[0]), Pools.high(each[0]), Pools.low(each[1]), Pools.high(each[1]));
      default:
        return dividing(draw, 1 + turn % 3);
    }
  }

  /** The first is larger. */
  private static int[] descending(Draw draw, int shorter, int longer) {
    return draw.until(
        () ->
            Pools.operands(
                draw, '-', Pools.low(longer), Pools.high(longer), Pools.low(shorter), Pools.high(shorter)),
        pair -> pair[0] > pair[1]);
  }

  /** The second divides the first. */
  private static int[] dividing(Draw draw, int digits) {
    int low = digits == 1 ? 4 : Pools.low(digits);
    return draw.until(
        () -> new int[] {draw.between(low, Pools.high(digits)), draw.between(2, 9)},
        pair ->
            pair[0] % pair[1] == 0
                && (digits == 1 || io.qwenjet.corpus.Split.isHeldOutValue(pair[0] + "/" + pair[1])));
  }
}
