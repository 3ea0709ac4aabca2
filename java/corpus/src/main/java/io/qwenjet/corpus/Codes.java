// SPDX-License-Identifier: Apache-2.0
// Order numbers, part numbers and ids of mixed letters and digits, each with a form of its own.
package io.qwenjet.corpus;

import java.util.List;

/** Makes codes; every one has a digit. */
final class Codes {
  private static final String UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  private static final String LOWER = "abcdefghijklmnopqrstuvwxyz";
  private static final String DIGITS = "0123456789";
  private static final String HEX = "0123456789abcdef";
  private static final String MIXED = UPPER + LOWER + DIGITS;
  private static final List<String> PREFIXES =
      List.of("INV", "ORD", "SKU", "PO", "REF", "NR", "No", "ID", "SO", "RMA", "TKT", "CASE", "JOB", "BK", "ART", "EXP", "LOT", "WO");
  private static final List<String> SEPARATORS = List.of("-", "-", "-", "/", "_", ".", "", "");

  private Codes() {}

  static String code(Draw draw) {
    return draw.until(() -> attempt(draw), code -> code.chars().anyMatch(Character::isDigit) && code.length() > 2);
  }

  private static String attempt(Draw draw) {
    int kind = draw.below(10);
    if (kind == 0) {
      return run(DIGITS.substring(1), 1, draw) + run(DIGITS, draw.between(3, 7), draw);
    }
    if (kind == 1) {
      return (draw.chance(0.5) ? "#" : "") + run(UPPER, 1, draw) + run(DIGITS, draw.between(2, 5), draw);
    }
    if (kind == 2) {
      return draw.pick(PREFIXES) + draw.pick(SEPARATORS) + draw.between(2019, 2031) + draw.pick("-", "/", "-") + run(DIGITS, draw.between(2, 5), draw);
    }
    if (kind == 3) {
      return draw.pick(PREFIXES) + draw.pick(SEPARATORS) + run(DIGITS, draw.between(3, 6), draw);
    }
    String separator = draw.pick(SEPARATORS);
    StringBuilder code = new StringBuilder();
    int segments = draw.between(1, 3);
    for (int i = 0; i < segments; i++) {
      if (i > 0) {
        code.append(separator);
      }
      code.append(segment(draw));
    }
    return code.toString();
  }

  private static String segment(Draw draw) {
    return switch (draw.below(9)) {
      case 0, 1 -> run(UPPER, draw.between(1, 4), draw);
      case 2, 3, 4 -> run(DIGITS, draw.between(2, 5), draw);
      case 5 -> run(LOWER, 1, draw) + run(DIGITS, draw.between(1, 2), draw);
      case 6 -> run(MIXED, draw.between(2, 6), draw);
      case 7 -> run(HEX, draw.between(4, 6), draw);
      default -> run(UPPER, draw.between(1, 2), draw) + run(DIGITS, draw.between(1, 4), draw) + (draw.chance(0.3) ? run(UPPER, 1, draw) : "");
    };
  }

  static String digits(int count, Draw draw) {
    return run(DIGITS, count, draw);
  }

  private static String run(String from, int count, Draw draw) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(from.charAt(draw.below(from.length())));
    }
    return text.toString();
  }
}
