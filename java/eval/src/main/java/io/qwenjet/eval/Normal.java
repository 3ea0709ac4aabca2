// SPDX-License-Identifier: Apache-2.0
// Forms of text in which differences that do not matter are gone.
package io.qwenjet.eval;

import java.math.BigDecimal;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class Normal {
  private static final Pattern NUMBER =
      Pattern.compile("(?:(?<![\\p{L}\\d])|(?<=\\dx))(-(?=\\d))?(\\d{1,3}(?:,\\d{3})+(?!\\d)|\\d+)(\\.\\d+)?");
  private static final Pattern SPACES = Pattern.compile("\\s+");
  private static final Pattern EDGES = Pattern.compile("^[\\s\"'`*_.,:;!?]+|[\\s\"'`*_.,:;!?]+$");
  private static final Pattern MARKS = Pattern.compile("[\"'`*_]+");
  private static final Pattern SPACE_BEFORE = Pattern.compile("\\s+(?=[,;:.!?)])");
  private static final List<String> SMALL_NUMBERS =
      List.of(
          "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
          "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
          "eighteen", "nineteen");
  private static final List<String> TENS =
      List.of("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety");

  private Normal() {}

  /** One form of characters, plain quotes and dashes, single spaces. */
  static String spaces(String text) {
    String plain =
        Normalizer.normalize(text, Normalizer.Form.NFC)
            .replace('\u2019', '\'')
            .replace('\u2018', '\'')
            .replace('\u201c', '"')
            .replace('\u201d', '"')
            .replace('\u2212', '-')
            .replace('\u2013', '-')
            .replace('\u00a0', ' ');
    return SPACES.matcher(plain).replaceAll(" ").strip();
  }

  /** As {@link #spaces}, in lower case, without quotes, emphasis and punctuation at the edges. */
  static String words(String text) {
    String plain = MARKS.matcher(spaces(text).toLowerCase(Locale.ROOT)).replaceAll("");
    plain = SPACE_BEFORE.matcher(plain).replaceAll("");
    return EDGES.matcher(plain).replaceAll("");
  }

  /** Says whether a phrase stands in a text with no letter or digit beside it, in any case. */
  static boolean says(String text, String phrase) {
    String in = spaces(text).toLowerCase(Locale.ROOT);
    String what = spaces(phrase).toLowerCase(Locale.ROOT);
    for (int at = in.indexOf(what); at >= 0; at = in.indexOf(what, at + 1)) {
      if (isEdge(in, at - 1, what.charAt(0)) && isEdge(in, at + what.length(), last(what))) {
        return true;
      }
    }
    return false;
  }

  /** The numbers of a text in order; "1,234" is one, "12-5" and "12x5" are 12 and 5. */
  static List<BigDecimal> numbers(String text) {
    List<BigDecimal> found = new ArrayList<>();
    Matcher matcher = NUMBER.matcher(spaces(text));
    while (matcher.find()) {
      String sign = matcher.group(1) == null ? "" : "-";
      String tail = matcher.group(3) == null ? "" : matcher.group(3);
      found.add(new BigDecimal(sign + matcher.group(2).replace(",", "") + tail));
    }
    return found;
  }

  /** The numbers below a million that a text writes as words: "one hundred and fifty-four" is one. */
  static List<BigDecimal> numberWords(String text) {
    List<BigDecimal> found = new ArrayList<>();
    long thousands = 0;
    long rest = 0;
    boolean isOpen = false;
    for (String word : (words(text) + " .").split("[^\\p{L}.]+")) {
      int small = SMALL_NUMBERS.indexOf(word);
      int ten = TENS.indexOf(word);
      // Two small ones in a row, as in "five six", are two numbers; "fifty six" is one.
      boolean goesOn = small >= 0 && (rest % 100 == 0 || rest % 10 == 0 && rest % 100 > 10 && small < 10);
      if (isOpen && (small >= 0 && !goesOn || ten >= 0 && rest % 100 != 0)) {
        found.add(BigDecimal.valueOf(thousands + rest));
        thousands = 0;
        rest = 0;
      }
      if (small >= 0 || ten >= 0) {
        rest += small >= 0 ? small : 20 + 10L * ten;
        isOpen = true;
      } else if (isOpen && word.equals("hundred")) {
        rest *= 100;
      } else if (isOpen && word.equals("thousand")) {
        thousands = rest * 1000;
        rest = 0;
      } else if (isOpen && !word.equals("and")) {
        found.add(BigDecimal.valueOf(thousands + rest));
        thousands = 0;
        rest = 0;
        isOpen = false;
      }
    }
    return found;
  }

  /** Cuts a text that goes into a message. */
  static String shown(String text) {
    String line = text.replace("\n", "\\n");
    return line.length() <= 200 ? line : line.substring(0, 200) + "...";
  }

  private static char last(String text) {
    return text.charAt(text.length() - 1);
  }

  /** Marks at the end of the phrase itself need no further edge. */
  private static boolean isEdge(String text, int at, char inside) {
    return at < 0
        || at >= text.length()
        || !Character.isLetterOrDigit(inside)
        || !Character.isLetterOrDigit(text.charAt(at));
  }
}
