// SPDX-License-Identifier: Apache-2.0
// Stories with one or two sums in them, and some that lack a number. The grammar file holds the stories; a
// rule's name says what is worked: [plus.books] is a+b, [plus_minus.bus] is (a+b)-c, and [plus.books=] is the
// answer.
package io.qwenjet.corpus;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

final class WordProblemsFamily implements Family {
  private static final double WORDS = 0.1;
  private static final double MISSING = 0.07;
  private static final Set<String> OPEN = Set.of("name", "other", "item", "items");
  private static final int MAX_RESULT = 9999;
  private static final List<String> KINDS = List.of("gets", "owns", "gives", "other", "each", "friends", "price", "people", "way");
  // Fractions that are no half, which is taught.
  private static final List<String> PARTS =
      List.of("a third", "a quarter", "two thirds", "three quarters", "a fifth", "two fifths", "a tenth", "three tenths", "a sixth");
  // Stories of money and lengths, which may have a point in them.
  private static final Set<String> DECIMAL =
      Set.of("plus.price", "plus.way", "plus.saves", "plus.first_price", "minus.change", "times.speed", "times.cost");

  private record Story(String rule, String operators) {}

  private static final List<Story> STORIES = stories();

  @Override
  public String name() {
    return "word_problems";
  }

  /** What is worked, such as "+" or "+-", for each story's rule. */
  static Map<String, String> operators() {
    Map<String, String> result = new HashMap<>();
    STORIES.forEach(story -> result.put(story.rule(), story.operators()));
    return result;
  }

  @Override
  public Exchange draw(Draw draw) {
    return draw.chance(MISSING) ? missing(draw) : told(draw);
  }

  /** A story that lacks a number: the answer says which. */
  static Exchange missing(Draw draw) {
    Grammar grammar = Grammar.load("missing_quantity");
    String kind = draw.pick(KINDS);
    int number = draw.between(2, limit(draw));
    Map<String, String> values = values(draw, new int[] {number, number}, number);
    Request request = Request.ask(grammar, kind, values, draw);
    String no = grammar.expand(kind + "=", draw, values).text();
    String answer = Grammar.load("not_in_text").expand("missing", draw, Map.of("no", no)).text();
    return Exchange.of("missing", request, null, answer, copied(values, answer));
  }

  /** A request of these stories with numbers beyond the taught ranges. */
  static Request outOfRange(Draw draw) {
    Story story = draw.until(() -> draw.pick(STORIES), each -> each.operators().length() == 1);
    Map<String, String> values = new HashMap<>(values(draw, new int[] {2, 2}, 2));
    if (DECIMAL.contains(story.rule()) && draw.chance(0.5)) {
      int small = draw.between(1, 49);
      values.put("a", draw.between(50, 99) + "." + draw.between(10, 99));
      values.put("b", draw.chance(0.5) ? Integer.toString(small) : small + "." + draw.between(10, 99));
    } else {
      char operator = story.operators().charAt(0);
      int small = operator == '*' || operator == '/' ? draw.between(100, 2_000) : draw.between(2, 9_999);
      values.put("a", Integer.toString(operator == '*' ? draw.between(100, 9_999) : draw.between(10_000, draw.pick(99_999, 999_999, 9_999_999))));
      values.put("b", Integer.toString(small));
    }
    return Request.ask(Grammar.load("word_problems"), story.rule(), values, draw);
  }

  /** A request of the same people and things whose sum is not taught. */
  static Request near(String rule, Draw draw) {
    Map<String, String> values = new HashMap<>(values(draw, new int[] {2, 2}, 2));
    int most = draw.pick(20, 99, 999);
    for (String slot : List.of("a", "b", "c", "d")) {
      values.put(slot, Integer.toString(draw.between(2, most)));
    }
    values.put("p", Integer.toString(draw.chance(0.5) ? 5 * draw.between(1, 19) : draw.between(1, 99)));
    values.put("part", draw.pick(PARTS));
    return Request.ask(Grammar.load("near_word_problems"), rule, values, draw);
  }

  private static Exchange told(Draw draw) {
    Story story = draw.pick(STORIES);
    int[] numbers = draw.until(() -> numbers(draw, story.operators()), each -> takes(draw, story.operators(), each));
    StringBuilder steps = new StringBuilder();
    int result = numbers[0];
    for (int i = 0; i < story.operators().length(); i++) {
      Working working = Working.of(result, story.operators().charAt(i), numbers[i + 1]);
      steps.append(i == 0 ? "" : "\n").append(working.steps());
      result = working.result();
    }
    Map<String, String> values = values(draw, numbers, result);
    Grammar grammar = Grammar.load("word_problems");
    Request request = Request.ask(grammar, story.rule(), values, draw);
    String answer = grammar.expand(story.rule() + "=", draw, values).text();
    String intent = story.rule().substring(0, story.rule().indexOf('.'));
    return Exchange.of(intent, request, steps.toString(), answer, copied(values, answer));
  }

