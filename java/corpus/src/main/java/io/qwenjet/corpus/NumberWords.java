// SPDX-License-Identifier: Apache-2.0
// Numbers as people write them in words.
package io.qwenjet.corpus;

import java.util.List;

final class NumberWords {
  private static final List<String> SMALL =
      List.of(
          "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
          "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
          "nineteen");
  private static final List<String> TENS =
      List.of("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety");
  private static final List<String> ORDINALS =
      List.of("first", "second", "third", "fourth", "fifth", "sixth");

  private NumberWords() {}

  /** The words of a number from 0 to 99, with this between tens and ones. */
  static String of(int number, String between) {
    if (number < 20) {
      return SMALL.get(number);
    }
    String tens = TENS.get(number / 10 - 2);
    return number % 10 == 0 ? tens : tens + between + SMALL.get(number % 10);
  }

  /** The ordinal of a number from 1 to 6 in words. */
  static String ordinal(int number) {
    return ORDINALS.get(number - 1);
  }

  /** The ordinal of a number from 1 to 6 in digits, such as 3rd. */
  static String shortOrdinal(int number) {
    int last = number / 10 % 10 == 1 ? 0 : number % 10;
    return number + (last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th");
  }

  /** Operands as typed: mostly digits, in a share of the draws words when both are below 100. */
  static List<String> typed(Draw draw, double share, int... numbers) {
    for (int number : numbers) {
      if (number > 99) {
        return digits(numbers);
      }
    }
    if (!draw.chance(share)) {
      return digits(numbers);
    }
    String between = draw.chance(0.8) ? "-" : " ";
    int kept = draw.chance(0.25) ? draw.below(numbers.length) : -1;
    String[] words = new String[numbers.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = i == kept ? Integer.toString(numbers[i]) : of(numbers[i], between);
    }
    return List.of(words);
  }

  private static List<String> digits(int... numbers) {
    return java.util.Arrays.stream(numbers).mapToObj(Integer::toString).toList();
  }
}
