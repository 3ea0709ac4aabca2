// SPDX-License-Identifier: Apache-2.0
// So many of a thing, in one of the forms that people write: "3 blue mugs", "3 x blue mug", "three blue mugs".
package io.qwenjet.corpus.office;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Names;
import java.util.List;

/**
 * A quantity of a thing.
 *
 * @param text as it stands in a text
 * @param item the thing as it stands in that text, singular or plural
 * @param quantity in digits
 * @param inDigits whether the text has the quantity in digits
 */
record Lot(String text, String item, String quantity, boolean inDigits) {
  private static final List<String> WORDS =
      List.of(
          "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
          "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty");

  static Lot draw(Draw draw) {
    return of(Names.item(draw), quantity(draw), draw);
  }

  static int quantity(Draw draw) {
    return switch (draw.below(10)) {
      case 0 -> 1;
      case 1, 2, 3, 4 -> draw.between(2, 9);
      case 5, 6, 7 -> draw.between(10, 60);
      case 8 -> draw.between(61, 400);
      default -> draw.between(2, 60) * 5;
    };
  }

  static Lot of(String item, int quantity, Draw draw) {
    String many = quantity == 1 ? item : Names.plural(item);
    String digits = Integer.toString(quantity);
    if (quantity <= 20 && draw.chance(0.15)) {
      if (quantity == 1 && draw.chance(0.6)) {
        return new Lot(article(item), item, digits, false);
      }
      return new Lot(WORDS.get(quantity) + " " + many, many, digits, false);
    }
    if (quantity == 12 && draw.chance(0.5)) {
      return new Lot("a dozen " + many, many, digits, false);
    }
    return switch (draw.below(14)) {
      case 0 -> new Lot(digits + " x " + item, item, digits, true);
      case 1 -> new Lot(digits + "x " + item, item, digits, true);
      case 2 -> new Lot(item + " x " + digits, item, digits, true);
      case 3 -> new Lot(many + " (" + digits + ")", many, digits, true);
      case 4 -> new Lot(digits + " of the " + many, many, digits, true);
      case 5 -> new Lot(digits + " pcs " + item, item, digits, true);
      default -> new Lot(digits + " " + many, many, digits, true);
    };
  }

  static String article(String item) {
    return ("aeiou".indexOf(Character.toLowerCase(item.charAt(0))) >= 0 && !item.startsWith("u") ? "an " : "a ") + item;
  }
}
