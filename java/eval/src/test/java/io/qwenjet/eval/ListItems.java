// SPDX-License-Identifier: Apache-2.0
// Lists: sorting, comparing, largest and smallest, reversing, counting.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Split;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

final class ListItems {
  private static final List<String> UP =
      List.of(
          "Bring these into rising order: {list}", "{list} - can you line them up, lowest number first?",
          "I need {list} from small to big", "Order from lowest to highest, please: {list}",
          "rearrange {list} so the smallest comes first", "These go in ascending order, how? {list}");
  private static final List<String> DOWN =
      List.of(
          "Bring these into falling order: {list}", "{list} - line them up with the biggest number in front",
          "I need {list} from big to small", "Order from highest to lowest, please: {list}",
          "rearrange {list} so the largest comes first", "These go in descending order, how? {list}");
  private static final List<String> LETTERS =
      List.of(
          "Bring these words into alphabetical order: {list}", "{list} - how would a dictionary order them?",
          "I need {list} from A to Z", "Put in order of the alphabet, please: {list}",
          "rearrange {list} alphabetically for my index");
  private static final List<String> MOST =
      List.of(
          "Which number in here is the biggest: {list}?", "{list} - what's the max?",
          "Pick the largest one out of {list}", "The highest value among {list} is?",
          "Scores were {list}. Tell me the top score.");
  private static final List<String> LEAST =
      List.of(
          "Which number in here is the smallest: {list}?", "{list} - what's the min?",
          "Pick the lowest one out of {list}", "The least value among {list} is?",
          "Prices were {list}. Tell me the cheapest price.");
  private static final List<String> BACK =
      List.of(
          "Turn this list around: {list}", "{list} - say it again from the last to the first",
          "Reverse the order of these: {list}", "I want {list} backwards, last item first",
          "write {list} in the opposite order");
  private static final List<String> MANY =
      List.of(
          "How many things do I have on this list: {list}?", "{list} - how many entries is that?",
          "Count these for me: {list}", "my bag: {list}. number of items?",
          "Tell me how long this list is: {list}");
  private static final List<String> GREATER =
      List.of(
          "{a} or {b}, which one is the greater number?", "Tell me which is more: {a} or {b}.",
          "Between {a} and {b}, which is larger?", "is {a} bigger or is it {b}?",
          "Who wins with the higher score, {a} or {b}?");
  private static final List<String> SMALLER =
      List.of(
          "{a} or {b}, which one is the smaller number?", "Tell me which is less: {a} or {b}.",
          "Between {a} and {b}, which is lower?", "Which price is cheaper, {a} or {b}?");

  private ListItems() {}

  static MadeItem make(Draw draw, int index) {
    return switch (index % 8) {
      case 0 -> sorted(draw, UP, false);
      case 1 -> sorted(draw, DOWN, true);
      case 2 -> words(draw, LETTERS, true);
      case 3 -> extreme(draw, MOST, true);
      case 4 -> extreme(draw, LEAST, false);
      case 5 -> words(draw, BACK, false);
      case 6 -> count(draw);
      default -> compare(draw);
    };
  }

  private static MadeItem sorted(Draw draw, List<String> asked, boolean falling) {
    List<Integer> numbers = numbers(draw);
    List<Integer> right = new ArrayList<>(numbers);
    Collections.sort(right);
    if (falling) {
      Collections.reverse(right);
    }
    List<String> items = right.stream().map(String::valueOf).toList();
    return Lines.plain(draw, ask(draw, asked, numbers), list(items));
  }

  private static MadeItem words(Draw draw, List<String> asked, boolean sorts) {
    List<String> things = things(draw, draw.between(3, 6));
    List<String> right = new ArrayList<>(things);
    if (sorts) {
      Collections.sort(right);
    } else {
      Collections.reverse(right);
    }
    return Lines.plain(draw, ask(draw, asked, things), list(right));
  }

  private static MadeItem extreme(Draw draw, List<String> asked, boolean largest) {
    List<Integer> numbers = numbers(draw);
    int right = largest ? Collections.max(numbers) : Collections.min(numbers);
    return Lines.plain(draw, ask(draw, asked, numbers), Lines.number(right));
  }

  private static MadeItem count(Draw draw) {
    List<String> things = things(draw, draw.between(2, 6));
    return Lines.plain(draw, ask(draw, MANY, things), Lines.number(things.size()));
  }

  private static MadeItem compare(Draw draw) {
    int digits = draw.between(2, 4);
    int a = draw.between(Pools.low(digits), Pools.high(digits));
    int b =
        draw.until(
            () ->
                draw.chance(0.5)
                    ? draw.between(Pools.low(digits), Pools.high(digits))
                    : Math.max(1, a + draw.between(-30, 30)),
            each -> each != a);
    boolean greater = draw.chance(0.6);
    Draft draft = Draft.of(draw.pick(greater ? GREATER : SMALLER), "a", a, "b", b);
    ObjectNode check = Lines.number(greater ? Math.max(a, b) : Math.min(a, b)).put("first", true);
    return Lines.plain(draw, draft, check);
  }

  static ObjectNode list(List<String> items) {
    return Lines.check("list", "items", items);
  }

  private static Draft ask(Draw draw, List<String> asked, List<?> items) {
    String between = draw.pick(", ", ", ", ", ", " ", "; ");
    boolean endsInAnd = between.equals(", ") && draw.chance(0.25);
    List<String> texts = items.stream().map(String::valueOf).toList();
    String all =
        endsInAnd
            ? String.join(", ", texts.subList(0, texts.size() - 1)) + " and " + texts.get(texts.size() - 1)
            : texts.stream().collect(Collectors.joining(between));
    return Draft.of(draw.pick(asked), "list", all);
  }

  /** Different numbers of one length or of several. */
  static List<Integer> numbers(Draw draw) {
    return draw.until(
        () -> anyNumbers(draw),
        numbers ->
            Split.isHeldOutValue(
                String.join(",", numbers.stream().map(String::valueOf).toList())));
  }

  private static List<Integer> anyNumbers(Draw draw) {
    int count = draw.between(3, 6);
    int high = draw.pick(99, 99, 999, 1999);
    List<Integer> numbers = new ArrayList<>();
    while (numbers.size() < count) {
      int next = draw.between(2, high);
      if (!numbers.contains(next)) {
        numbers.add(next);
      }
    }
    return numbers;
  }

  /** Different held-out words with different first letters more often than not. */
  static List<String> things(Draw draw, int count) {
    return new ArrayList<>(draw.some(Pools.NOUNS, count));
  }
}
