// SPDX-License-Identifier: Apache-2.0
// Sums worked a digit at a time, the way a small model can: every digit that a step needs stands at a
// distance that depends on the step alone. Operands are padded to one length, lines have one length,
// a line's result is always carry and digit, and the results are read upwards at the end:
//
//   347+85        -> 347+085, 7+5+0=12, 4+8+1=13, 3+0+1=04, =0432
//   432-85        -> 432-085, 12-5-0=7, 13-8-1=4, 04-0-1=3, =347
//   47*8          -> 47*8, 7*8+0=56+0=56, 4*8+5=32+5=37, =376
//   861/7         -> 08/7=1r1, 16/7=2r2, 21/7=3r0, =123
package io.qwenjet.corpus;

/**
 * A sum with its steps.
 *
 * @param left the left operand, from 0 to 9999
 * @param operator one of + - * /
 * @param right the right operand, from 0 to 9999
 * @param result the sum's result; the quotient for a division
 * @param remainder what a division leaves; else 0
 * @param steps the lines that a model thinks, from the plain sum to "=RESULT"
 */
record Working(int left, char operator, int right, int result, int remainder, String steps) {
  /** Returns the sum as keys name it, such as "47+85"; products with x. */
  static String key(int left, char operator, int right) {
    return left + (operator == '*' ? "x" : String.valueOf(operator)) + right;
  }

  /** Tells whether a split may use these operands; sums and products in both orders. */
  static boolean takes(Split split, int left, char operator, int right) {
    return split.takesValue(key(left, operator, right))
        && (operator == '-' || operator == '/' || split.takesValue(key(right, operator, left)));
  }

  /** Tells whether a sum lies in the ranges that the model is taught. */
  static boolean inRange(int left, char operator, int right) {
    if (left < 0 || right < 0 || left > 9999 || right > 9999) {
      return false;
    }
    int longer = Math.max(digits(left), digits(right));
    int shorter = Math.min(digits(left), digits(right));
    return switch (operator) {
      case '*' -> longer <= 2 || longer == 3 && shorter == 1;
      case '/' -> right > 0 && right < 10 && left < 1000;
      default -> true;
    };
  }

  /**
   * Works a sum.
   *
   * @throws IllegalArgumentException when it is out of range
   */
  static Working of(int left, char operator, int right) {
    if (!inRange(left, operator, right)) {
      throw new IllegalArgumentException(
          "expected a sum in range, got " + left + " " + operator + " " + right);
    }
    StringBuilder steps = new StringBuilder().append(left).append(operator).append(right).append('\n');
    switch (operator) {
      case '+':
        add(left, right, Math.max(digits(left), digits(right)), steps);
        return new Working(left, operator, right, left + right, 0, steps.toString());
      case '-':
        subtract(left, right, steps);
        return new Working(left, operator, right, left - right, 0, steps.toString());
      case '*':
        multiply(left, right, steps);
        return new Working(left, operator, right, left * right, 0, steps.toString());
      case '/':
        divide(left, right, steps);
        return new Working(left, operator, right, left / right, left % right, steps.toString());
      default:
        throw new IllegalArgumentException("expected one of + - * /, got " + operator);
    }
  }

  /** Returns the sum as answers have it: "47 + 85 = 132"; a division may end in "remainder 2". */
  String answer() {
    String sum = left + " " + operator + " " + right + " = " + result;
    return remainder == 0 ? sum : sum + " remainder " + remainder;
  }

  /** How many digits a number has. */
  static int digits(int number) {
    return Integer.toString(number).length();
  }

  /** A number with zeros before it. */
  static String padded(int number, int width) {
    return "0".repeat(Math.max(0, width - digits(number))) + number;
  }

  private static void add(int left, int right, int width, StringBuilder steps) {
    String a = padded(left, width);
    String b = padded(right, width);
    steps.append(a).append('+').append(b).append('\n');
    int carry = 0;
    for (int i = width - 1; i >= 0; i--) {
      int sum = digit(a, i) + digit(b, i) + carry;
      steps.append(a.charAt(i)).append('+').append(b.charAt(i)).append('+').append(carry);
      steps.append('=').append(padded(sum, 2)).append('\n');
      carry = sum / 10;
    }
    steps.append('=').append(padded(left + right, width + 1));
  }

  private static void subtract(int left, int right, StringBuilder steps) {
    int width = Math.max(digits(left), digits(right));
    String a = padded(left, width);
    String b = padded(right, width);
    steps.append(a).append('-').append(b).append('\n');
    if (left < right) {
      String swapped = a;
      a = b;
      b = swapped;
      steps.append("-(").append(a).append('-').append(b).append(")\n");
    }
    // The first digit of a line is what it borrows, and so the next line's last subtrahend.
    int borrow = 0;
    for (int i = width - 1; i >= 0; i--) {
      int taken = digit(b, i) + borrow;
      int borrows = digit(a, i) < taken ? 1 : 0;
      steps.append(borrows).append(a.charAt(i)).append('-').append(b.charAt(i)).append('-').append(borrow);
      steps.append('=').append(10 * borrows + digit(a, i) - taken).append('\n');
      borrow = borrows;
    }
    steps.append(left < right ? "=-" : "=").append(padded(Math.abs(left - right), width));
  }

  private static void multiply(int left, int right, StringBuilder steps) {
    int longer = digits(left) >= digits(right) ? left : right;
    int shorter = digits(left) >= digits(right) ? right : left;
    if (shorter < 10) {
      times(longer, shorter, "", steps);
      return;
    }
    times(longer, shorter % 10, "", steps);
    steps.append('\n');
    times(longer, shorter / 10, "0", steps);
    steps.append('\n');
    add(longer * (shorter % 10), longer * (shorter / 10 * 10), 4, steps);
  }

  private static void times(int number, int factor, String zeros, StringBuilder steps) {
    String a = Integer.toString(number);
    steps.append(a).append('*').append(factor).append(zeros).append('\n');
    int carry = 0;
    for (int i = a.length() - 1; i >= 0; i--) {
      int product = digit(a, i) * factor;
      steps.append(a.charAt(i)).append('*').append(factor).append('+').append(carry);
      steps.append('=').append(padded(product, 2)).append('+').append(carry);
      steps.append('=').append(padded(product + carry, 2)).append('\n');
      carry = (product + carry) / 10;
    }
    steps.append('=').append(padded(number * factor, a.length() + 1)).append(zeros);
  }

  private static void divide(int left, int right, StringBuilder steps) {
    String a = Integer.toString(left);
    int rest = 0;
    for (int i = 0; i < a.length(); i++) {
      int part = 10 * rest + digit(a, i);
      rest = part % right;
      steps.append(padded(part, 2)).append('/').append(right);
      steps.append('=').append(part / right).append('r').append(rest).append('\n');
    }
    steps.append('=').append(padded(left / right, a.length()));
    if (rest != 0) {
      steps.append('r').append(rest);
    }
  }

  private static int digit(String number, int at) {
    return number.charAt(at) - '0';
  }
}