  private static List<String> copied(Map<String, String> values, String answer) {
    return values.entrySet().stream()
        .filter(value -> OPEN.contains(value.getKey()) && answer.contains(value.getValue()))
        .map(Map.Entry::getValue)
        .distinct()
        .sorted()
        .toList();
  }

  private static Map<String, String> values(Draw draw, int[] numbers, int result) {
    Map<String, String> values = new HashMap<>();
    List<String> typed = NumberWords.typed(draw, WORDS, numbers);
    values.put("a", typed.get(0));
    values.put("b", typed.get(1));
    if (typed.size() > 2) {
      values.put("c", typed.get(2));
    }
    values.put("r", Integer.toString(result));
    String name = Names.firstName(draw);
    values.put("name", name);
    values.put("other", draw.until(() -> Names.firstName(draw), each -> !each.equals(name)));
    String item = Names.item(draw);
    values.put("item", item);
    values.put("an_item", English.article(item));
    values.put("items", Names.plural(item));
    values.put("things", Names.plural(draw.until(() -> Names.item(draw), each -> !each.equals(item))));
    values.put("city", Names.city(draw));
    values.put("money", draw.pick("dollars", "dollars", "euros", "pounds", "coins"));
    values.put("far", draw.pick("km", "km", "miles", "kilometres", "metres"));
    values.put("vehicle", draw.pick("bus", "bus", "train", "ship", "tram", "plane"));
    String box = draw.pick("box", "box", "bag", "basket", "crate", "jar", "drawer");
    values.put("box", box);
    values.put("boxes", Names.plural(box));
    return values;
  }

  // Training text has no held-out pair at all; held-out stories have one in the first step.
  private static boolean takes(Draw draw, String operators, int[] numbers) {
    boolean training = draw.split() == Split.TRAIN || draw.split() == Split.HELD_OUT_SKELETONS;
    int result = numbers[0];
    for (int i = 0; i < operators.length(); i++) {
      char operator = operators.charAt(i);
      if (!Working.inRange(result, operator, numbers[i + 1])
          || (i == 0 || training) && !Working.takes(draw.split(), result, operator, numbers[i + 1])) {
        return false;
      }
      result = apply(result, operator, numbers[i + 1]);
      if (result < 2 || result > MAX_RESULT) {
        return false;
      }
    }
    return true;
  }

  // Stories need whole and positive numbers, and from 2 on, so that plurals are right.
  private static int[] numbers(Draw draw, String operators) {
    int[] numbers = new int[operators.length() + 1];
    char first = operators.charAt(0);
    if (first == '/') {
      numbers[1] = draw.between(2, 9);
      numbers[0] = numbers[1] * draw.between(2, draw.pick(9, 99, 999 / numbers[1]));
    } else if (first == '*') {
      boolean small = draw.chance(0.7);
      numbers[0] = draw.between(2, draw.pick(9, 99, small ? 999 : 99));
      numbers[1] = draw.between(2, small ? 9 : 99);
    } else {
      numbers[0] = draw.between(2, limit(draw));
      numbers[1] = draw.between(2, first == '-' ? Math.max(2, numbers[0] - 1) : limit(draw));
    }
    if (operators.length() > 1) {
      int result = apply(numbers[0], first, numbers[1]);
      numbers[2] =
          switch (operators.charAt(1)) {
            case '+' -> draw.between(2, limit(draw));
            case '-' -> draw.between(2, Math.max(2, Math.min(result - 1, limit(draw))));
            case '*' -> draw.between(2, result < 1000 ? 9 : 2);
            default -> divisor(draw, result);
          };
    }
    return numbers;
  }

  private static int divisor(Draw draw, int result) {
    int divisor = draw.between(2, 9);
    return result % divisor == 0 ? divisor : 0;
  }

  private static int limit(Draw draw) {
    return draw.pick(9, 20, 99, 99, 999, 999);
  }

  private static int apply(int left, char operator, int right) {
    return switch (operator) {
      case '+' -> left + right;
      case '-' -> left - right;
      case '*' -> left * right;
      default -> right != 0 && left % right == 0 ? left / right : -1;
    };
  }

  private static List<Story> stories() {
    Map<String, Character> names = Map.of("plus", '+', "minus", '-', "times", '*', "over", '/');
    return Grammar.load("word_problems").rules().stream()
        .filter(rule -> rule.contains(".") && !rule.endsWith("="))
        .map(
            rule -> {
              StringBuilder operators = new StringBuilder();
              for (String word : rule.substring(0, rule.indexOf('.')).split("_")) {
                operators.append(names.get(word));
              }
              return new Story(rule, operators.toString());
            })
        .toList();
  }
}
