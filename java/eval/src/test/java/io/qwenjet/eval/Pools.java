// SPDX-License-Identifier: Apache-2.0
// Names, things and operands that training never sees: the held-out part of real ones by the corpus's
// own hash, and some made up letter by letter.
package io.qwenjet.eval;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Split;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

final class Pools {
  static final List<String> FIRST_NAMES = heldOut(words("first_names", "\\s+"));
  static final List<String> SURNAMES = heldOut(words("surnames", "\\s+"));
  static final List<String> CITIES = heldOut(words("cities", "\\s+"));
  static final List<String> NOUNS = heldOut(words("nouns", "\\s+"));
  static final List<String> GOODS = goods();
  private static final List<String> COMPANY_ENDS = words("companies_last", ",\\s*");
  private static final Pattern VALUES = values();
  private static final String CONSONANTS = "bcdfghjklmnprstvwz";
  private static final String VOWELS = "aeiouy\u00e9\u00f6";

  private Pools() {}

  static String firstName(Draw draw) {
    return draw.chance(0.8) ? draw.pick(FIRST_NAMES) : made(draw, 5);
  }

  static String surname(Draw draw) {
    return draw.chance(0.8) ? draw.pick(SURNAMES) : made(draw, 7);
  }

  static String person(Draw draw) {
    return firstName(draw) + " " + surname(draw);
  }

  static String company(Draw draw) {
    return draw.until(
        () -> {
          String end = draw.pick(COMPANY_ENDS);
          return draw.pick(SURNAMES) + " " + end;
        },
        Split::isHeldOutValue);
  }

  static String code(Draw draw) {
    return draw.until(
        () -> {
          String letters = "" + letter(draw) + letter(draw);
          return switch (draw.below(4)) {
            case 0 -> letters + "-" + draw.between(100, 9999);
            case 1 -> draw.between(10, 99) + letters + draw.between(10, 99);
            case 2 -> "#" + draw.between(1000, 99999) + letters.charAt(0);
            default -> letters.toLowerCase(Locale.ROOT) + draw.between(1, 9) + letter(draw)
                + draw.between(10, 999);
          };
        },
        Split::isHeldOutValue);
  }

  static String email(Draw draw) {
    return (draw.pick(FIRST_NAMES) + "." + draw.pick(SURNAMES))
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z.]", "")
        + "@"
        + draw.pick("postbox.net", "kmail.org", "worknet.eu", "inbox.io");
  }

  /**
   * Two operands whose pair is held out. Training takes a sum or a product only when neither order is,
   * so one held-out order is enough to be unseen.
   */
  static int[] operands(Draw draw, char operator, int lowA, int highA, int lowB, int highB) {
    return draw.until(
        () -> new int[] {draw.between(lowA, highA), draw.between(lowB, highB)},
        pair ->
            Split.isHeldOutValue("" + pair[0] + operator + pair[1])
                || ("+x".indexOf(operator) >= 0
                    && Split.isHeldOutValue("" + pair[1] + operator + pair[0])));
  }

  /** A number of so many digits is between these. */
  static int low(int digits) {
    return digits == 1 ? 2 : (int) Math.pow(10, digits - 1);
  }

  static int high(int digits) {
    return (int) Math.pow(10, digits) - 1;
  }

  static List<String> heldOut(List<String> words) {
    return words.stream().filter(Split::isHeldOutValue).distinct().toList();
  }

  static List<String> words(String name, String separator) {
    try (InputStream stream = Pools.class.getResourceAsStream(name + ".txt")) {
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      return List.of(text.strip().split(separator));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Masks every held-out name and thing of a text, and addresses and codes, with a #. */
  static String mask(String text) {
    return VALUES.matcher(text).replaceAll("#");
  }

  private static Pattern values() {
    List<String> all = new ArrayList<>(GOODS);
    NOUNS.forEach(noun -> all.add(SumItems.plural(noun)));
    List.of(FIRST_NAMES, SURNAMES, CITIES, NOUNS).forEach(all::addAll);
    String words = String.join("|", all.stream().map(Pattern::quote).toList());
    return Pattern.compile(
        "(?iu)\\b(?:" + words + ")\\b|\\S+@\\S+|#?\\w*\\d[\\w-]*", Pattern.UNICODE_CHARACTER_CLASS);
  }

  private static List<String> goods() {
    List<String> all = new ArrayList<>();
    for (String first : words("goods_first", "\\s+")) {
      for (String noun : words("nouns", "\\s+")) {
        all.add(first + " " + noun);
      }
    }
    return heldOut(all);
  }

  private static String made(Draw draw, int length) {
    return draw.until(
        () -> {
          StringBuilder name = new StringBuilder();
          for (int i = 0; i < length; i++) {
            String letters = i % 2 == 0 ? CONSONANTS : VOWELS;
            name.append(letters.charAt(draw.below(letters.length())));
            if (draw.chance(0.15)) {
              name.append(CONSONANTS.charAt(draw.below(CONSONANTS.length())));
            }
          }
          return Character.toUpperCase(name.charAt(0)) + name.substring(1);
        },
        Split::isHeldOutValue);
  }

  private static char letter(Draw draw) {
    return (char) ('A' + draw.below(26));
  }
}
