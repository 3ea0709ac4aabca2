// SPDX-License-Identifier: Apache-2.0
// Stories with one or two sums in them. The grammar file holds the stories; a rule's name says what is
// worked: [plus.books] is a+b, [plus_minus.bus] is (a+b)-c, and [plus.books=] is the answer.
package io.qwenjet.corpus;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

final class WordProblemsFamily implements Family {
  private static final double WORDS = 0.1;
  private static final Set<String> OPEN = Set.of("name", "other", "item", "items");
  private static final int MAX_RESULT = 9999;

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
    List<String> copied =
        values.entrySet().stream()
            .filter(value -> OPEN.contains(value.getKey()) && answer.contains(value.getValue()))
            .map(Map.Entry::getValue)
            .distinct()
            .sorted()
            .toList();
    String intent = story.rule().substring(0, story.rule().indexOf('.'));
    return Exchange.of(intent, request, steps.toString(), answer, copied);
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
