// SPDX-License-Identifier: Apache-2.0
// Lists of up to six numbers or words: sorting, extremes, comparing, reversing, counting, picking out.
// Thinking makes each step a copy or a choice between things that stand there: numbers are padded to
// one length and the smallest left is moved out, words stand beside their first letter or their place.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

final class ListsFamily implements Family {
  private static final int MAX_ITEMS = 6;
  private static final Set<String> ORDERED = Set.of("ascending", "descending", "largest", "smallest");
  private static final List<String> INTENTS =
      List.of(
          "ascending", "ascending", "ascending", "descending", "descending", "alphabetical",
          "alphabetical", "largest", "largest", "smallest", "smallest", "reverse", "reverse", "count",
          "count", "compare", "compare", "nth", "nth", "last", "remove");

  @Override
  public String name() {
    return "lists";
  }

  @Override
  public Exchange draw(Draw draw) {
    String intent = draw.pick(INTENTS);
    return switch (intent) {
      case "ascending", "descending" -> sortNumbers(draw, intent);
      case "largest", "smallest" -> extreme(draw, intent);
      case "compare" -> compare(draw);
      case "alphabetical" -> sortWords(draw);
      default -> places(draw, intent);
    };
  }

  /** A request of these phrases about more items than are taught. */
  static Request tooLong(Draw draw) {
    String intent = draw.until(() -> draw.pick(INTENTS), each -> !each.equals("compare"));
    boolean numeric = !intent.equals("alphabetical") && (ORDERED.contains(intent) || draw.chance(0.3));
    int count = draw.between(MAX_ITEMS + 1, 2 * MAX_ITEMS + 2);
    List<String> items = numeric ? texts(numbers(draw, count)) : words(draw, count, false);
    int place = draw.below(count);
    Map<String, String> more =
        Map.of("n", NumberWords.shortOrdinal(place + 1), "k", Integer.toString(place + 1), "x", items.get(place));
    return request(Grammar.load("lists"), intent, items, numeric, more, draw);
  }

  /** A request of another grammar about a list of the usual length. */
  static Request about(Grammar grammar, String rule, boolean numeric, Map<String, String> more, Draw draw) {
    int count = draw.between(4, MAX_ITEMS);
    List<String> items = numeric ? texts(numbers(draw, count)) : words(draw, count, false);
    return request(grammar, rule, items, numeric, more, draw);
  }

  private static Exchange sortNumbers(Draw draw, String intent) {
    List<Integer> numbers = numbers(draw, draw.between(3, MAX_ITEMS));
    Comparator<Integer> order =
        intent.equals("ascending") ? Comparator.naturalOrder() : Comparator.reverseOrder();
    int width = width(numbers);
    StringBuilder steps = new StringBuilder(padded(numbers, width));
    List<Integer> left = new ArrayList<>(numbers);
    List<Integer> sorted = new ArrayList<>();
    while (!left.isEmpty()) {
      Integer next = Collections.min(left, order);
      left.remove(next);
      sorted.add(next);
      steps.append('\n').append(Working.padded(next, width));
      if (!left.isEmpty()) {
        steps.append(':').append(padded(left, width));
      }
    }
    return exchange(draw, intent, texts(numbers), true, steps.toString(), String.join(", ", texts(sorted)));
  }

  private static Exchange extreme(Draw draw, String intent) {
    List<Integer> numbers = numbers(draw, draw.between(2, MAX_ITEMS));
    int width = width(numbers);
    StringBuilder steps = new StringBuilder(padded(numbers, width)).append('\n');
    int best = numbers.get(0);
    for (int i = 0; i < numbers.size(); i++) {
      int next = numbers.get(i);
      best = intent.equals("largest") ? Math.max(best, next) : Math.min(best, next);
      steps.append(i == 0 ? "" : ",").append(Working.padded(best, width));
    }
    return exchange(draw, intent, texts(numbers), true, steps.toString(), Integer.toString(best));
  }

  private static Exchange compare(Draw draw) {
    Operands pair =
        draw.until(
            () -> {
              int length = draw.between(1, 4);
              int other = draw.chance(0.7) ? length : draw.between(1, 4);
              int a = number(draw, length);
              // Often equal in the first digits, so that later ones decide.
              int scale = (int) Math.pow(10, draw.below(length));
              int b = draw.chance(0.4) ? a / scale * scale + draw.below(scale) : number(draw, other);
              return new Operands(a, ',', b);
            },
            each -> Working.takes(draw.split(), each.left(), ',', each.right()));
    int a = pair.left();
    int b = pair.right();
    String rule = draw.pick("compare_larger", "compare_larger", "compare_smaller");
    Request request =
        Request.ask(
            Grammar.load("lists"), rule, Map.of("a", Integer.toString(a), "b", Integer.toString(b)), draw);
    int width = Math.max(Working.digits(a), Working.digits(b));
    String steps =
        Working.padded(a, width) + (a < b ? "<" : a > b ? ">" : "=") + Working.padded(b, width);
    String answer =
        a == b
            ? a + " and " + b + " are equal."
            : rule.equals("compare_larger")
                ? Math.max(a, b) + " is larger than " + Math.min(a, b) + "."
                : Math.min(a, b) + " is smaller than " + Math.max(a, b) + ".";
    return Exchange.of("compare", request, steps, answer, List.of());
  }

