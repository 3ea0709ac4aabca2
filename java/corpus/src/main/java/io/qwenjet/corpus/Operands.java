// SPDX-License-Identifier: Apache-2.0
// Operands of sums: lengths evenly, and carries and borrows from none to one in every column.
package io.qwenjet.corpus;

/** Two operands and what is done with them. */
record Operands(int left, char operator, int right) {
  private static final int COLUMN_TRIES = 30;

  /** Draws operands that the split takes. */
  static Operands draw(Draw draw, char operator) {
    return draw.until(() -> any(draw, operator), each -> Working.takes(draw.split(), each.left, each.operator, each.right));
  }

  private static Operands any(Draw draw, char operator) {
    switch (operator) {
      case '+':
        return columns(draw, draw.between(1, 4), draw.between(1, 4), true);
      case '-':
        Operands pair = columns(draw, draw.between(1, 4), draw.between(1, 4), false);
        boolean negative = draw.chance(0.25);
        return (pair.left < pair.right) == negative ? pair : new Operands(pair.right, '-', pair.left);
      case '*':
        return product(draw);
      default:
        return quotient(draw);
    }
  }

  private static Operands product(Draw draw) {
    int shape = draw.below(10);
    int longer = shape < 2 ? draw.between(0, 9) : shape < 4 || shape >= 7 ? draw.between(10, 99) : draw.between(100, 999);
    int shorter = shape < 7 ? draw.between(draw.chance(0.2) ? 0 : 2, 9) : draw.between(10, 99);
    return draw.chance(0.5) ? new Operands(longer, '*', shorter) : new Operands(shorter, '*', longer);
  }

  private static Operands quotient(Draw draw) {
    int divisor = draw.between(draw.chance(0.1) ? 1 : 2, 9);
    int length = draw.pick(1, 2, 2, 3, 3);
    int low = length == 1 ? 0 : (int) Math.pow(10, length - 1.0);
    int high = (int) Math.pow(10, length) - 1;
    int dividend = draw.between((low + divisor - 1) / divisor, high / divisor) * divisor;
    if (draw.chance(0.12) && dividend > low) {
      dividend = Math.min(high, dividend + draw.below(divisor));
    }
    return new Operands(dividend, '/', divisor);
  }

  // Digit by digit from the right; each column carries (or borrows) with this example's probability.
  private static Operands columns(Draw draw, int leftLength, int rightLength, boolean adds) {
    double share = draw.below(5) / 4.0;
    int left = 0;
    int right = 0;
    int carry = 0;
    int place = 1;
    for (int i = 0; i < Math.max(leftLength, rightLength); i++, place *= 10) {
      boolean wanted = draw.chance(share);
      int a = 0;
      int b = 0;
      boolean carries = false;
      for (int k = 0; k < COLUMN_TRIES; k++) {
        a = digit(draw, i, leftLength);
        b = digit(draw, i, rightLength);
        carries = adds ? a + b + carry > 9 : a < b + carry;
        if (carries == wanted) {
          break;
        }
      }
      carry = carries ? 1 : 0;
      left += a * place;
      right += b * place;
    }
    return new Operands(left, adds ? '+' : '-', right);
  }

  private static int digit(Draw draw, int at, int length) {
    return at >= length ? 0 : at == length - 1 && length > 1 ? draw.between(1, 9) : draw.below(10);
  }
}