  private static Exchange sortWords(Draw draw) {
    List<String> words = words(draw, draw.between(3, MAX_ITEMS), true);
    StringBuilder steps = new StringBuilder();
    for (String word : words) {
      steps.append(letter(word)).append(' ').append(word).append('\n');
    }
    List<String> sorted = new ArrayList<>(words);
    sorted.sort(Comparator.comparing(ListsFamily::letter));
    steps.append("->");
    for (String word : sorted) {
      steps.append('\n').append(letter(word)).append(' ').append(word);
    }
    return exchange(draw, "alphabetical", words, false, steps.toString(), String.join(", ", sorted));
  }

  // Questions about places: the thinking numbers the items.
  private static Exchange places(Draw draw, String intent) {
    boolean numeric = draw.chance(0.3);
    int count = draw.between(intent.equals("count") ? 2 : 3, MAX_ITEMS);
    List<String> items = numeric ? texts(numbers(draw, count)) : words(draw, count, false);
    StringBuilder steps = new StringBuilder();
    for (int i = 0; i < items.size(); i++) {
      steps.append(i == 0 ? "" : "\n").append(i + 1).append(' ').append(items.get(i));
    }
    int place = draw.below(count);
    switch (intent) {
      case "reverse":
        List<String> reversed = new ArrayList<>(items);
        Collections.reverse(reversed);
        return exchange(draw, intent, items, numeric, steps.toString(), String.join(", ", reversed));
      case "count":
        return exchange(draw, intent, items, numeric, steps.toString(), Integer.toString(count));
      case "last":
        return exchange(draw, intent, items, numeric, steps.toString(), items.get(count - 1));
      case "nth":
        String ordinal =
            draw.chance(0.7) ? NumberWords.ordinal(place + 1) : NumberWords.shortOrdinal(place + 1);
        return exchange(
            draw, intent, items, numeric, steps.toString(), items.get(place),
            Map.of("n", ordinal, "k", Integer.toString(place + 1)));
      default:
        List<String> rest = new ArrayList<>(items);
        rest.remove(place);
        return exchange(
            draw, intent, items, numeric, null, String.join(", ", rest), Map.of("x", items.get(place)));
    }
  }

  private static Exchange exchange(
      Draw draw, String intent, List<String> items, boolean numeric, String steps, String answer) {
    return exchange(draw, intent, items, numeric, steps, answer, Map.of());
  }

  private static Exchange exchange(
      Draw draw, String intent, List<String> items, boolean numeric, String steps, String answer,
      Map<String, String> more) {
    Request request = request(Grammar.load("lists"), intent, items, numeric, more, draw);
    return Exchange.of(intent, request, steps, answer, numeric ? List.of() : items);
  }

  private static Request request(
      Grammar grammar, String rule, List<String> items, boolean numeric, Map<String, String> more, Draw draw) {
    Map<String, String> values = new HashMap<>(more);
    values.put("list", typed(draw, items, numeric));
    values.put("things", numeric ? "numbers" : draw.pick("words", "items", "things", "names"));
    values.put("thing", numeric ? "number" : draw.pick("word", "item", "thing", "name"));
    return Request.ask(grammar, rule, values, draw);
  }

  /** The list as people type it. */
  private static String typed(Draw draw, List<String> items, boolean numeric) {
    boolean single = items.stream().noneMatch(item -> item.contains(" "));
    return switch (draw.below(12)) {
      case 0 -> single ? String.join(" ", items) : String.join(", ", items);
      case 1 -> String.join(",", items);
      case 2 -> String.join("; ", items);
      case 3 -> "\n" + String.join("\n", items) + "\n";
      case 4 -> "\n- " + String.join("\n- ", items) + "\n";
      case 5, 6 ->
          String.join(", ", items.subList(0, items.size() - 1)) + " and " + items.get(items.size() - 1);
      case 7 -> numeric ? "[" + String.join(", ", items) + "]" : String.join(", ", items);
      default -> String.join(", ", items);
    };
  }

  private static List<Integer> numbers(Draw draw, int count) {
    return draw.until(
        () -> {
          // There are only ten of one digit.
          int longest = draw.pick(count > MAX_ITEMS ? 2 : 1, 2, 2, 2, 3, 3, 4);
          boolean even = draw.chance(0.5);
          Set<Integer> found = new java.util.LinkedHashSet<>();
          while (found.size() < count) {
            found.add(number(draw, even ? longest : draw.between(1, longest)));
          }
          return List.copyOf(found);
        },
        numbers -> draw.split().takesValue(String.join(",", texts(numbers))));
  }

  private static int number(Draw draw, int digits) {
    int low = (int) Math.pow(10, digits - 1.0);
    return draw.between(digits == 1 ? 0 : low, 10 * low - 1);
  }

  // Words differ; sorted ones also in their first letters, and they start with a plain letter.
  private static List<String> words(Draw draw, int count, boolean initials) {
    int kind = draw.below(5);
    List<String> words = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    while (words.size() < count) {
      String word =
          draw.until(
              () -> kind == 0 ? Names.firstName(draw) : kind == 1 ? Names.city(draw) : Names.item(draw),
              each -> !initials || letter(each).charAt(0) >= 'a' && letter(each).charAt(0) <= 'z');
      if (taken.add(initials ? letter(word) : word)) {
        words.add(word);
      }
    }
    return words;
  }

  private static String letter(String word) {
    return word.substring(0, 1).toLowerCase(Locale.ROOT);
  }

  private static int width(List<Integer> numbers) {
    return numbers.stream().mapToInt(Working::digits).max().orElse(1);
  }

  private static String padded(List<Integer> numbers, int width) {
    return String.join(",", numbers.stream().map(number -> Working.padded(number, width)).toList());
  }

  private static List<String> texts(List<Integer> numbers) {
    return numbers.stream().map(number -> Integer.toString(number)).toList();
  }
}
